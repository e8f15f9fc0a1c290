"""What comes in, what is known about it, and where it can go: values of the settlement, without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from gateway.dues.model import DueStatus
from gateway.payments.model import PaymentStatus


class Proof(StrEnum):
    """A notice says that money came; a statement line proves it."""

    NOTICE = "notice"
    STATEMENT = "statement"


class Reason(StrEnum):
    """Why money waits in suspense (tiền treo). Each is a person's task or ends by itself, as `SUSPENSE_ENDS` says."""

    UNKNOWN_REFERENCE = "unknown_reference"
    SEVERAL_REFERENCES = "several_references"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_DIRECTION = "wrong_direction"
    UNDER = "under"
    OVER = "over"
    DUPLICATE = "duplicate"
    DUE_PAID = "due_paid"
    DUE_WITHDRAWN = "due_withdrawn"
    SERIES_CLOSED = "series_closed"
    UNPROVEN = "unproven"


# Money held for a payment: it goes to the dues when the rest comes, the series opens, or a statement proves it.
HELD = frozenset({Reason.UNDER, Reason.OVER, Reason.SERIES_CLOSED, Reason.UNPROVEN})
# Of these the payer's part is not in doubt: they add up to what the payment asks.
COUNTED = frozenset({Reason.UNDER, Reason.SERIES_CLOSED})


@dataclass(frozen=True, slots=True)
class Arrival:
    """Money somebody says has moved. `id` is the inbox row's or the statement line's."""

    id: str
    agency: str
    connector: str
    proof: Proof
    amount: int  # đồng, if the currency is VND
    currency: str
    incoming: bool
    account: str
    day: date  # business day: the bank's booking date, else the day of arrival
    at: datetime  # UTC
    references: tuple[str, ...]
    bank_reference: str = ""
    payer_bank: str = ""
    settles: bool = True  # this proof is enough for the agency to issue a receipt
    amount_sure: bool = True  # False: an amount other than the one asked needs the statement
    receipted_elsewhere: bool = False  # whoever took it has issued the receipt: none of ours


@dataclass(slots=True)
class Held:
    """Money in suspense that belongs to a payment."""

    suspense_id: str
    notice_id: str
    amount: int
    reason: Reason


@dataclass(slots=True)
class DueCase:
    """A due as the settlement sees it; `status` moves with each arrival of the batch."""

    id: str
    dossier_id: str
    fee_code: str
    kind: str
    amount: int
    status: DueStatus


@dataclass(slots=True)
class PaymentCase:
    """A payment with its dues and what is held for it."""

    id: str
    account: str
    reference: str
    amount: int
    received: int
    status: PaymentStatus
    dues: list[DueCase]
    held: list[Held] = field(default_factory=list)

    @property
    def open_dues(self) -> list[DueCase]:
        return [due for due in self.dues if due.status == DueStatus.OPEN]

    @property
    def needed(self) -> int:
        """What its open dues cost now; an amended due counts with its new amount."""
        return sum(due.amount for due in self.open_dues)

    @property
    def counted(self) -> int:
        """Held money that waits for the rest."""
        return sum(item.amount for item in self.held if item.reason in COUNTED)


@dataclass(frozen=True, slots=True)
class Known:
    """Money that is in the books already, from a notice or a line that came before."""

    id: str
    payment_id: str | None
    counted: int  # đồng in the books; 0 for another currency or direction
    settled: int
    noticed: bool
    line_id: str | None  # the statement line that proved it


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision may look at."""

    payments: tuple[PaymentCase, ...]  # known ones among the references of the memo
    series_open: bool = True
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """The money covers the open dues: settle them, number the receipts, put what is over aside."""

    payment: PaymentCase
    dues: tuple[DueCase, ...]
    surplus: int = 0
    surplus_reason: Reason | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Suspend:
    """The money waits, with a reason; for a payment where one is known."""

    reason: Reason
    payment: PaymentCase | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """The other proof of money that is in the books already."""

    known: Known
    contradicted: bool = False  # the amounts differ and the money was settled: a person looks


Decision = Settle | Suspend | Confirm
