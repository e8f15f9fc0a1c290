"""Carry agreed reversals to their terminals: claimed, asked once each turn, written down with all that follows.

A reversal asked twice answers twice the same, so after silence, a crash or a busy terminal it is asked again on the
schedule of `connectors.terminal.recovery`; then the acquirer's file decides (`settled_by_file`). Payment rows are locked
before sales, sales before reversals.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors.contract import Outcome, Request
from connectors.terminal.contract import ACQUIRER, Bill, Said
from connectors.terminal.nexo import HOST_S
from connectors.terminal.recovery import AGAIN_AFTER_S
from gateway import agencies
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.cash_store import sale_undoing
from gateway.counter.money_back import Undoing, give_back
from gateway.counter.terminal_drive import WAYS, Ways, driver_for
from gateway.counter.terminal_record import notice_key, notice_of
from gateway.counter.terminal_reverse import event, money_of
from gateway.counter.terminal_store import SaleRow, SaleState, terminal_sale
from gateway.counter.terminal_tables import ReversalState, terminal_reversal
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments import store as payments_store
from gateway.settlement.inbox import keep

GROUND = "Thông tư 91/2026/TT-BTC, Điều 20: khoản thu bằng thẻ đã hoàn lại tại máy POS trong ngày"
LEASE = timedelta(seconds=HOST_S + 30)  # longer than anybody waits for the answer

Reversal = sa.Row[Any]  # of terminal_reversal


def claim(environment: Environment, limit: int) -> list[Reversal]:
    """Reversals whose time has come and that nobody holds, at terminals where no payment is under way, oldest first."""
    if limit <= 0:
        return []
    query = (
        sa.select(terminal_reversal.c.id).where(_due(environment)).order_by(terminal_reversal.c.next_at).limit(limit)
    )
    with environment.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return []
    with environment.begin(actor="worker") as uow:
        ids = list(uow.connection.scalars(query.with_for_update(skip_locked=True)))
        mine = terminal_reversal.c.id.in_(ids)
        held = {"attempt": terminal_reversal.c.attempt + 1, "lease_until": uow.now() + LEASE}
        uow.connection.execute(sa.update(terminal_reversal).where(mine).values(**held))
        chosen = sa.select(terminal_reversal).where(mine).order_by(terminal_reversal.c.id)
        return list(uow.connection.execute(chosen))


async def carry(environment: Environment, row: Reversal, ways: Ways = WAYS) -> str:
    """Ask the terminal once for a claimed reversal, and write down what it said; the state that follows."""
    with environment.read() as connection:
        (sale,) = store.sales(connection, terminal_sale.c.id == row.sale_id)
        place = store.terminal_by_id(connection, sale.terminal_id)
    bill = Bill(sale.service_id, sale.reference, sale.amount, sale.asked_at)
    driver = driver_for(environment, place, ways)
    said = await driver.reverse(bill, sale.poi_transaction, sale.poi_time, "MerchantCancel")
    with environment.begin(actor=f"terminal:{place.name}") as uow:  # another agency's counter may have asked
        return record(uow, row, said)


def resume(environment: Environment) -> None:
    """At start, embedded: what was held when the process died is free at once."""
    held = (terminal_reversal.c.state == ReversalState.AGREED.value) & terminal_reversal.c.lease_until.is_not(None)
    with environment.read() as connection:
        if connection.execute(sa.select(terminal_reversal.c.id).where(held).limit(1)).first() is None:
            return
    with environment.begin(actor="worker") as uow:
        uow.connection.execute(sa.update(terminal_reversal).where(held).values(lease_until=None))


def record(uow: UnitOfWork, row: Reversal, said: Said) -> str:
    """What the terminal said to the attempt `row.attempt`; the state that follows. Told twice, it is written once."""
    sale, there = _locked(uow, row)
    if there.state != ReversalState.AGREED or there.attempt != row.attempt:
        return str(there.state)
    if said.outcome is Outcome.REVERSED:
        return _reversed(uow, sale, there, said.reason, said.message)
    if said.outcome is Outcome.FAILED:
        return _ended(uow, there, ReversalState.REFUSED, said.reason)
    if there.tries == len(AGAIN_AFTER_S):
        return _moved(uow, there, ReversalState.FILE, said.reason, next_at=None, lease_until=None)
    next_at = uow.now() + timedelta(seconds=AGAIN_AFTER_S[there.tries])
    again = {"tries": there.tries + 1, "next_at": next_at, "lease_until": None, "result": said.reason[:200]}
    uow.connection.execute(sa.update(terminal_reversal).where(terminal_reversal.c.id == row.id).values(**again))
    return str(there.state)


def settled_by_file(
    uow: UnitOfWork, sales: Collection[SaleRow], standing: Collection[str], whole: Collection[str]
) -> int:
    """The acquirer's file has the last word on reversals nobody answered: of `sales` (approved), those it pays out
    (`standing`, ids) have not gone back; those of a day it holds whole (`whole`, ids) and does not pay out have."""
    ids = [sale.id for sale in sales]
    free = terminal_reversal.c.lease_until.is_(None) | (terminal_reversal.c.lease_until < uow.now())
    waits = terminal_reversal.c.state.in_((ReversalState.AGREED.value, ReversalState.FILE.value)) & free
    query = sa.select(terminal_reversal).where(terminal_reversal.c.sale_id.in_(ids), waits)
    done = 0
    for row in uow.connection.execute(query.order_by(terminal_reversal.c.payment_id)).all():
        if row.sale_id in standing:
            sale, there = _locked(uow, row)
            _ended(uow, there, ReversalState.REFUSED, "file")
            done += 1
        elif row.sale_id in whole:
            sale, there = _locked(uow, row)
            _reversed(uow, sale, there, "file", b"")
            done += 1
    return done


def reversed_sales(connection: sa.Connection, agency_id: str) -> set[str]:
    """The ids of approved sales that have gone back."""
    mine = own(terminal_reversal, agency_id) & (terminal_reversal.c.state == ReversalState.REVERSED.value)
    return set(connection.scalars(sa.select(terminal_reversal.c.sale_id).where(mine)))


def _due(environment: Environment) -> sa.ColumnElement[bool]:
    now, row = environment.clock(), terminal_reversal.c
    free = row.lease_until.is_(None) | (row.lease_until < now)
    mine, other = terminal_sale.alias("mine"), terminal_sale.alias("other")
    paying = sa.exists().where(
        mine.c.id == row.sale_id, other.c.terminal_id == mine.c.terminal_id, other.c.state == SaleState.ASKED.value
    )
    return (row.state == ReversalState.AGREED.value) & (row.next_at <= now) & free & ~paying


def _locked(uow: UnitOfWork, row: Reversal) -> tuple[SaleRow, Reversal]:
    payments_store.lock(uow.connection, row.agency_id, (), [row.payment_id])
    (sale,) = store.sales(uow.connection, terminal_sale.c.id == row.sale_id, lock=True)
    mine = sa.select(terminal_reversal).where(terminal_reversal.c.id == row.id).with_for_update()
    return sale, uow.connection.execute(mine).one()


def _reversed(uow: UnitOfWork, sale: SaleRow, row: Reversal, reason: str, message: bytes) -> str:
    """The terminal's word is a notice of its own, which opens a task for each receipt; the money is undone here."""
    key = f"{notice_key(sale)}:reversal"
    _tell(uow, sale, key, message)
    told = Undoing(row.id, row.asked_by, row.decided_by, row.reason, key, GROUND, sale.rrn or key)
    money = money_of(uow.connection, sale)
    if money is None or not give_back(uow, money, told):
        uow.emit([event(row.agency_id, row.payment_id, "terminal.reversal_unbooked", row.sale_id)])
    return _ended(uow, row, ReversalState.REVERSED, reason)


