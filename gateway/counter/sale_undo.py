"""A sale undone before its shift closes: one officer asks with a reason, another decides; only then does anything go back.

A card sale is reversed at its terminal (`terminal_reverse`). Cash goes back out of the drawer while the shift that took
it is open (`cash_back`), else by the refund verbs to an account the payer names. Receipts stay: the law knows no cancel
(Thông tư 91/2026/TT-BTC, Điều 20).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import cash_back, terminal_reverse
from gateway.counter.cash_store import sale_undoing
from gateway.counter.shift_store import require_shift, visit
from gateway.dues.store import due
from gateway.kernel.errors import Conflict, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.officers.model import Officer, Role
from gateway.payments.model import CASH, PAID, POS
from gateway.payments.store import PaymentRow, by_id
from gateway.settlement.refund import approve as refund_approve
from gateway.settlement.refund import refuse as refund_refuse
from gateway.settlement.refund import request as refund_request
from gateway.settlement.refund.model import Elsewhere, RefundRequest

GROUND = "Thông tư 91/2026/TT-BTC, Điều 20: thu nhầm, hoàn trả người nộp"


class NotUndone(Conflict):
    """The sale cannot be undone at this counter: another shift's, not paid, or money that came by transfer."""

    code = "sale.not_undoable"


class UndoingMissing(Missing):
    """Nobody has asked for this."""

    code = "sale.undoing_missing"


class UndoingDecided(Conflict):
    """It was decided before."""

    code = "sale.undoing_decided"


class SecondPerson(Conflict):
    """Who asked does not decide."""

    code = "sale.second_person"


class ReasonMissing(Invalid):
    """Nothing is undone without a reason."""

    code = "sale.reason"


def ask(
    uow: UnitOfWork, officer: Officer, agency_id: str, payment_id: str, reason: str, to: Elsewhere | None = None
) -> str:
    """Ask a second person to undo a paid sale of the officer's open shift; the id of what was asked.

    `to`: an account that cash goes to; None: out of the drawer. RoleMissing, NoShift, PaymentMissing, NotUndone,
    ReasonMissing, for a card what `terminal_reverse.ask_reverse` raises, for an account what `refund.request` raises.
    """
    officer.need(Role.COUNTER)
    worked = require_shift(uow.connection, officer.agency, officer.id)
    if not reason.strip():
        raise ReasonMissing("Hãy ghi lý do.", "Say why.", field="reason")
    money = by_id(uow.connection, agency_id, payment_id)
    _ours(uow, worked.id, money)
    undoing_id = uow.mint("und")
    row = {
        "id": undoing_id,
        "agency_id": officer.agency,
        "collects_for": agency_id,
        "shift_id": worked.id,
        "payment_id": payment_id,
        "sale_id": None,
        "reason": reason.strip()[:500],
        "state": "asked",
        "asked_by": uow.actor,
        "asked_at": uow.now(),
        "result": "",
    }
    if money.channel == POS:
        row["sale_id"] = terminal_reverse.ask_reverse(uow, agency_id, payment_id, reason)
    if not insert_if_new(uow.connection, sale_undoing, row):
        raise _not_undone("Đã có yêu cầu hủy khoản này.", "This was asked for already.")
    if money.channel == CASH and to is None:
        cash_back.plan(uow, worked, money, undoing_id)
    elif money.channel == CASH:
        refunds = ",".join(_refunds(uow, money, undoing_id, reason, to))
        uow.connection.execute(sa.update(sale_undoing).where(sale_undoing.c.id == undoing_id).values(result=refunds))
    body = {"undoing": undoing_id, "reason": row["reason"], "counter": worked.counter.name, "role": Role.COUNTER.value}
    uow.emit([Event(agency_id, "sale.undoing_asked", payment_id, body)])
    return undoing_id


