"""One row of a bank's table as an entry, by its layout. What cannot be read is named with its column."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from connectors.files.cells import Cell, amount, day, text
from connectors.files.layout import Layout
from connectors.files.profile import folded
from connectors.files.reading import Unreadable, references, signed
from connectors.statement import Entry

_START = 80  # characters of a memo in which its first words stand
BOTH = "booking_date+bank_ref"

Days = tuple[date | None, date | None, str]  # booking day, value day, the bank's number
Value = TypeVar("Value")


class ColumnUnreadable(Unreadable):
    """A cell that cannot be taken, with the heading of its column."""

    def __init__(self, flaw: Unreadable, column: str) -> None:
        super().__init__(flaw.code, flaw.value)
        self.column = column


class EntryRow:
    """Reads rows of one layout. All methods raise ColumnUnreadable."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._profile = layout.profile
        self._columns = layout.columns

    def entry(self, cells: Sequence[Cell], days: Days, position: int, currency: str) -> Entry:
        """The entry; `currency` is the statement's, which a column of its own overrules."""
        profile, said = self._profile, self._text
        booked, valued, reference = days
        currency = said(cells, "currency").upper() or currency
        memo = composed(said(cells, "memo"))
        start = folded(memo[:_START]) if profile.words or profile.reversals else ""
        if reference and profile.numbers_per_day:
            reference = f"{booked or valued}/{reference}"
        return Entry(
            amount=self._signed(cells, currency),
            currency=currency,
            value_date=valued,
            booking_date=booked,
            references=references([said(cells, "e2e_ref")]),
            memo=memo,
            bank_reference=reference,
            line_no=said(cells, "line_no") or str(position),
            transaction_code=self._code(said(cells, "code"), start),
            reversal=_begins(start, profile.reversals),
            counterparty_name=composed(said(cells, "counterparty_name")),
            counterparty_account=said(cells, "counterparty_account"),
        )

    def account(self, cells: Sequence[Cell]) -> str:
        """The account that the row names for itself, if it does."""
        return self._text(cells, "account")

    def days(self, cells: Sequence[Cell]) -> Days:
        """Booking day, value day and the bank's number."""
        number = self._text(cells, "bank_ref")
        if BOTH in self._columns:
            first, _, rest = self._text(cells, BOTH).partition(" ")
            booked = self._day(BOTH, first)
            number = number or rest.replace(" ", "")
        else:
            booked = self._day("booking_date", self._layout.cell(cells, "booking_date"))
        valued = self._day("value_date", self._layout.cell(cells, "value_date"))
        if booked is None and valued is None:
            raise ColumnUnreadable(Unreadable("date.missing"), self._heading("booking_date", BOTH, "value_date"))
        return booked, valued, number

    def balance(self, cells: Sequence[Cell], currency: str) -> Decimal | None:
        """The running balance, where the table has one."""
        return self.amount(cells, "balance", currency)

    def amount(self, cells: Sequence[Cell], name: str, currency: str) -> Decimal | None:
        """One amount as it stands; None where the cell says nothing."""
        cell = self._layout.cell(cells, name)
        return self._told(name, lambda: amount(cell, currency, self._profile.decimal))

    def _signed(self, cells: Sequence[Cell], currency: str) -> Decimal:
        if "credit" in self._columns:
            return self._of_two(cells, currency)
        size = self.amount(cells, "amount", currency)
        if size is None:
            raise ColumnUnreadable(Unreadable("amount.missing"), self._heading("amount"))
        if "direction" not in self._columns:
            return size
        if size < 0:
            raise ColumnUnreadable(Unreadable("amount.negative"), self._heading("amount"))
        return signed(size, self._credit(cells))

    def _of_two(self, cells: Sequence[Cell], currency: str) -> Decimal:
        debit, credit = (self.amount(cells, name, currency) for name in ("debit", "credit"))
        if debit is not None and self._profile.debit_negative:
            debit = abs(debit)
        for name, size in (("debit", debit), ("credit", credit)):
            if size is not None and size < 0:
                raise ColumnUnreadable(Unreadable("amount.negative"), self._heading(name))
        if debit and credit:
            raise ColumnUnreadable(Unreadable("amount.both"), self._heading("debit"))
        if debit is None and credit is None:
            raise ColumnUnreadable(Unreadable("amount.missing"), self._heading("credit"))
        return signed(debit, False) if debit else credit or Decimal(0)

    def _credit(self, cells: Sequence[Cell]) -> bool:
        stated = self._text(cells, "direction")
        word = folded(stated)
        if stated == "+" or word in self._profile.credit_words:
            return True
        if stated != "-" and word not in self._profile.debit_words:
            code = "direction.unreadable" if stated else "direction.missing"
            raise ColumnUnreadable(Unreadable(code), self._heading("direction"))
        return False

    def _code(self, stated: str, start: str) -> str:
        """The ISO 20022 sub-family that the bank's code or the memo's first words stand for, else the code itself."""
        known = self._profile.codes.get(folded(stated)) if stated else None
        if known is None:
            known = next((iso for iso, words in self._profile.words.items() if _begins(start, words)), None)
        return known or stated

    def _day(self, name: str, cell: Cell) -> date | None:
        if cell is None or cell == "":
            return None
        return self._told(name, lambda: day(cell, self._profile.dates))

    def _text(self, cells: Sequence[Cell], name: str) -> str:
        at = self._columns.get(name)
        cell = None if at is None or at >= len(cells) else cells[at]
        if type(cell) is str:  # in most files all cells are
            return " ".join(cell.split())
        return "" if cell is None else self._told(name, lambda: text(cell))

    def _told(self, name: str, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except Unreadable as flaw:
            raise ColumnUnreadable(flaw, self._heading(name)) from None

    def _heading(self, *names: str) -> str:
        """The heading of the first of these fields that has a column."""
        at = next((self._columns[name] for name in names if name in self._columns), None)
        return "" if at is None or at >= len(self._layout.headings) else self._layout.headings[at]


def composed(stated: str) -> str:
    """Accents as one character each (NFC): code page 1258 writes them apart."""
    return stated if stated.isascii() else unicodedata.normalize("NFC", stated)


def _begins(start: str, words: Sequence[str]) -> bool:
    return any(f"{start} ".startswith(f"{word} ") for word in words)
