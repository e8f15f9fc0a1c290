"""What a run has to look at after an earlier run: what is new, what waits for time or a file, and all that touches either.

The passes judge lines, payments and batches that name one another, and nothing further away. So with everything that
hangs together with something new, they say of it what they would say over all, and what is untouched keeps its result.
Cost follows what is new, not history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reconciliation.engine import DatabaseEngine
from reconciliation.model import RULES_VERSION, Kind, SettlementRow
from reconciliation.natures import squeezed
from reconciliation.sources import day_words
from reconciliation.store import line_ref, recon_item, recon_run, statement, statement_file, statement_line
from reconciliation.workdays import next_working_day

# What time, orders or settlement files can change by themselves; all else changes only with a payment or a neighbour.
_UNSETTLED = tuple(
    kind.value
    for kind in (
        *(Kind.LATE_CUTOFF, Kind.MISSING_IN_SETTLEMENT, Kind.BATCH_NOT_PAID, Kind.FEE_MISMATCH),
        *(Kind.CHARGEBACK, Kind.REMITTANCE, Kind.UNKNOWN_DEBIT),
    )
)
_UNDER_WAY = timedelta(days=1)  # an import that had begun before the last run may have ended after it

_line = sa.table("scope_line", sa.column("id", sa.Text), sa.column("round", sa.BigInteger))
_placed = sa.table("scope_placed", sa.column("line_id", sa.Text), sa.column("reference", sa.Text))
_payment = sa.table(
    "scope_payment", sa.column("id", sa.Text), sa.column("reference", sa.Text), sa.column("round", sa.BigInteger)
)


def last_run(connection: sa.Connection, owner: str, as_of: date) -> datetime | None:
    """When the owner's last run was, if what it found still holds under the rules of today and as of this day."""
    c = recon_run.c
    row = connection.execute(
        sa.select(c.at, c.as_of, c.rules_version).where(c.owner == owner).order_by(c.at.desc(), c.id.desc()).limit(1)
    ).first()
    holds = row is not None and row.rules_version == RULES_VERSION and row.as_of <= as_of
    return row.at if row is not None and holds else None