def _tell(uow: UnitOfWork, sale: SaleRow, key: str, message: bytes) -> None:
    place = store.terminal_by_id(uow.connection, sale.terminal_id)
    account = agencies.account_by_id(uow.connection, place.account_id)
    told = notice_of(key, sale.authorised or sale.amount, account.number, sale.reference, key, uow)
    request = Request("POST", "/nexo", message, {"content-type": "application/json"})
    back = replace(told, outcome=Outcome.REVERSED, direction="DBIT")
    keep(uow, sale.agency_id, ACQUIRER + place.acquirer, request, back, origin="terminal")


def _ended(uow: UnitOfWork, row: Reversal, state: ReversalState, reason: str) -> str:
    return _moved(uow, row, state, reason, next_at=None, lease_until=None, ended_at=uow.now())


def _moved(uow: UnitOfWork, row: Reversal, state: ReversalState, reason: str, **more: Any) -> str:
    values = {"state": state.value, "result": reason[:200]} | more
    uow.connection.execute(sa.update(terminal_reversal).where(terminal_reversal.c.id == row.id).values(**values))
    kind = f"terminal.reversal_{'done' if state is ReversalState.REVERSED else state.value}"
    uow.emit([event(row.agency_id, row.payment_id, kind, row.sale_id, reason=reason)])
    if state in (ReversalState.REVERSED, ReversalState.REFUSED):
        _tell_counter(uow, row, "done" if state is ReversalState.REVERSED else "failed", reason)
    return state.value


def _tell_counter(uow: UnitOfWork, row: Reversal, state: str, reason: str) -> None:
    """Whoever asked at a counter sees how it ended (`sale_undo`)."""
    mine = (sale_undoing.c.sale_id == row.sale_id) & (sale_undoing.c.state == "approved")
    ended = sa.update(sale_undoing).where(mine).values(state=state, result=reason[:200]).returning(sale_undoing.c.id)
    for undoing_id in uow.connection.scalars(ended).all():
        body = {"undoing": undoing_id, "sale": row.sale_id, "reason": reason}
        uow.emit([Event(row.agency_id, f"sale.undoing_{state}", row.payment_id, body)])
