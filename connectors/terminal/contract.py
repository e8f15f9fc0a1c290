"""The contract of a card terminal: eight verbs, whichever way a bill reaches it (local network, cloud push, or pulled).

A verb is one exchange and never repeats itself: what to do after silence is decided by `recovery`, carried out by
`drive`. Results are in the words of `connectors.contract.Outcome`; a code that the protocol does not list is UNKNOWN.
Of a card exactly the fields of `CardSlip` are kept (PCI DSS 3.4.1: at most the first six and last four digits).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from connectors.contract import Failure, Outcome

ACQUIRER = "pos."  # a connector of this prefix is an acquirer: the money of its terminals is in transit under that name
SERVICE_ID_LENGTH = 10

_DIGITS = re.compile(r"[0-9]")
_SERVICE_ID = re.compile(r"[0-9A-Za-z]{10}")

ReversalReason = Literal["CustCancel", "MerchantCancel", "Malfunction"]
ServiceIds = Callable[[], str]  # a new one at each call, unique for SaleID + POIID


class LinkFailed(Exception):
    """No whole answer came. NOT_SENT: no byte of the request left; otherwise it may have arrived."""

    kind = "unavailable"
    code = "terminal.silent"

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class CardSlip:
    """What is kept of a card payment, and nothing else, ever."""

    masked_pan: str = field(default="", repr=False)  # first six and last four digits, stars between
    brand: str = ""
    rrn: str = ""  # the acquirer's retrieval reference number
    approval_code: str = field(default="", repr=False)
    tid: str = ""
    mid: str = ""
    batch: str = ""
    stan: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """A payment as a terminal is asked for it. One service id is one attempt, and is never sent twice."""

    service_id: str
    reference: str  # ours; printed on the slip, stands in the acquirer's file
    amount: int  # đồng
    asked_at: datetime  # UTC

    def __post_init__(self) -> None:
        if not _SERVICE_ID.fullmatch(self.service_id):
            raise ValueError("a service id has 10 letters and digits")
        if self.amount <= 0:
            raise ValueError("a terminal is asked for a positive amount")


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one exchange.

    PAID, FAILED, CANCELLED: the terminal's last word on a payment. PENDING: it is still at it. REVERSED: the reversal is
    done. FAILED of a reversal: refused. UNKNOWN: silence, or nothing that could be understood.
    """

    outcome: Outcome
    reason: str = ""  # `not_found`, `not_sent`, `link.timeout`, `link.cut`, or the terminal's own ErrorCondition
    amount: int | None = None  # đồng, as authorised
    slip: CardSlip | None = None
    poi_id: str = ""  # the terminal's id of the payment, which a reversal names
    poi_time: str = ""  # as the terminal wrote it
    message: bytes = field(default=b"", repr=False)  # the answer, cleansed of card data

    @property
    def final(self) -> bool:
        """Whether this ends the question of a payment."""
        return self.outcome in (Outcome.PAID, Outcome.FAILED, Outcome.CANCELLED)


NOT_FOUND = "not_found"  # the terminal has never seen the message asked about
NOT_SENT = "not_sent"  # it could not be reached at all


def silence(failure: Failure) -> Said:
    """The result of an exchange that brought nothing."""
    if failure is Failure.NOT_SENT:
        return Said(Outcome.UNKNOWN, NOT_SENT)
    return Said(Outcome.UNKNOWN, f"link.{failure.value}")


@dataclass(frozen=True, slots=True)
class Health:
    """How a terminal says it is."""

    ready: bool
    reason: str = ""
    host_reachable: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """A terminal's own sums of a batch, in đồng. `balanced` is the host's verdict where the batch was closed."""

    batch: str
    sales: int
    sales_amount: int
    reversals: int = 0
    reversals_amount: int = 0
    balanced: bool | None = None
    reason: str = ""  # why there are none, where there are none


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is written down before anybody tries to understand it."""

    direction: Literal["out", "in"]
    category: str
    service_id: str  # of the payment it is about, where it is about one; else its own
    body: bytes = field(repr=False)  # cleansed of card data


Journal = Callable[[Message], Awaitable[None]]


async def no_journal(_message: Message) -> None:
    """Writes nothing down: for a check by hand."""


@runtime_checkable
class TerminalDriver(Protocol):
    """One terminal. Only what the journal or the caller's code raises gets out of its verbs; silence is a result."""

    patience_s: int  # how long a payment's answer is waited for: 120 on a local network, 150 by the cloud

    async def login(self) -> Health:
        """Begin a session."""
        ...

    async def diagnose(self) -> Health:
        """Ask how it is: the heartbeat."""
        ...

    async def pay(self, bill: Bill) -> Said:
        """Ask for the money, once."""
        ...

    async def status(self, bill: Bill) -> Said:
        """Ask what became of a payment; its first answer comes back."""
        ...

    async def abort(self, bill: Bill) -> Said:
        """Have it stop. There is no answer of its own: `status` tells."""
        ...

    async def reverse(self, bill: Bill, poi_id: str, poi_time: str, reason: ReversalReason) -> Said:
        """Undo a payment. Asked twice it answers twice the same."""
        ...

    async def totals(self) -> Totals:
        """The running sums of the open batch."""
        ...

    async def reconcile(self) -> Totals:
        """Close the batch with the host."""
        ...


def masked(pan: str) -> str:
    """First six and last four digits, stars between; of a number masked already, what those places still show."""
    shown = [character if _DIGITS.match(character) else "*" for character in pan if character not in " -"]
    if len(shown) < 13 or len(shown) > 19:
        return ""
    return "".join([*shown[:6], *"*" * (len(shown) - 10), *shown[-4:]])
