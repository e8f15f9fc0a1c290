"""Write what a desk gathered, set by set: a handful of statements whatever the size of the batch."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.dues import store as dues_store
from gateway.kernel import bulk
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.store import payment
from gateway.settlement import store
from gateway.settlement.cases import Money
from gateway.settlement.desk import Desk
from gateway.settlement.model import Arrival


def save(uow: UnitOfWork, desk: Desk, insert: bulk.Insert) -> None:
    """Money, suspense, payments and dues of the batch, what is new by `insert`; the caller's transaction commits it."""
    _money(uow, desk, insert)
    _suspense(uow, desk, insert)
    _payments(uow, desk)
    paid = [(due.id, item.payment.id) for item in desk.settled for due in item.dues]
    if paid:
        dues_store.mark_paid(uow.connection, paid, uow.now())


def _money(uow: UnitOfWork, desk: Desk, insert: bulk.Insert) -> None:
    fresh = [_money_row(uow, m, m.new) for m in desk.loaded.money.values() if m.new is not None]
    insert(store.notice, fresh)
    changed = [m for m in desk.loaded.money.values() if m.new is None and m.touched]
    if changed:
        table, bound = store.notice, sa.bindparam
        update = (
            sa.update(table)
            .where(table.c.id == bound("b_id"))
            .values(
                amount=bound("b_amount"),
                payment_id=bound("b_payment"),
                counted=bound("b_counted"),
                settled=bound("b_settled"),
                suspended=bound("b_suspended"),
                line_id=bound("b_line"),
                noticed_at=sa.func.coalesce(table.c.noticed_at, bound("b_noticed", type_=table.c.noticed_at.type)),
            )
        )
        uow.connection.execute(update, [_changes(uow, m) for m in changed])


def _money_row(uow: UnitOfWork, money: Money, arrival: Arrival) -> dict[str, Any]:
    return {
        "id": money.id,
        "agency_id": arrival.agency,
        "connector": arrival.connector,
        "account": arrival.account,
        "day": arrival.day,
        "amount": arrival.amount,
        "currency": arrival.currency,
        "bank_reference": arrival.bank_reference,
        "payment_id": money.payment_id,
        "counted": money.counted,
        "settled": money.settled,
        "suspended": money.suspended,
        "returned": 0,
        "noticed_at": uow.now() if money.noticed else None,
        "line_id": money.line_id,
        "created_at": uow.now(),
    }


def _changes(uow: UnitOfWork, money: Money) -> dict[str, Any]:
    return {
        "b_id": money.id,
        "b_amount": money.amount,
        "b_payment": money.payment_id,
        "b_counted": money.counted,
        "b_settled": money.settled,
        "b_suspended": money.suspended,
        "b_line": money.line_id,
        "b_noticed": uow.now() if money.noticed else None,
    }


def _suspense(uow: UnitOfWork, desk: Desk, insert: bulk.Insert) -> None:
    table, now = store.suspense, uow.now()
    if desk.retaken:
        waiting = table.c.notice_id.in_(desk.retaken) & table.c.closed_at.is_(None)
        uow.connection.execute(sa.update(table).where(waiting).values(closed_at=now, outcome="replaced"))
    gone = dict.fromkeys(desk.released, "settled") | dict.fromkeys(desk.replaced, "replaced")
    fresh = [
        {
            "id": row.id,
            "agency_id": desk.loaded.agency.id,
            "notice_id": row.notice_id,
            "payment_id": row.payment_id,
            "amount": row.amount,
            "reason": row.reason.value,
            "opened_at": now,
            "closed_at": now if row.id in gone else None,
            "outcome": gone.get(row.id),
        }
        for row in desk.opened
    ]
    insert(table, fresh)
    new = {row.id for row in desk.opened}
    for outcome, ids in (("settled", desk.released), ("replaced", desk.replaced)):
        chosen = table.c.id.in_([row_id for row_id in ids if row_id not in new]) & table.c.closed_at.is_(None)
        if ids:
            uow.connection.execute(sa.update(table).where(chosen).values(closed_at=now, outcome=outcome))


def _payments(uow: UnitOfWork, desk: Desk) -> None:
    rows = [
        {
            "id": item.id,
            "status": item.status.value,
            "received": item.received,
            "settled_at": desk.loaded.rows[item.id].settled_at or (uow.now() if item.status in PAID else None),
        }
        for item in desk.changed.values()
    ]
    bulk.update(uow.connection, payment, ("id",), rows)
