"""The states of a payment (lệnh thanh toán) and the one table that says what may follow what.

`expired` is not the end: late money still settles a due that is open. `unknown` is a state of its own; no receipt ever
comes from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from gateway.kernel.errors import Conflict, Invalid, Missing


class PaymentStatus(StrEnum):
    """What is known inside; `OUTER` is what others are told."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    FAILED = "failed"


class PaymentEvent(StrEnum):
    """What may happen to a payment."""

    SETTLED = "settled"  # proven money covers its open dues
    CONFIRMED = "confirmed"  # a statement line says the same
    EXPIRED = "expired"  # its time ran out
    DOUBTED = "doubted"  # money is there that only a statement can prove, or the provider is silent
    FAILED = "failed"  # the provider says there will be no money
    REOPENED = "reopened"  # what was doubted turned out to be no money for it


_S, _E = PaymentStatus, PaymentEvent

TRANSITIONS: Mapping[PaymentStatus, Mapping[PaymentEvent, PaymentStatus]] = MappingProxyType(
    {
        _S.PENDING: {
            _E.SETTLED: _S.SETTLED,
            _E.EXPIRED: _S.EXPIRED,
            _E.DOUBTED: _S.UNKNOWN,
            _E.FAILED: _S.FAILED,
        },
        _S.UNKNOWN: {_E.SETTLED: _S.SETTLED, _E.DOUBTED: _S.UNKNOWN, _E.FAILED: _S.FAILED, _E.REOPENED: _S.PENDING},
        _S.EXPIRED: {_E.SETTLED: _S.SETTLED, _E.DOUBTED: _S.UNKNOWN},
        _S.FAILED: {_E.SETTLED: _S.SETTLED, _E.DOUBTED: _S.UNKNOWN},
        _S.SETTLED: {_E.CONFIRMED: _S.CONFIRMED},
        _S.CONFIRMED: {_E.CONFIRMED: _S.CONFIRMED},
    }
)

OUTER: Mapping[PaymentStatus, str] = MappingProxyType(
    {
        _S.PENDING: "pending",
        _S.UNKNOWN: "checking",
        _S.SETTLED: "paid",
        _S.CONFIRMED: "paid",
        _S.EXPIRED: "expired",
        _S.FAILED: "failed",
    }
)

# Money by bank transfer; `pos` is a terminal at the counter. Every other channel is a connector that starts payments.
BANK_CHANNELS = ("vietqr", "bank_transfer")
POS = "pos"
CASH = "cash"  # at the counter of an agency that allows it
CHANNELS = (*BANK_CHANNELS, POS, CASH)

PAID = frozenset({_S.SETTLED, _S.CONFIRMED})


class PaymentMissing(Missing):
    """No such payment for this agency."""

    code = "payment.missing"


class PaymentClosed(Conflict):
    """The payment's state says no."""

    code = "payment.closed"


class NothingToPay(Conflict):
    """None of the dues asked for is open."""

    code = "payment.nothing_due"


class DueNotOpen(Conflict):
    """One of the dues asked for by id is not open."""

    code = "payment.due_not_open"


class SeveralAccounts(Conflict):
    """The dues belong to several beneficiary accounts: one payment each. `facts["groups"]` lists them."""

    code = "payment.several_accounts"


class AmountOutOfRange(Conflict):
    """The provider takes no transfer of this size."""

    code = "payment.amount_out_of_range"


class ChannelUnknown(Invalid):
    """There is no such way to pay."""

    code = "payment.channel"


class ChannelNotSet(Conflict):
    """There is such a way to pay, but the agency has not set it up."""

    code = "payment.channel_not_set"


class DueMissing(Missing):
    """A due or dossier asked for does not exist for this agency."""

    code = "due.missing"


def follow(status: PaymentStatus, event: PaymentEvent) -> PaymentStatus:
    """The state after `event`, or a refusal."""
    after = TRANSITIONS[status].get(event)
    if after is None:
        raise PaymentClosed(
            f"Lệnh thanh toán đang ở trạng thái {status.value}.",
            f"The payment is {status.value} and cannot become {event.value}.",
            status=status.value,
        )
    return after


def sources_of(event: PaymentEvent) -> frozenset[PaymentStatus]:
    """The states in which `event` may happen: the guard of a set-based update."""
    return frozenset(status for status, edges in TRANSITIONS.items() if event in edges)
