"""Counters, the shifts worked at them, the payers served, and the printed QR cards that belong there.

One open shift at most for a counter and for an officer: the database says so too. Money is never kept here, only what
an officer says and what the books said at that moment. Amounts in đồng.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Conflict, Invalid, Missing


class ShiftState(StrEnum):
    """Where a shift stands."""

    OPEN = "open"
    CLOSED = "closed"
    ESCALATED = "escalated"  # closed with a difference that a second person has to look at
    RESOLVED = "resolved"  # the second person has


_STATES = ", ".join(f"'{state}'" for state in ShiftState)
_OPEN = sa.text("state = 'open'")
PAPERS = ("a5", "slip")

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token", sa.Text, nullable=False, unique=True),  # the right to see what the payer there sees
    sa.Column("paper", sa.Text, nullable=False),  # on which the printer there prints
    sa.Column("shown_payment", sa.Text),  # what the payer's window shows now
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
    sa.UniqueConstraint("agency_id", "name"),
    sa.CheckConstraint("paper IN ('a5', 'slip')", name="paper"),
)

printer = sa.Table(  # which paper comes out where: a counter's own one, and those it may turn to when that one fails
    "counter_printer",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("counter_id", sa.Text, sa.ForeignKey("counter.id"), nullable=False),
    sa.Column("paper", sa.Text, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
    sa.CheckConstraint("paper IN ('a5', 'slip')", name="paper"),
)

qr_card = sa.Table(
    "counter_qr_card",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("serial", sa.Text, primary_key=True),
    sa.Column("counter_id", sa.Text, sa.ForeignKey("counter.id"), nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
)

shift = sa.Table(
    "counter_shift",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("counter_id", sa.Text, sa.ForeignKey("counter.id"), nullable=False),
    sa.Column("officer_id", sa.Text, sa.ForeignKey("officer.id"), nullable=False),
    sa.Column("terminal", sa.Text, nullable=False),  # its name; empty: none
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("opening_cash", sa.BigInteger, nullable=False),  # counted in the drawer
    sa.Column("opening_counts", sa.Text, nullable=False),  # JSON: denomination -> pieces
    sa.Column("opening_note", sa.Text, nullable=False),  # why cash or cards differ from what was left there
    sa.Column("cards", sa.Text, nullable=False),  # JSON: seen, missing, foreign serials
    sa.Column("closed_at", UtcTime),
    sa.Column("closing_counts", sa.Text),
    sa.Column("closing", sa.Text),  # JSON: the totals as they were compared
    sa.Column("difference", sa.BigInteger, nullable=False),  # sum of the absolute differences
    sa.Column("note", sa.Text, nullable=False),  # why
    sa.Column("left_cash", sa.BigInteger, nullable=False),  # what stays in the drawer for the next
    sa.Column("handed_to", sa.Text, sa.ForeignKey("officer.id")),
    sa.Column("resolved_by", sa.Text),
    sa.Column("resolved_at", UtcTime),
    sa.Column("resolution", sa.Text, nullable=False),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    sa.CheckConstraint("opening_cash >= 0 AND left_cash >= 0 AND difference >= 0", name="amounts"),
    sa.Index("ix_counter_shift_agency", "agency_id", "id"),
    sa.Index("uq_counter_shift_counter", "counter_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    sa.Index("uq_counter_shift_officer", "officer_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
)

visit = sa.Table(  # a payer served: which payment was asked for at which counter, by whom, and how long it took
    "counter_visit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),  # of the counter
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),  # whose dues
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),  # the record was opened
    sa.Column("asked_at", UtcTime, nullable=False),  # the money was asked for
    sa.UniqueConstraint("payment_id", "shift_id"),
    sa.Index("ix_counter_visit_shift", "shift_id", "id"),
    sa.Index("ix_counter_visit_agency", "agency_id", "asked_at"),
)

ticket = sa.Table(  # of the queue: numbers and times, no person
    "queue_ticket",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("counter", sa.Text, nullable=False),
    sa.Column("taken_at", UtcTime),  # None: from a machine that does not tell us
    sa.Column("called_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.CheckConstraint("state IN ('waiting', 'called', 'serving', 'done')", name="state"),
)


class CounterMissing(Missing):
    """No such counter."""

    code = "counter.missing"


class ShiftMissing(Missing):
    """No such shift."""

    code = "shift.missing"


class NoShift(Conflict):
    """Money is taken in an open shift only."""

    code = "shift.none"


class ShiftTaken(Conflict):
    """The counter or the officer has an open shift already."""

    code = "shift.taken"


class ShiftInvalid(Invalid):
    """What was told of the shift cannot be kept; `field` says what."""

    code = "shift.invalid"


class DifferenceUnexplained(Conflict):
    """The figures differ: say why, or pass it to a second person. `facts["differences"]` lists them."""

    code = "shift.difference"


@dataclass(frozen=True, slots=True)
class Counter:
    """A place where payers are served."""

    id: str
    agency_id: str
    name: str
    token: str
    paper: str
    shown_payment: str | None


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as far as work in it needs it."""

    id: str
    agency_id: str
    counter: Counter
    officer_id: str
    terminal: str
    state: ShiftState
    opened_at: datetime
    opening_cash: int


