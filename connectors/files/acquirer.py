"""A card acquirer's settlement file (CSV or XLSX, by mapping profile): read whole, checked row by row and batch by batch.

A row whose net is not gross less commission, a batch that does not hold what it states, or a whole card number refuses
the file: it is evidence of what the acquirer owes, and half of it would be none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain

from connectors import reference
from connectors.acquirer import Sale, Settlement
from connectors.files import workbook
from connectors.files.cells import NIL, Cell, amount, day, shown, text
from connectors.files.detect import candidates
from connectors.files.layout import Layout, fit, is_numbering
from connectors.files.profile import SETTLEMENT, Profile, builtin, folded
from connectors.files.profiled import fitted
from connectors.files.reading import PROBLEM_LIMIT, Opener, Unreadable, problem
from connectors.files.table import Row, Tables, first_rows
from connectors.statement import Problem

_WHOLE_PAN = re.compile(r"[0-9]{13,19}")
_CARD_NOISE = re.compile(r"[ \-]")
_MOST_VISIBLE = 10


def parse(data: bytes, profiles: Sequence[Profile] = (), *, only: bool = False) -> Settlement:
    """Read a settlement file; nothing is ever raised.

    `profiles` are tried before those that come with the product, or instead of them (`only`).
    """
    if not data.strip():
        return _refused("file.empty")
    if data.startswith(workbook.OLD):
        return _refused("xls.old")
    opened: Opener = lambda: BytesIO(data)  # noqa: E731 - a name makes the type plain
    known = list(profiles) if only else [*profiles, *builtin(SETTLEMENT)]
    try:
        found = fitted(candidates(opened, known), known)
    except Unreadable as flaw:
        return _refused(flaw.code)
    if found is None:
        return _refused("csv.header_missing")
    return _read(found.tables, found.layout.profile)


def _refused(code: str) -> Settlement:
    return Settlement("unknown", "", (), (problem(code),))


def _read(tables: Tables, profile: Profile) -> Settlement:
    sales: list[Sale] = []
    problems: list[Problem] = []
    try:
        for item in _items(tables, profile):
            if isinstance(item, Sale):
                sales.append(item)
            else:
                problems.append(item)
            if len(problems) >= PROBLEM_LIMIT:
                problems.append(problem("problems.too_many"))
                break
    except Unreadable as flaw:
        problems.append(problem(flaw.code, f"line {flaw.value}" if flaw.value.isdecimal() else ""))
    problems += [] if problems else _repeats(sales)
    if not sales and not problems:
        problems.append(problem("statement.missing"))
    return Settlement(tables.format, profile.name, () if problems else tuple(sales), tuple(problems))


def _items(tables: Tables, profile: Profile) -> Iterator[Sale | Problem]:
    for _, rows in tables.tables():
        head = first_rows(rows)
        layout = fit((profile,), head)
        if layout is not None:
            yield from _Sheet(layout).items(chain(head, rows))


def _repeats(sales: Sequence[Sale]) -> Iterator[Problem]:
    """A sale is its batch and retrieval reference; with the same amount twice it is one row too many."""
    seen: set[tuple[str, str, int]] = set()
    for sale in sales:
        key = (sale.batch_id, sale.rrn, sale.gross)
        if sale.rrn and key in seen:
            yield problem("row.repeated", f"line {sale.line}")
        seen.add(key)


@dataclass(slots=True)
class _Batch:
    """What a batch comes to, and what its rows say that it comes to."""

    line: int
    count: int = 0
    net: int = 0
    stated_count: int | None = None
    stated_net: int | None = None

    @property
    def differs(self) -> bool:
        return self.stated_count not in (None, self.count) or self.stated_net not in (None, self.net)


class _Sheet:
    """The rows of one table."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._profile = layout.profile
        self._labelled: dict[str, str] = {}
        self._batches: dict[str, _Batch] = {}
        self._sums = [0, 0, 0]  # gross, mdr, net of all rows
        self._page = [0, 0, 0]  # since the last row of sums

    def items(self, rows: Iterator[Row]) -> Iterator[Sale | Problem]:
        """Sales, and problems with their line and column."""
        for line, cells in rows:
            if line < self._layout.line:
                self._label(cells)
            elif line > self._layout.last_line and not self._is_heading(cells):
                yield from self._row(line, cells)
        for batch in self._batches.values():
            if batch.differs:
                yield problem("batch.differs", f"line {batch.line}")

    def _is_heading(self, cells: Sequence[Cell]) -> bool:
        return self._layout.repeats_heading(cells) or is_numbering([shown(cell) for cell in cells])

    def _row(self, line: int, cells: Sequence[Cell]) -> Iterator[Sale | Problem]:
        first = next((folded(said) for cell in cells if (said := shown(cell))), "")
        if any(f"{first} ".startswith(f"{word} ") for word in self._profile.totals):
            yield from self._compare(line, cells)
        elif any(shown(self._layout.cell(cells, name)) not in NIL for name in ("gross", "net")):
            yield self._sale(line, cells)
        else:
            self._label(cells)

    def _sale(self, line: int, cells: Sequence[Cell]) -> Sale | Problem:
        column = ""
        try:
            values: dict[str, int] = {}
            for column in ("gross", "mdr", "net"):
                values[column] = self._money(cells, column)
            column = "trade_date"
            traded = day(self._layout.cell(cells, column) or self._labelled.get(column), self._profile.dates)
            column = "masked_pan"
            pan = _masked(self._text(cells, column))
            column = "batch_id"
            batch_id = self._needed(cells, column)
            column = "net"
            if values["net"] != values["gross"] - values["mdr"]:
                raise Unreadable("net.differs", str(values["net"]))
            self._count(batch_id, line, values, cells)
        except Unreadable as flaw:
            return problem(flaw.code, f"line {line}", flaw.value, column=self._heading(column))
        return Sale(
            batch_id=batch_id,
            terminal=self._text(cells, "terminal"),
            trade_date=traded,
            reference=_reference(self._text(cells, "reference")),
            rrn=self._text(cells, "rrn"),
            approval_code=self._text(cells, "approval_code"),
            stan=self._text(cells, "stan"),
            masked_pan=pan,
            line=line,
            **values,
        )

    def _count(self, batch_id: str, line: int, values: dict[str, int], cells: Sequence[Cell]) -> None:
        batch = self._batches.setdefault(batch_id, _Batch(line))
        batch.count += 1
        batch.net += values["net"]
        batch.stated_count = self._whole(cells, "batch_count", batch.stated_count)
        batch.stated_net = self._whole(cells, "batch_net", batch.stated_net)
        for sums in (self._sums, self._page):
            for at, name in enumerate(("gross", "mdr", "net")):
                sums[at] += values[name]

    def _compare(self, line: int, cells: Sequence[Cell]) -> Iterator[Problem]:
        """A row of sums: of the whole table so far, or of the rows since the last such row."""
        try:
            stated = [self._whole(cells, name, None) for name in ("gross", "mdr", "net")]
        except Unreadable as flaw:
            yield problem(flaw.code, f"line {line}", flaw.value)
            return
        if self._profile.debit_negative and stated[1] is not None:
            stated[1] = -stated[1]
        fits = [all(s in (None, o) for s, o in zip(stated, ours, strict=True)) for ours in (self._sums, self._page)]
        if not any(fits):
            yield problem("batch.differs", f"line {line}")
        self._page = [0, 0, 0]

    def _money(self, cells: Sequence[Cell], name: str) -> int:
        found = self._whole(cells, name, None)
        if found is None:
            raise Unreadable("amount.missing")
        return -found if name == "mdr" and self._profile.debit_negative else found

    def _whole(self, cells: Sequence[Cell], name: str, default: int | None) -> int | None:
        found = amount(self._layout.cell(cells, name), "VND", self._profile.decimal)
        if found is None:
            return default
        if found != found.to_integral_value():
            raise Unreadable("amount.not_whole", str(found))
        return int(found)

    def _text(self, cells: Sequence[Cell], name: str) -> str:
        return text(self._layout.cell(cells, name)) or self._labelled.get(name, "")

    def _needed(self, cells: Sequence[Cell], name: str) -> str:
        found = self._text(cells, name)
        if not found:
            raise Unreadable("value.missing")
        return found

    def _label(self, cells: Sequence[Cell]) -> None:
        """`Số lô: 000123` above the rows it speaks of."""
        said = [shown(cell) for cell in cells]
        for at, told in enumerate(said):
            for name, aliases in self._profile.labels.items():
                if any(f"{folded(told)} ".startswith(f"{alias} ") for alias in aliases):
                    behind = told.partition(":")[2].strip() or next(filter(None, said[at + 1 :]), "")
                    if behind:
                        self._labelled[name] = behind

    def _heading(self, name: str) -> str:
        at = self._layout.columns.get(name)
        return self._layout.headings[at] if at is not None and at < len(self._layout.headings) else name


def _masked(stated: str) -> str:
    """The card number as printed, if enough of it is hidden. Raises Unreadable."""
    bare = _CARD_NOISE.sub("", stated)
    if _WHOLE_PAN.fullmatch(bare) or sum(map(str.isdigit, bare)) > _MOST_VISIBLE:
        raise Unreadable("pan.unmasked")
    return bare


def _reference(stated: str) -> str:
    """Our reference, read as in a memo; anything else as it stands."""
    found = reference.references(stated)
    return found[0] if len(found) == 1 else stated.upper()
