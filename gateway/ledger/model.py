"""An entry balances or does not exist (bút toán: tổng Nợ = tổng Có). Debit is positive, credit negative, int đồng."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class Unbalanced(AssertionError):
    """A program error: the postings do not sum to zero. Nothing of the unit of work is kept."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry (dòng định khoản)."""

    account: str  # see the functions below
    amount: int  # debit positive, credit negative; never zero


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, to whom, on which business day, in balanced postings."""

    agency: str
    day: date
    kind: str  # notice, retake, statement; refund, refund_undone, return; ...
    subject: str  # the id of what caused it; kind and subject together happen once
    postings: tuple[Posting, ...]
    corrects: str | None = None  # the entry this one puts right

    def __post_init__(self) -> None:
        if not self.postings or any(p.amount == 0 for p in self.postings):
            raise Unbalanced(f"empty posting in {self.kind} {self.subject}")
        if sum(p.amount for p in self.postings) != 0:
            raise Unbalanced(f"{self.kind} {self.subject} does not balance")


def transfer(debit: str, credit: str, amount: int) -> tuple[Posting, ...]:
    """The plain pair."""
    return (Posting(debit, amount), Posting(credit, -amount))


def bank(number: str) -> str:
    """Money on the agency's bank account."""
    return f"bank:{number}"


def in_transit(connector: str) -> str:
    """Money a provider says has come, not yet seen on a statement."""
    return f"in_transit:{connector}"


def collected(fee_code: str) -> str:
    """What a fee has brought in."""
    return f"collected:{fee_code}"


SUSPENSE = "suspense"  # money that has no due to go to yet
COMMISSION = "commission"  # what banks and providers took
RETAINED = "retained"  # the agency's own part of phí
BUDGET_PAYABLE = "budget_payable"  # owed to the State Treasury
REFUND_PAYABLE = "refund_payable"  # approved to go back, not yet gone
UNEXPLAINED = "unexplained"  # debits a person has to explain