def decide(uow: UnitOfWork, officer: Officer, undoing_id: str, *, approved: bool) -> str:
    """The second person's word; the state that follows. RoleMissing, UndoingMissing, UndoingDecided, SecondPerson, for a
    card what `terminal_reverse` raises, for an account what the refund verbs raise (money leaves only once the statement
    shows the deposit)."""
    officer.need(Role.APPROVER)
    chosen = own(sale_undoing, officer.agency) & (sale_undoing.c.id == undoing_id)
    row = uow.connection.execute(sa.select(sale_undoing).where(chosen).with_for_update()).one_or_none()
    if row is None:
        raise UndoingMissing("Không có yêu cầu này.", "There is no such request.")
    if row.state != "asked":
        raise UndoingDecided("Yêu cầu đã được quyết định.", "It was decided before.")
    if row.asked_by == uow.actor:
        raise SecondPerson("Người đề nghị không tự duyệt.", "Another person has to decide.")
    state = _decided(uow, row, approved=approved)
    values = {"state": state, "decided_by": uow.actor, "decided_at": uow.now()}
    uow.connection.execute(sa.update(sale_undoing).where(chosen).values(**values))
    body = {"undoing": undoing_id, "role": Role.APPROVER.value}
    uow.emit([Event(row.collects_for, f"sale.undoing_{state}", row.payment_id, body)])
    return state


def waiting(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """What waits for a second person, oldest first, with its payment's `reference` and `amount` and the way back:
    `pos`, `drawer` or `account`."""
    mine = own(sale_undoing, agency_id) & (sale_undoing.c.state == "asked")
    return list(connection.execute(cash_back.with_way(mine).order_by(sale_undoing.c.id)))


def of_payment(connection: sa.Connection, payment_id: str) -> sa.Row[Any] | None:
    """The last request to undo a payment, with the same."""
    query = cash_back.with_way(sale_undoing.c.payment_id == payment_id)
    return connection.execute(query.order_by(sale_undoing.c.id.desc()).limit(1)).one_or_none()


def _ours(uow: UnitOfWork, shift_id: str, money: PaymentRow) -> None:
    served = (visit.c.payment_id == money.id) & (visit.c.shift_id == shift_id)
    here = uow.connection.execute(sa.select(visit.c.id).where(served)).first() is not None
    if not here or money.status not in PAID or money.channel not in (POS, CASH):
        raise _not_undone(
            "Chỉ hủy được khoản đã thu bằng thẻ hoặc tiền mặt trong ca đang mở; ngoài ra dùng hoàn tiền.",
            "Only card and cash sales of the open shift are undone here; else ask for a refund.",
        )


def _decided(uow: UnitOfWork, row: sa.Row[Any], *, approved: bool) -> str:
    """Tell those who carry it out; the state that follows."""
    if row.sale_id is not None:
        verb = terminal_reverse.agree_reverse if approved else terminal_reverse.decline_reverse
        verb(uow, row.collects_for, row.sale_id)
        return "approved" if approved else "refused"
    for refund_id in row.result.split(",") if row.result else ():
        if approved:
            refund_approve.approve(uow, row.collects_for, refund_id)
        else:
            refund_refuse.refuse(uow, row.collects_for, refund_id, row.reason)
    if not approved:
        return "refused"
    return "done" if row.result else "approved"  # out of the drawer: the officer has yet to give it


def _refunds(uow: UnitOfWork, money: PaymentRow, undoing_id: str, reason: str, to: Elsewhere | None) -> list[str]:
    paid = sa.select(due.c.id).where(own(due, money.agency_id), due.c.payment_id == money.id).order_by(due.c.id)
    asked = [
        RefundRequest(
            agency=money.agency_id,
            key=f"undo:{undoing_id}:{due_id}",
            reason=reason,
            due_id=due_id,
            ground=GROUND,
            elsewhere=to,
        )
        for due_id in uow.connection.scalars(paid).all()
    ]
    return [refund_request.request(uow, one).id for one in asked]


def _not_undone(vi: str, en: str) -> NotUndone:
    return NotUndone(vi, en, field="payment_id")
