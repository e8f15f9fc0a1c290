"""A bank's own table (CSV or XLSX export of its internet banking) as statements, by the mapping profile that fits it.

Above and below the table stand titles, labels, sums and signatures; between the heading and the end each row that has a
day or an amount is an entry, or a problem that names its line and column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from connectors.files.cells import NIL, Cell, shown
from connectors.files.entry_row import ColumnUnreadable, Days, EntryRow
from connectors.files.labels import Labels
from connectors.files.layout import Layout, fit, is_numbering
from connectors.files.profile import Profile, folded
from connectors.files.reading import Item, Unreadable, problem
from connectors.files.running import Running
from connectors.files.table import Row, Tables, first_rows, glanced
from connectors.statement import Problem, Statement

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A way of reading a file, with the layout of its first table."""

    tables: Tables
    layout: Layout


def fitted(candidates: Sequence[Tables], profiles: Sequence[Profile]) -> Fitted | None:
    """The way of reading the file that a profile fits best; None where none does. Raises Unreadable."""
    found = [
        Fitted(tables, layout)
        for tables in candidates
        for _, rows in tables.tables()
        if (layout := fit(profiles, glanced(rows))) is not None
    ]
    return max(found, key=lambda one: (one.layout.recognised, one.layout.exact, len(one.layout.columns)), default=None)


class Reader:
    """One reading of a file by one profile. `account` is that of a table which names none."""

    def __init__(self, tables: Tables, profile: Profile, account: str = "") -> None:
        self.format = tables.format
        self._tables = tables
        self._profile = profile
        self._account = account

    def items(self) -> Iterator[Item]:
        """Entries, each statement behind its own, and problems where they are met."""
        met = False
        try:
            for name, rows in self._tables.tables():
                head = first_rows(rows)
                layout = fit((self._profile,), head)
                if layout is not None:
                    yield from _Section(layout, name if met else "", self._account).items(chain(head, rows))
                    met = True
        except Unreadable as flaw:
            yield problem(flaw.code, f"line {flaw.value}" if flaw.value.isdecimal() else "")
            return
        if not met:
            yield problem("csv.header_missing")


class _Section:
    """The statement being read; a table may hold several, one account after the other."""

    def __init__(self, layout: Layout, sheet: str, account: str) -> None:
        self._layout = layout
        self._profile = layout.profile
        self._read = EntryRow(layout)
        self._sheet = sheet
        self._given = account
        self._turn()

    def _turn(self) -> None:
        self._labels = Labels(self._profile)
        self._running = Running()
        self._account = ""  # as the rows name it
        self._count = 0
        self._sums = [ZERO, ZERO]  # debits and credits of the statement
        self._page = [ZERO, ZERO]  # the same since the last row of sums

    def items(self, rows: Iterator[Row]) -> Iterator[Item]:
        for line, cells in rows:
            if line < self._layout.line:
                yield from self._outside(line, cells)
            elif line > self._layout.last_line:
                yield from self._row(line, cells)
        yield from self._close()

    def _row(self, line: int, cells: Sequence[Cell]) -> Iterator[Item]:
        try:
            days = self._read.days(cells)
        except ColumnUnreadable as flaw:
            yield from self._undated(line, cells, flaw)
        else:
            yield from self._entry(line, cells, days)

    def _undated(self, line: int, cells: Sequence[Cell], flaw: ColumnUnreadable) -> Iterator[Item]:
        """A heading again, a row of sums, a labelled balance, a title: or an entry whose day cannot be read."""
        if self._layout.repeats_heading(cells) or (not self._count and is_numbering([shown(cell) for cell in cells])):
            return
        if self._begins(cells, self._profile.totals):
            yield from self._compare(line, cells)
            yield from self._outside(line, cells)
        elif self._has_money(cells) and not self._is_labelled(cells):
            yield problem(flaw.code, self._where(line), flaw.value, column=flaw.column)
        else:
            yield from self._outside(line, cells)

    def _has_money(self, cells: Sequence[Cell]) -> bool:
        return any(shown(self._layout.cell(cells, name)) not in NIL for name in ("amount", "debit", "credit"))

    def _is_labelled(self, cells: Sequence[Cell]) -> bool:
        """A balance in any cell; any label in the first."""
        labels = self._profile.labels
        if self._begins(cells, [alias for aliases in labels.values() for alias in aliases]):
            return True
        said = [f"{folded(shown(cell))} " for cell in cells]
        balances = (*labels.get("opening", ()), *labels.get("closing", ()))
        return any(text.startswith(f"{label} ") for text in said for label in balances)

    def _begins(self, cells: Sequence[Cell], words: Sequence[str]) -> bool:
        first = next((folded(said) for cell in cells if (said := shown(cell))), "")
        return any(f"{first} ".startswith(f"{word} ") for word in words)

    def _entry(self, line: int, cells: Sequence[Cell], days: Days) -> Iterator[Item]:
        try:
            account = self._read.account(cells)
            if account and self._account and account != self._account:
                yield from self._close()
                self._turn()
            self._account = self._account or account
            self._count += 1
            entry = self._read.entry(cells, days, self._count, self._currency)
            self._running.follow(entry.amount, self._read.balance(cells, entry.currency))
        except ColumnUnreadable as flaw:
            yield problem(flaw.code, self._where(line), flaw.value, column=flaw.column)
            return
        for sums in (self._sums, self._page):
            sums[entry.amount >= 0] += abs(entry.amount)
        yield entry

    @property
    def _currency(self) -> str:
        return self._labels.currency or self._profile.currency

    def _compare(self, line: int, cells: Sequence[Cell]) -> Iterator[Problem]:
        """The file's own sums against ours; a row of sums that cannot be read says nothing."""
        try:
            found = [self._read.amount(cells, name, self._currency) for name in ("debit", "credit")]
        except Unreadable:
            return
        stated = [one and abs(one) for one in found]
        fits = [
            all(s in (None, ours) for s, ours in zip(stated, sums, strict=True)) for sums in (self._sums, self._page)
        ]
        if not any(fits):
            yield problem("totals.differ", self._where(line))
        self._page = [ZERO, ZERO]

    def _outside(self, line: int, cells: Sequence[Cell]) -> Iterator[Item]:
        """A row around the table. The account of the next statement ends this one."""
        try:
            self._labels.read(cells)
            if self._count and self._labels.account_told not in ("", self._labels.account):
                yield from self._close()
                self._turn()
                self._labels.read(cells)
        except Unreadable as flaw:
            yield problem(flaw.code, self._where(line), flaw.value)

    def _close(self) -> Iterator[Item]:
        if self._running.broken:
            yield problem("balance.chain", self._sheet)
        opening, closing = self._running.ends()
        labels = self._labels
        yield Statement(
            account=self._account or labels.account or self._given,
            currency=self._currency,
            opening=opening if labels.opening is None else labels.opening,
            closing=closing if labels.closing is None else labels.closing,
            entries=(),
            from_date=labels.from_day,
            to_date=labels.to_day,
        )

    def _where(self, line: int) -> str:
        return f"sheet {self._sheet}, line {line}" if self._sheet else f"line {line}"
