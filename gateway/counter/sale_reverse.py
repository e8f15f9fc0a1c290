"""Reverse approved card sales at their terminals, in the worker: no transaction is open while a terminal thinks.

The terminal's word is a notice of its own (outcome REVERSED): the settlement then opens a task for each receipt. Silence
is asked again a few times; then the acquirer's file shows what became of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors.contract import Outcome, Request
from connectors.terminal.contract import ACQUIRER, Bill, Said
from gateway import agencies
from gateway.counter import terminal_store as store
from gateway.counter.cash_store import sale_undoing
from gateway.counter.terminal_drive import WAYS, Ways, driver_for
from gateway.counter.terminal_record import notice_key, notice_of
from gateway.counter.terminal_store import SaleRow, TerminalRow, terminal_sale
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.settlement.inbox import keep

AGAIN = timedelta(minutes=1)
GIVE_UP = timedelta(minutes=10)


def reverse_waiting(environment: Environment, ways: Ways = WAYS) -> int:
    """Reverse what was approved and is due; how many were tried."""
    due = (sale_undoing.c.state == "approved") & (sale_undoing.c.next_at <= environment.clock())
    with environment.read() as connection:
        rows = connection.execute(sa.select(sale_undoing).where(due).order_by(sale_undoing.c.id).limit(20)).all()
    return sum(_reverse(environment, row, ways) for row in rows)


def _reverse(environment: Environment, row: sa.Row[Any], ways: Ways) -> int:
    if not _taken(environment, row):
        return 0
    with environment.read() as connection:
        (sale,) = store.sales(connection, terminal_sale.c.id == row.sale_id)
        place = store.terminal_by_id(connection, sale.terminal_id)
    bill = Bill(sale.service_id, sale.reference, sale.amount, sale.asked_at)
    driver = driver_for(environment, place, ways)
    said = asyncio.run(driver.reverse(bill, sale.poi_transaction, sale.poi_time, "MerchantCancel"))
    with environment.begin(actor=f"terminal:{place.name}", agency=row.collects_for) as uow:
        _record(uow, row, sale, place, said)
    return 1


def _taken(environment: Environment, row: sa.Row[Any]) -> bool:
    """Nobody else tries it within the next minute."""
    mine = (
        (sale_undoing.c.id == row.id) & (sale_undoing.c.next_at == row.next_at) & (sale_undoing.c.state == "approved")
    )
    with environment.begin(actor="worker") as uow:
        taken = sa.update(sale_undoing).where(mine).values(next_at=uow.now() + AGAIN)
        return bool(uow.connection.execute(taken).rowcount)


def _record(uow: UnitOfWork, row: sa.Row[Any], sale: SaleRow, place: TerminalRow, said: Said) -> None:
    state = {Outcome.REVERSED: "done", Outcome.FAILED: "failed"}.get(said.outcome, "approved")
    if state == "approved" and uow.now() - row.decided_at > GIVE_UP:
        state = "failed"
    values: dict[str, Any] = {"state": state, "result": said.reason[:200]}
    if state != "approved":
        values["next_at"] = None
    uow.connection.execute(sa.update(sale_undoing).where(sale_undoing.c.id == row.id).values(**values))
    if state == "done":
        _tell(uow, sale, place, said)
    if state != "approved":
        body = {"undoing": row.id, "sale": sale.id, "reason": said.reason}
        uow.emit([Event(row.collects_for, f"sale.undoing_{state}", row.payment_id, body)])


def _tell(uow: UnitOfWork, sale: SaleRow, place: TerminalRow, said: Said) -> None:
    account = agencies.account_by_id(uow.connection, place.account_id)
    key = f"{notice_key(sale)}:reversal"
    told = notice_of(key, sale.amount, account.number, sale.reference, key, uow, said.poi_id)
    request = Request("POST", "/nexo", said.message, {"content-type": "application/json"})
    reversed_ = replace(told, outcome=Outcome.REVERSED, direction="DBIT")
    keep(uow, sale.agency_id, ACQUIRER + place.acquirer, request, reversed_, origin="terminal")
