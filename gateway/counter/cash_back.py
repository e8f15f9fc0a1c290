"""Cash given back out of the drawer: within the shift that took it, once a second person has agreed, counted like any sum.

The bank has not seen this money and never will: it leaves as it came, and the deposit slip of the shift is smaller by
it. The books return it with a refund that names the receipt, whose fate a person decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from connectors.cash import CASH
from gateway.access import own
from gateway.counter import cash_count
from gateway.counter import cash_store as store
from gateway.counter.cash_store import cash_take, sale_undoing
from gateway.counter.money_back import Undoing, give_back
from gateway.counter.shift_store import Shift, require_shift
from gateway.kernel.errors import Conflict
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.officers.model import Officer, Role
from gateway.payments import store as payments_store
from gateway.payments.store import PaymentRow, payment
from gateway.settlement import undone
from gateway.settlement.store import notice

GROUND = "Thông tư 91/2026/TT-BTC, Điều 20: thu nhầm tiền mặt, hoàn trả người nộp trong ca"


class NotFromDrawer(Conflict):
    """The cash is not in this drawer any more, or its money has begun to go back otherwise: use an account."""

    code = "cash.not_in_drawer"


class NotAgreed(Conflict):
    """No second person has agreed, it was given back before, or it is another shift's."""

    code = "cash.back_not_agreed"


def plan(uow: UnitOfWork, worked: Shift, money: PaymentRow, undoing_id: str) -> None:
    """Cash of this shift is to go back; nothing is given yet. NotFromDrawer."""
    mine = own(cash_take, worked.agency_id) & (cash_take.c.payment_id == money.id)
    taken = uow.connection.execute(sa.select(cash_take).where(mine, cash_take.c.shift_id == worked.id)).one_or_none()
    if taken is None or taken.deposit_id is not None or _money_of(uow.connection, money) is None:
        raise _not_there()
    row = {
        "undoing_id": undoing_id,
        "agency_id": worked.agency_id,
        "shift_id": worked.id,
        "payment_id": money.id,
        "amount": taken.amount,
        "counts": "{}",
    }
    uow.connection.execute(sa.insert(store.cash_back).values(**row))


def give(uow: UnitOfWork, officer: Officer, undoing_id: str, counts: Mapping[int, int] | None = None) -> int:
    """The officer hands the cash over; how much that was, đồng. `counts` are the notes given, where they were counted.

    RoleMissing, NoShift, NotAgreed, NotFromDrawer, CountInvalid.
    """
    officer.need(Role.COUNTER)
    worked = require_shift(uow.connection, officer.agency, officer.id)
    asked = _agreed(uow, worked, undoing_id)
    if counts and cash_count.total(counts) != asked.amount:
        raise cash_count.CountInvalid("Số tờ khác số tiền trả lại.", "The notes differ from the sum.", field="counts")
    (paid,) = payments_store.lock(uow.connection, asked.collects_for, (), [asked.payment_id])
    money = _money_of(uow.connection, paid)
    told = Undoing(undoing_id, asked.asked_by, asked.decided_by, asked.reason, undoing_id, GROUND, worked.counter.name)
    if money is None or not give_back(uow, money, told):
        raise _not_there()
    _keep(uow, worked, asked, counts or {})
    undone.undone(uow, asked.collects_for, asked.payment_id, "voided", undoing_id)
    return int(asked.amount)


def with_way(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Requests to undo sales: all columns of `sale_undoing`, the payment's `reference` and `amount`, and `way`."""
    back = store.cash_back
    way = sa.case((sale_undoing.c.sale_id.is_not(None), "pos"), (back.c.undoing_id.is_not(None), "drawer"))
    joined = sale_undoing.join(payment, payment.c.id == sale_undoing.c.payment_id)
    joined = joined.outerjoin(back, back.c.undoing_id == sale_undoing.c.id)
    named = (payment.c.reference, payment.c.amount, sa.func.coalesce(way, "account").label("way"))
    return sa.select(sale_undoing, *named).select_from(joined).where(where)


def given(connection: sa.Connection, worked: Shift) -> dict[str, int]:
    """Payment id -> đồng that went back out of this shift's drawer."""
    table = store.cash_back.c
    mine = own(store.cash_back, worked.agency_id) & (table.shift_id == worked.id) & table.given_at.is_not(None)
    query = sa.select(table.payment_id, table.amount).where(mine)
    return {payment_id: int(amount) for payment_id, amount in connection.execute(query)}


def _money_of(connection: sa.Connection, money: PaymentRow) -> sa.Row[Any] | None:
    """What the officer took, once it is booked."""
    mine = own(notice, money.agency_id) & (notice.c.payment_id == money.id) & (notice.c.connector == CASH)
    return connection.execute(sa.select(notice).where(mine).with_for_update()).one_or_none()


def _agreed(uow: UnitOfWork, worked: Shift, undoing_id: str) -> sa.Row[Any]:
    back = store.cash_back
    joined = sa.select(sale_undoing, back.c.amount, back.c.given_at).join(back, back.c.undoing_id == sale_undoing.c.id)
    mine = own(sale_undoing, worked.agency_id) & (sale_undoing.c.id == undoing_id) & (back.c.shift_id == worked.id)
    row = uow.connection.execute(joined.where(mine).with_for_update()).one_or_none()
    if row is None or row.state != "approved" or row.given_at is not None:
        raise NotAgreed(
            "Chưa có người thứ hai duyệt, hoặc đã trả rồi.", "Nobody has agreed, or it was given back.", field="undoing"
        )
    return row


def _keep(uow: UnitOfWork, worked: Shift, asked: sa.Row[Any], counts: Mapping[int, int]) -> None:
    handed = {"counts": json.dumps(cash_count.kept(counts)), "given_at": uow.now(), "given_by": uow.actor}
    mine = store.cash_back.c.undoing_id == asked.id
    uow.connection.execute(sa.update(store.cash_back).where(mine).values(**handed))
    uow.connection.execute(sa.update(sale_undoing).where(sale_undoing.c.id == asked.id).values(state="done"))
    body = {"undoing": asked.id, "amount": asked.amount, "counter": worked.counter.name, "role": Role.COUNTER.value}
    uow.emit([Event(asked.collects_for, "cash.given_back", asked.payment_id, body)])
    uow.emit([Event(asked.collects_for, "sale.undoing_done", asked.payment_id, {"undoing": asked.id})])


def _not_there() -> NotFromDrawer:
    return NotFromDrawer(
        "Tiền mặt này không còn trong ngăn kéo của ca; hoàn qua tài khoản của người nộp.",
        "The cash is not in this shift's drawer any more; give it back to an account of the payer's.",
        field="account",
    )