class Scope:
    """The lines and payments of one run, as temporary tables beside the sources."""

    def __init__(
        self,
        engine: DatabaseEngine,
        connection: sa.Connection,
        owner: str,
        payments: sa.FromClause,
        placed: sa.Select[Any] | None = None,
    ) -> None:
        self._connection = connection
        self._owner = owner
        self._payments = payments  # payment_id, reference
        engine.create("scope_placed", {"line_id": "text", "reference": "text"})
        if placed is not None:
            given = placed.subquery("given_away")
            told = sa.select(given.c.line_id, given.c.reference)
            connection.execute(sa.insert(_placed).from_select(["line_id", "reference"], told))
        engine.ready("scope_placed", ("line_id", "reference"))
        engine.create("scope_line", {"id": "text", "round": "bigint"})
        engine.create("scope_payment", {"id": "text", "reference": "text", "round": "bigint"})
        engine.ready("scope_line", ("id",))
        engine.ready("scope_payment", ("id",))
        self._engine = engine
        self.batches: set[str] = set()

    lines = _line
    payments = _payment

    def gather(
        self,
        since: datetime,
        changed: sa.Select[Any],
        settlement: Sequence[SettlementRow],
        moved: sa.Select[Any] | None = None,
    ) -> list[SettlementRow]:
        """Fill both tables; the settlement rows that belong to them. `moved`: lines given to payments or taken back."""
        batches = _Batches(settlement)
        self._begin(since, changed, settled=bool(settlement))
        if moved is not None:
            given = moved.subquery("moved")
            (column,) = given.c
            mine = sa.select(statement_line.c.id).where(statement_line.c.owner == self._owner)
            self._add_lines(mine.where(statement_line.c.id.in_(sa.select(column))), 0)
        step = 0
        while self._grown(step):
            self._engine.ready("scope_line", ())
            self._engine.ready("scope_payment", ())
            self._by_reference(step)
            if settlement:
                self._by_batch(step, batches)
            step += 1
        return [row for row in settlement if squeezed(row.batch_id) in self.batches]

    def _begin(self, since: datetime, changed: sa.Select[Any], *, settled: bool) -> None:
        item, c = recon_item.c, statement_line.c
        kinds = [*_UNSETTLED, *([Kind.UNKNOWN_REFERENCE.value] if settled else [])]  # a lump may come before its file
        undone = sa.and_(
            item.owner == self._owner, item.superseded_by.is_(None), item.decided_by.is_(None), item.kind.in_(kinds)
        )
        self._add_lines(sa.select(item.line_id).where(undone, item.line_id.is_not(None)), 0)
        self._add_payments(sa.select(item.payment_id).where(undone, item.payment_id.is_not(None)), 0)
        self._add_payments(changed, 0)
        known = sa.exists().where(item.owner == self._owner, item.line_id == c.id, item.superseded_by.is_(None))
        late = sa.and_(c.statement_id.in_(self._imported(since - _UNDER_WAY)), ~known)
        fresh = c.statement_id.in_(self._imported(since))  # with lines that a statement took over from interim reports
        for which in (fresh, late):
            self._add_lines(sa.select(c.id).where(c.owner == self._owner, which), 0)

    def _imported(self, since: datetime) -> sa.Select[Any]:
        file = sa.join(statement, statement_file, statement_file.c.id == statement.c.file_id)
        chosen = sa.and_(statement.c.owner == self._owner, statement_file.c.imported_at > since)
        return sa.select(statement.c.id).select_from(file).where(chosen)

    def _grown(self, step: int) -> bool:
        """Whether the last round found anything."""
        return any(
            self._connection.execute(sa.select(sa.literal(1)).where(table.c.round == step).limit(1)).first()
            for table in (_line, _payment)
        )

    def _by_reference(self, step: int) -> None:
        """A line's references name payments, a payment's reference stands in lines; what was placed counts like it."""
        fresh = sa.select(line_ref.c.ref).join(_line, sa.and_(_line.c.id == line_ref.c.line_id, _line.c.round == step))
        p = self._payments.c
        self._add_payments(sa.select(p.payment_id).where(p.reference.in_(fresh.where(line_ref.c.how < 3))), step + 1)
        given = sa.select(_placed.c.reference).join(
            _line, sa.and_(_line.c.id == _placed.c.line_id, _line.c.round == step)
        )
        self._add_payments(sa.select(p.payment_id).where(p.reference.in_(given)), step + 1)
        named = sa.select(_payment.c.reference).where(_payment.c.round == step)
        self._add_lines(self._lines_with(line_ref.c.ref.in_(named), line_ref.c.how < 3), step + 1)
        mine = sa.select(_placed.c.line_id).join(statement_line, statement_line.c.id == _placed.c.line_id)
        self._add_lines(
            mine.where(statement_line.c.owner + "" == self._owner, _placed.c.reference.in_(named)), step + 1
        )

    def _by_batch(self, step: int, batches: _Batches) -> None:
        """A batch ties its sales together, and the lump lines that print its id, or its terminal with a day."""
        references = self._connection.scalars(sa.select(_payment.c.reference).where(_payment.c.round == step))
        found = batches.of_references(references) | batches.of_lines(self._words(step))
        fresh = sorted(found - self.batches)
        self.batches |= found
        wanted = sorted({reference for batch in fresh for reference in batches.references[batch]})
        for part in _parts(wanted):
            p = self._payments.c
            self._add_payments(sa.select(p.payment_id).where(p.reference.in_(part)), step + 1)
        for batch in fresh:
            self._add_lines(self._lines_with(line_ref.c.ref == batch, line_ref.c.how == 3), step + 1)
            for terminal, days, due_on in batches.terminals[batch]:
                self._add_lines(self._lines_of_terminal(terminal, days, due_on), step + 1)

    def _words(self, step: int) -> Iterator[tuple[date, set[str]]]:
        """The words of each new line, with its day."""
        rows = self._connection.execute(
            sa.select(line_ref.c.line_id, statement_line.c.booking_date, line_ref.c.ref)
            .join(_line, sa.and_(_line.c.id == line_ref.c.line_id, _line.c.round == step))
            .join(statement_line, statement_line.c.id == line_ref.c.line_id)
            .where(line_ref.c.how == 3)
        )
        words: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
        for line_id, day, word in rows:
            words[(line_id, day)].add(word)
        yield from ((day, told) for (_, day), told in words.items())

    def _lines_with(self, *named: sa.ColumnElement[bool]) -> sa.Select[Any]:
        # no way in by owner: what is named is few, what is owned many
        mine = statement_line.c.owner + "" == self._owner
        return sa.select(line_ref.c.line_id).join(statement_line).where(mine, *named)

    def _lines_of_terminal(self, terminal: str, days: Collection[str], due_on: date) -> sa.Select[Any]:
        day = line_ref.alias("day")
        dated = sa.exists().where(day.c.line_id == line_ref.c.line_id, day.c.how == 3, day.c.ref.in_(days))
        return self._lines_with(
            line_ref.c.ref == terminal, line_ref.c.how == 3, sa.or_(statement_line.c.booking_date == due_on, dated)
        )

    def _add_lines(self, found: sa.Select[Any], step: int) -> None:
        ids = found.subquery()
        (column,) = ids.c
        known = sa.exists().where(_line.c.id == column)
        self._connection.execute(
            sa.insert(_line).from_select(["id", "round"], sa.select(column, sa.literal(step)).where(~known).distinct())
        )

    def _add_payments(self, found: sa.Select[Any], step: int) -> None:
        p = self._payments.c
        known = sa.exists().where(_payment.c.id == p.payment_id)
        chosen = sa.select(p.payment_id, p.reference, sa.literal(step)).where(p.payment_id.in_(found), ~known)
        self._connection.execute(sa.insert(_payment).from_select(["id", "reference", "round"], chosen))


