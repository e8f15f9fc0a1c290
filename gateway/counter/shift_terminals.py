"""What the terminals of a shift say they took (nexo GetTotals; Reconciliation at the end of a day), asked from here.

The machine's own word is compared, batch against batch; only where it does not answer does the slip that an officer
copies count, and the close says which of the two it was. Amounts in đồng.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter import terminal_totals
from gateway.counter.shift_store import Shift, ShiftState, by_id, require_shift, visit
from gateway.counter.terminal_drive import WAYS, Ways
from gateway.counter.terminal_store import SaleState, terminal, terminal_sale
from gateway.counter.terminal_tables import ReversalState, terminal_reversal
from gateway.counter.terminal_tables import terminal_totals as totals_table
from gateway.counter.terminal_totals import Compared
from gateway.kernel.errors import Conflict
from gateway.kernel.uow import Environment
from gateway.officers.model import Officer, Role

SILENT_FOR = timedelta(minutes=1)  # who was silent just now is not asked again: nobody waits twice for a dead line


class ShiftOpen(Conflict):
    """A terminal's batch is closed after the shift, which may still have a sale to reverse."""

    code = "shift.open"


@dataclass(frozen=True, slots=True)
class Machine:
    """A terminal that a shift has worked with, or might have."""

    id: str
    agency: str
    name: str
    standing: int  # what it took in this shift and did not give back, as booked


@dataclass(frozen=True, slots=True)
class Told:
    """One terminal at the close of a shift: whose word counts, what it said and what was booked."""

    name: str
    source: Literal["terminal", "typed", "none"]
    said: int
    booked: int
    doubtful: int = 0  # sales and reversals there whose end nobody knows yet

    @property
    def difference(self) -> int:
        """Said less booked."""
        return self.said - self.booked


def machines(connection: sa.Connection, worked: Shift) -> list[Machine]:
    """The shift's own terminal and every one that it took money with, by name."""
    mine = sa.select(visit.c.payment_id).where(own(visit, worked.agency_id), visit.c.shift_id == worked.id)
    sums = _standing(connection, mine)
    used = sa.select(terminal_sale.c.terminal_id).where(terminal_sale.c.payment_id.in_(mine))
    chosen: sa.ColumnElement[bool] = terminal.c.id.in_(used)
    if worked.terminal:
        chosen |= own(terminal, worked.agency_id) & (terminal.c.name == worked.terminal)
    query = sa.select(terminal.c.id, terminal.c.agency_id, terminal.c.name).where(chosen)
    return [Machine(*row, sums.get(row.id, 0)) for row in connection.execute(query.order_by(terminal.c.name))]


def ask(environment: Environment, officer: Officer, ways: Ways = WAYS) -> tuple[Compared, ...]:
    """Ask each terminal of the officer's open shift; no transaction is open meanwhile. One that is out of use, or was
    silent just now, is not asked. RoleMissing, NoShift."""
    officer.need(Role.COUNTER)
    with environment.read() as connection:
        worked = require_shift(connection, officer.agency, officer.id)
        silent = _silent(connection, worked, environment.clock() - SILENT_FOR)
        asked = [one for one in _in_use(connection, worked) if one.id not in silent]
    return tuple(
        terminal_totals.totals(environment, one.agency, one.name, actor=officer.actor, shift_id=worked.id, ways=ways)
        for one in asked
    )


def settle(environment: Environment, officer: Officer, shift_id: str, ways: Ways = WAYS) -> tuple[Compared, ...]:
    """The end of a day: each terminal of a closed shift closes its batch with its host, once. RoleMissing, ShiftMissing,
    ShiftOpen, BatchInUse."""
    officer.need(Role.COUNTER)
    with environment.read() as connection:
        worked = by_id(connection, officer.agency, shift_id)
        if worked.state is ShiftState.OPEN:
            raise ShiftOpen("Đóng ca trước khi kết toán máy POS.", "Close the shift first.", field="shift")
        done = {one.terminal_id for one in settled(connection, worked) if one.state == "told"}
        asked = [one for one in _in_use(connection, worked) if one.id not in done]
    return tuple(
        terminal_totals.close_batch(
            environment, one.agency, one.name, actor=officer.actor, shift_id=shift_id, ways=ways
        )
        for one in asked
    )


def settled(connection: sa.Connection, worked: Shift) -> list[Compared]:
    """What terminals said when their batches were closed after this shift, oldest first."""
    found = machines(connection, worked)
    told = [
        row
        for agency in sorted({one.agency for one in found})
        for row in terminal_totals.of_shift(connection, agency, worked.id)
    ]
    return [row for row in told if row.closes]


def compare(found: Sequence[Machine], said: Sequence[Compared], typed: int | None) -> tuple[Told, ...]:
    """Whose word counts for each terminal. `typed` is the sum of the slips of those that said nothing."""
    heard = {one.terminal_id: one for one in said if one.state == "told"}
    told = [_heard(one, heard[one.id]) for one in found if one.id in heard]
    quiet = [one for one in found if one.id not in heard]
    if typed is not None and (quiet or (typed and not found)):
        names = ", ".join(one.name for one in quiet)
        return (*told, Told(names, "typed", typed, sum(one.standing for one in quiet)))
    return (*told, *(Told(one.name, "none", 0, one.standing) for one in quiet if one.standing))


def differences(told: Sequence[Told]) -> Mapping[str, int]:
    """Where a terminal's word, or the want of one, differs from the books."""
    return {f"terminal.{one.source}.{one.name}": one.difference for one in told if one.difference}


def _heard(one: Machine, said: Compared) -> Told:
    return Told(one.name, "terminal", said.said_amount, said.our_amount, said.doubtful)


def _in_use(connection: sa.Connection, worked: Shift) -> list[Machine]:
    found = machines(connection, worked)
    known = {row.id for agency in {one.agency for one in found} for row in store.terminals(connection, agency)}
    return [one for one in found if one.id in known]


def _standing(connection: sa.Connection, payments: sa.Select[tuple[str]]) -> dict[str, int]:
    back = sa.select(terminal_reversal.c.sale_id).where(terminal_reversal.c.state == ReversalState.REVERSED.value)
    kept = (terminal_sale.c.state == SaleState.APPROVED.value) & terminal_sale.c.id.not_in(back)
    query = sa.select(terminal_sale.c.terminal_id, sa.func.sum(terminal_sale.c.authorised))
    query = query.where(terminal_sale.c.payment_id.in_(payments), kept).group_by(terminal_sale.c.terminal_id)
    return {terminal_id: int(amount or 0) for terminal_id, amount in connection.execute(query)}


def _silent(connection: sa.Connection, worked: Shift, since: datetime) -> set[str]:
    mine = (totals_table.c.shift_id == worked.id) & (totals_table.c.asked_at >= since)
    quiet = mine & totals_table.c.state.in_(("silent", "not_sent"))
    return set(connection.scalars(sa.select(totals_table.c.terminal_id).where(quiet)))
