"""How a bank's table would be read: which profile fits, which column is which field, and what the rows come to.

For a person who writes a profile for a bank that has none: nothing is kept, and a file that no profile fits is shown as
the rows it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from connectors.files import acquirer, profiled, workbook
from connectors.files.cells import shown
from connectors.files.detect import candidates
from connectors.files.layout import Layout
from connectors.files.profile import SETTLEMENT, Profile
from connectors.files.reading import Opener, Unreadable, collect, problem
from connectors.files.table import CsvTable, Tables, glanced
from connectors.statement import Entry, Parsed, Problem, Statement

FIRST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Sums:
    """One statement in figures."""

    statement: Statement  # without entries
    entries: int
    credits: Decimal
    debits: Decimal
    balances: bool | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A table as it would be read."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    layout: Layout | None = None
    first: tuple[Entry, ...] = ()
    statements: tuple[Sums, ...] = ()
    batches: tuple[tuple[str, int, int, int, int], ...] = ()  # batch, rows, gross, mdr, net; of a settlement
    rows: tuple[tuple[int, tuple[str, ...]], ...] = field(default=(), repr=False)  # as they stand, where nothing fits
    problems: tuple[Problem, ...] = ()


def preview(opened: Opener, profiles: Sequence[Profile]) -> Preview:
    """Look at a table with these profiles, all of one kind. Nothing is ever raised."""
    with opened() as file:
        head = file.read(2_000)
    if not head.strip():
        return Preview("unknown", problems=(problem("file.empty"),))
    if head.startswith(workbook.OLD):
        return Preview("unknown", problems=(problem("xls.old"),))
    try:
        ways = candidates(opened, profiles)
        found = profiled.fitted(ways, profiles)
        if found is None:
            return _unfitted(ways)
        return _fitted(opened, found, profiles)
    except Unreadable as flaw:
        return Preview("unknown", problems=(problem(flaw.code),))


def _unfitted(ways: Sequence[Tables]) -> Preview:
    way = ways[0]
    rows = [row for _, table in islice(way.tables(), 1) for row in glanced(table, 3 * FIRST_ROWS)]
    shown_rows = tuple((line, tuple(map(shown, cells))) for line, cells in rows)
    return Preview(way.format, *_marks(way), rows=shown_rows, problems=(problem("csv.header_missing"),))


def _fitted(opened: Opener, found: profiled.Fitted, profiles: Sequence[Profile]) -> Preview:
    layout, marks = found.layout, _marks(found.tables)
    if layout.profile.kind == SETTLEMENT:
        with opened() as file:
            settlement = acquirer.parse(file.read(), (layout.profile,), only=True)
        sums: dict[str, tuple[str, int, int, int, int]] = {}
        for sale in settlement.sales:
            _, rows, gross, mdr, net = sums.get(sale.batch_id, (sale.batch_id, 0, 0, 0, 0))
            sums[sale.batch_id] = (sale.batch_id, rows + 1, gross + sale.gross, mdr + sale.mdr, net + sale.net)
        return Preview(found.tables.format, *marks, layout, batches=tuple(sums.values()), problems=settlement.problems)
    items = list(profiled.Reader(found.tables, layout.profile).items())
    kept = [item for item in items if not isinstance(item, Problem)]
    parsed: Parsed = collect(found.tables.format, kept)
    problems = (*(item for item in items if isinstance(item, Problem)), *parsed.problems)
    entries = tuple(islice((entry for statement in parsed.statements for entry in statement.entries), FIRST_ROWS))
    return Preview(
        found.tables.format, *marks, layout, entries, tuple(map(_sums, parsed.statements)), problems=problems
    )


def _sums(statement: Statement) -> Sums:
    amounts = [entry.amount for entry in statement.entries]
    return Sums(
        statement,
        len(amounts),
        sum((amount for amount in amounts if amount > 0), Decimal(0)),
        -sum((amount for amount in amounts if amount < 0), Decimal(0)),
        statement.balances,
    )


def _marks(way: Tables) -> tuple[str, str]:
    return (way.encoding, way.delimiter) if isinstance(way, CsvTable) else ("", "")