_COUNTER = tuple(Counter.__dataclass_fields__)


def counters(connection: sa.Connection, agency_id: str) -> list[Counter]:
    """The agency's counters in use, by name."""
    mine = own(counter, agency_id) & counter.c.retired_at.is_(None)
    query = sa.select(counter).where(mine).order_by(counter.c.name)
    return [_counter(row) for row in connection.execute(query)]


def counter_by_token(connection: sa.Connection, token: str) -> Counter:
    """The counter whose payer's window somebody opens; CounterMissing."""
    mine = (counter.c.token == token) & counter.c.retired_at.is_(None)
    row = connection.execute(sa.select(counter).where(mine)).one_or_none()
    if row is None:
        raise CounterMissing("Không có quầy này.", "There is no such counter.")
    return _counter(row)


def open_shift_of(connection: sa.Connection, agency_id: str, officer_id: str) -> Shift | None:
    """The officer's open shift."""
    mine = own(shift, agency_id) & (shift.c.officer_id == officer_id) & (shift.c.state == ShiftState.OPEN.value)
    return _one(connection, mine)


def require_shift(connection: sa.Connection, agency_id: str, officer_id: str) -> Shift:
    """The same; NoShift."""
    found = open_shift_of(connection, agency_id, officer_id)
    if found is None:
        raise NoShift("Hãy mở ca trước khi thu tiền.", "Open a shift before taking money.")
    return found


def shift_row(connection: sa.Connection, agency_id: str, shift_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """All that is kept of a shift, with the names of its counter and officer; ShiftMissing."""
    mine = sa.select(shift).where(own(shift, agency_id), shift.c.id == shift_id)
    row = connection.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None:
        raise ShiftMissing("Không có ca này.", "There is no such shift.")
    return row


def by_id(connection: sa.Connection, agency_id: str, shift_id: str) -> Shift:
    """One shift; ShiftMissing."""
    shift_row(connection, agency_id, shift_id)
    found = _one(connection, own(shift, agency_id) & (shift.c.id == shift_id))
    assert found is not None
    return found


def _one(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Shift | None:
    names = [counter.c[name].label(f"counter_{name}") for name in _COUNTER]
    columns = (shift.c.id, shift.c.agency_id, shift.c.officer_id, shift.c.terminal, shift.c.state, shift.c.opened_at)
    joined = sa.select(*columns, shift.c.opening_cash, *names).join_from(shift, counter)
    row = connection.execute(joined.where(where)).one_or_none()
    if row is None:
        return None
    place = Counter(**{name: getattr(row, f"counter_{name}") for name in _COUNTER})
    state = ShiftState(row.state)
    return Shift(row.id, row.agency_id, place, row.officer_id, row.terminal, state, row.opened_at, row.opening_cash)


def _counter(row: sa.Row[Any]) -> Counter:
    return Counter(**{name: getattr(row, name) for name in _COUNTER})
