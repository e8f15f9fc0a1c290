"""What every statement parser returns: statements with entries, and problems instead of guesses.

Amounts are `Decimal` here because bank files come in any currency; đồng become `int` when lines are stored.
An unreadable amount, date or direction is a `Problem`, never a zero and never today.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Protocol

BATCH = 2_000  # entries that are in memory at a time while a large file is read


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be taken as it stands."""

    code: str  # stable, e.g. `amount.unreadable`
    message: str
    where: str = ""  # statement, entry or line of the file
    column: str = ""  # heading of the column, in a table


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

    @property
    def heads(self) -> tuple[Head, ...]:
        """The statements without their entries."""
        return tuple(head_of(statement) for statement in self.statements)

    def batches(self) -> Iterator[tuple[int, list[Entry]]]:
        """The entries as a `Reading` gives them."""
        for number, statement in enumerate(self.statements):
            for at in range(0, len(statement.entries), BATCH):
                yield number, list(statement.entries[at : at + BATCH])


@dataclass(frozen=True, slots=True)
class Head:
    """A statement without its entries, and what they come to: all that is judged before one of them is kept."""

    statement: Statement  # without entries
    entries: int  # all of them, whatever their status
    booked: int  # those that are money
    moved: Decimal  # credits minus debits of the booked ones
    first_day: date | None  # of booking, else of value, among the booked ones
    last_day: date | None
    currencies: frozenset[str]  # of the booked ones, without the empty text
    whole: bool  # no booked amount has a fraction
    dated: bool  # each booked entry has a day

    @property
    def balances(self) -> bool | None:
        """Whether opening + booked entries = closing; None where a balance is missing."""
        said = self.statement
        return None if said.opening is None or said.closing is None else said.opening + self.moved == said.closing


class Reading(Protocol):
    """A file that was looked through once and can be gone through again, a few entries in memory at a time."""

    @property
    def format(self) -> str: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def heads(self) -> tuple[Head, ...]: ...  # none: the file is refused, and the problems say why
    def batches(self) -> Iterator[tuple[int, list[Entry]]]: ...  # position in `heads`, entries in file order


class Tally:
    """Adds up the entries of one statement while they pass by."""

    def __init__(self) -> None:
        self.entries = self.booked = 0
        self.moved = Decimal(0)
        self.first: date | None = None
        self.last: date | None = None
        self.whole = self.dated = True
        self.currencies: set[str] = set()

    def append(self, entry: Entry) -> None:
        """Count one entry."""
        self.entries += 1
        if entry.status != "BOOK":
            return
        self.booked += 1
        self.moved += entry.amount
        self.whole = self.whole and entry.amount == entry.amount.to_integral_value()
        self.currencies.add(entry.currency)
        day = entry.booking_date or entry.value_date
        if day is None:
            self.dated = False
        else:
            self.first = day if self.first is None or day < self.first else self.first
            self.last = day if self.last is None or day > self.last else self.last

    def head(self, statement: Statement) -> Head:
        """What was counted, under its statement."""
        return Head(
            statement=replace(statement, entries=()),
            entries=self.entries,
            booked=self.booked,
            moved=self.moved,
            first_day=self.first,
            last_day=self.last,
            currencies=frozenset(currency or statement.currency for currency in self.currencies) - {""},
            whole=self.whole,
            dated=self.dated,
        )


def head_of(statement: Statement) -> Head:
    """A whole statement reduced to its head."""
    tally = Tally()
    for entry in statement.entries:
        tally.append(entry)
    return tally.head(statement)