class _Batches:
    """The acquirer's batches by what leads to them."""

    def __init__(self, rows: Iterable[SettlementRow]) -> None:
        self.references: defaultdict[str, set[str]] = defaultdict(set)
        self.terminals: defaultdict[str, set[tuple[str, frozenset[str], date]]] = defaultdict(set)
        self._by_reference: defaultdict[str, set[str]] = defaultdict(set)
        self._by_terminal: defaultdict[str, set[tuple[str, frozenset[str], date]]] = defaultdict(set)
        for row in rows:
            batch, terminal = squeezed(row.batch_id), squeezed(row.terminal)
            days, due_on = frozenset(day_words(row.trade_date)), next_working_day(row.trade_date)
            self.references[batch].add(row.reference)
            self.terminals[batch].add((terminal, days, due_on))
            self._by_reference[row.reference].add(batch)
            self._by_terminal[terminal].add((batch, days, due_on))

    def of_references(self, references: Iterable[str]) -> set[str]:
        """Batches with a row of one of these."""
        return {batch for reference in references for batch in self._by_reference.get(reference, ())}

    def of_lines(self, lines: Iterable[tuple[date, set[str]]]) -> set[str]:
        """Batches that a line names, or whose terminal and day it names."""
        found: set[str] = set()
        for day, words in lines:
            found |= words & self.references.keys()
            for terminal in words & self._by_terminal.keys():
                known = self._by_terminal[terminal]
                found |= {batch for batch, days, due_on in known if due_on == day or days & words}
        return found


def _parts(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    return (values[at : at + size] for at in range(0, len(values), size))
