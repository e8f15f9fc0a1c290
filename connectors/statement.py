"""What every statement parser returns: statements with entries, and problems instead of guesses.

Amounts are `Decimal` here because bank files come in any currency; đồng become `int` when lines are stored.
An unreadable amount, date or direction is a `Problem`, never a zero and never today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be taken as it stands."""

    code: str  # stable, e.g. `amount.unreadable`
    message: str
    where: str = ""  # statement, entry or line of the file


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement. Only status BOOK is money."""

    amount: Decimal  # signed: credit positive, debit negative
    currency: str
    value_date: date | None
    booking_date: date | None
    references: tuple[str, ...]  # structured ones, best first (EndToEndId, creditor reference); NOTPROVIDED left out
    memo: str
    bank_reference: str  # the servicing bank's own id (camt AcctSvcrRef, MT940 after //)
    status: str = "BOOK"
    line_no: str = ""  # camt NtryRef; otherwise the entry's position in its statement, from 1
    transaction_code: str = ""  # camt BkTxCd (domain/family/subfamily or proprietary), MT940 :61: type
    reversal: bool = False
    counterparty_name: str = field(default="", repr=False)
    counterparty_account: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's statement as the bank wrote it."""

    account: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    entries: tuple[Entry, ...]
    number: str = ""
    from_date: date | None = None
    to_date: date | None = None

    @property
    def balances(self) -> bool | None:
        """Whether opening + booked entries = closing; None where a balance is missing."""
        if self.opening is None or self.closing is None:
            return None
        booked = sum((e.amount for e in self.entries if e.status == "BOOK"), Decimal(0))
        return self.opening + booked == self.closing


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole file."""

    format: str  # `camt.053`, `mt940`, ...
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()
