"""The states of a refund (hoàn trả) and the one table that says what may follow what; values and refusals, no I/O.

The law gives no refund document: the receipt stays, the refund names it (Thông tư 91/2026/TT-BTC, Điều 20), and money
of a settled due goes back only on a ground in the fee's own text. Two persons decide; a destination other than the
account the money came from takes three. Money counts as returned only when it has left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from gateway.kernel.errors import Conflict, Invalid, Missing


class RefundStatus(StrEnum):
    """What is known inside; `OUTER` is what a payer is told."""

    REQUESTED = "requested"
    ENDORSED = "endorsed"  # another destination: the first of two approvers has agreed
    APPROVED = "approved"  # the money is set aside
    ORDERED = "ordered"  # the bank or the provider has been, or may have been, told
    FAILED = "failed"  # told that it did not leave; may be ordered again under the same reference
    RETURNED = "returned"
    REFUSED = "refused"


class RefundEvent(StrEnum):
    """What may happen to a refund."""

    ENDORSED = "endorsed"
    APPROVED = "approved"
    ORDERED = "ordered"
    FAILED = "failed"
    RETURNED = "returned"  # a debit line names it, or the provider says so
    REFUSED = "refused"  # after approval: the money set aside goes back where it was


_S, _E = RefundStatus, RefundEvent

# The bank's word wins: a debit that names an approved or failed refund proves that the money has left all the same.
TRANSITIONS: Mapping[RefundStatus, Mapping[RefundEvent, RefundStatus]] = MappingProxyType(
    {
        _S.REQUESTED: {_E.ENDORSED: _S.ENDORSED, _E.APPROVED: _S.APPROVED, _E.REFUSED: _S.REFUSED},
        _S.ENDORSED: {_E.APPROVED: _S.APPROVED, _E.REFUSED: _S.REFUSED},
        _S.APPROVED: {_E.ORDERED: _S.ORDERED, _E.RETURNED: _S.RETURNED, _E.REFUSED: _S.REFUSED},
        _S.ORDERED: {_E.FAILED: _S.FAILED, _E.RETURNED: _S.RETURNED},
        _S.FAILED: {_E.ORDERED: _S.ORDERED, _E.RETURNED: _S.RETURNED, _E.REFUSED: _S.REFUSED},
        _S.RETURNED: {},
        _S.REFUSED: {},
    }
)

OUTER: Mapping[RefundStatus, str] = MappingProxyType(
    {
        _S.REQUESTED: "reviewing",
        _S.ENDORSED: "reviewing",
        _S.APPROVED: "processing",
        _S.ORDERED: "processing",
        _S.FAILED: "processing",  # the office's trouble, not the payer's
        _S.RETURNED: "returned",
        _S.REFUSED: "refused",
    }
)

WAITING = frozenset({_S.REQUESTED, _S.ENDORSED})  # a wish; nothing has moved
SET_ASIDE = frozenset({_S.APPROVED, _S.ORDERED, _S.FAILED})  # money in refund_payable
TAKEN = SET_ASIDE | {_S.RETURNED}


class RefundMissing(Missing):
    """No such refund, order, suspense or due for this agency."""

    code = "refund.missing"


class RefundInvalid(Invalid):
    """The request cannot be kept as it is; `field` says what to mend."""

    code = "refund.invalid"


class GroundMissing(Invalid):
    """Money of a settled due goes back only on a legal ground: a text of the law with its article."""

    code = "refund.ground_missing"


class DestinationUnknown(Invalid):
    """Neither notice nor statement tells whose account the money came from: the destination has to be named."""

    code = "refund.destination_unknown"


class DestinationUnproven(Invalid):
    """Another destination needs evidence, and the bank's answer to a name inquiry that agrees with the holder."""

    code = "refund.destination_unproven"


class KeyReused(Conflict):
    """The key belongs to another request."""

    code = "refund.key_reused"


class RefundClosed(Conflict):
    """The refund's state says no."""

    code = "refund.closed"


class SamePerson(Conflict):
    """Who requests does not approve; who approved does not approve again."""

    code = "refund.same_person"


class Exceeds(Conflict):
    """More than there is; `facts["available"]` says how much there is."""

    code = "refund.exceeds"


class NothingThere(Conflict):
    """The suspense is closed or counts no money, or the due is not paid."""

    code = "refund.nothing_there"


class NotProven(Conflict):
    """No statement line shows yet that the money came: a notice may settle, but money never leaves on its word."""

    code = "refund.not_proven"


class OriginDiffers(Conflict):
    """The statement names another account of origin than the notice did."""

    code = "refund.origin_differs"


class SourceMoved(Conflict):
    """The money was placed anew in the same moment: look again."""

    code = "refund.source_moved"


class ProofDiffers(Conflict):
    """What is said to prove the return does not: another amount, a credit, or a line that proves other refunds."""

    code = "refund.proof_differs"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the money goes."""

    account: str = field(repr=False)
    bank: str = ""  # BIN or name; empty where no notice told it
    holder: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A destination other than the originating account."""

    destination: Destination
    evidence: str = field(repr=False)  # why, and on which paper
    inquired_name: str = field(repr=False)  # the holder's name as the receiving bank told it


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back: of an open suspense, or of a settled due."""

    agency: str
    key: str  # the caller's idempotency key
    reason: str = field(repr=False)  # in the officer's words
    suspense_id: str | None = None
    due_id: str | None = None
    amount: int | None = None  # đồng; None: all that is there
    ground: str = ""  # for a due: the text of the law, with its article
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class ByLine:
    """A debit line of the agency's statement proves the return."""

    line_id: str


@dataclass(frozen=True, slots=True)
class ByProvider:
    """The provider says, under its signature, that the money has gone back."""

    provider_id: str


ReturnProof = ByLine | ByProvider


@dataclass(frozen=True, slots=True)
class Repeats:
    """As many refunds to one destination within so many days raise an alarm."""

    refunds: int
    days: int


REPEATS = (Repeats(3, 30), Repeats(6, 365))


def follow(status: RefundStatus, event: RefundEvent) -> RefundStatus:
    """The state after `event`, or RefundClosed."""
    after = TRANSITIONS[status].get(event)
    if after is None:
        raise RefundClosed(
            f"Yêu cầu hoàn trả đang ở trạng thái {status.value}.",
            f"The refund is {status.value} and cannot become {event.value}.",
            field="status",
            status=status.value,
        )
    return after


def sources_of(event: RefundEvent) -> frozenset[RefundStatus]:
    """The states in which `event` may happen: the guard of a set-based update."""
    return frozenset(status for status, edges in TRANSITIONS.items() if event in edges)
