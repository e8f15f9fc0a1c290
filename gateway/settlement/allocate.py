"""Allocate money in suspense to a payment: one officer says to which and why, another agrees; then it settles as held money.

The money itself is not moved by hand: it is held for the payment it is given to, and settles by the same rules as any
held money, receipts included. Of a transfer that has settled something already, the rest can only be refunded.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.store import PaymentRow, payment, rows
from gateway.settlement.allocation_store import allocation
from gateway.settlement.model import Reason
from gateway.settlement.settle import settle_held
from gateway.settlement.store import notice, suspense


class AllocationMissing(Missing):
    """No such money in suspense, payment or proposal at this agency."""

    code = "allocation.missing"


class NotAllocatable(Conflict):
    """The money or the payment does not allow it; the sentence says why."""

    code = "allocation.refused"


class SamePerson(Forbidden):
    """Who proposes does not agree."""

    code = "allocation.same_person"


class NoReason(Invalid):
    """An inspector will ask why."""

    code = "allocation.reason"


def ask(uow: UnitOfWork, agency_id: str, suspense_id: str, payment_id: str, reason: str) -> str:
    """`uow.actor` proposes to give the money to the payment; the proposal's id. The same proposal twice is one.

    NoReason, AllocationMissing, NotAllocatable.
    """
    if not reason.strip():
        raise NoReason("Cần nêu lý do phân bổ.", "A reason is needed.", field="reason")
    task, _, target = _locked(uow.connection, agency_id, suspense_id, payment_id)
    waiting = own(allocation, agency_id) & (allocation.c.suspense_id == suspense_id) & allocation.c.ended_at.is_(None)
    known = uow.connection.execute(sa.select(allocation).where(waiting)).one_or_none()
    if known is not None and known.payment_id == payment_id:
        return str(known.id)
    if known is not None:
        raise NotAllocatable("Khoản này đang có đề nghị khác.", "There is another proposal for this money.")
    allocation_id = uow.mint("alc")
    row = {
        "id": allocation_id,
        "agency_id": agency_id,
        "suspense_id": suspense_id,
        "notice_id": task.notice_id,
        "payment_id": target.id,
        "amount": task.amount,
        "reason_sealed": uow.vault.seal(f"allocation.reason.{allocation_id}", reason.strip().encode()),
        "asked_by": uow.actor,
        "asked_at": uow.now(),
    }
    uow.connection.execute(sa.insert(allocation).values(**row))
    uow.emit([Event(agency_id, "allocation.asked", allocation_id, {"payment_id": target.id, "amount": task.amount})])
    return allocation_id


def agree(uow: UnitOfWork, agency_id: str, allocation_id: str) -> bool:
    """Another officer agrees; whether the payment is settled now. AllocationMissing, SamePerson, NotAllocatable."""
    row = _open(uow.connection, agency_id, allocation_id)
    if row.asked_by == uow.actor:
        raise SamePerson("Người đề nghị không được tự duyệt.", "Who proposes does not agree.")
    task, money, target = _locked(uow.connection, agency_id, row.suspense_id, row.payment_id)
    _hold(uow, task, money, target)
    _end(uow, row.id, "agreed")
    uow.emit([Event(agency_id, "allocation.agreed", row.id, {"payment_id": target.id, "amount": task.amount})])
    return bool(settle_held(uow, agency_id, [target.id]))


def decline(uow: UnitOfWork, agency_id: str, allocation_id: str) -> None:
    """Give a proposal up; the money waits on. AllocationMissing."""
    row = _open(uow.connection, agency_id, allocation_id)
    _end(uow, row.id, "declined")
    uow.emit([Event(agency_id, "allocation.declined", row.id, {})])


def waiting(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """Proposals that wait for a second person, oldest first."""
    mine = own(allocation, agency_id) & allocation.c.ended_at.is_(None)
    return list(connection.execute(sa.select(allocation).where(mine).order_by(allocation.c.id)))


def _hold(uow: UnitOfWork, task: sa.Row[Any], money: sa.Row[Any], target: PaymentRow) -> None:
    """The same amount waits on, for this payment."""
    connection, now = uow.connection, uow.now()
    connection.execute(sa.update(notice).where(notice.c.id == money.id).values(payment_id=target.id))
    over = {"closed_at": now, "outcome": "replaced"}
    connection.execute(sa.update(suspense).where(suspense.c.id == task.id).values(**over))
    held = {
        "id": uow.mint("sus"),
        "agency_id": task.agency_id,
        "notice_id": money.id,
        "payment_id": target.id,
        "amount": task.amount,
        "reason": Reason.UNDER.value,
        "opened_at": now,
    }
    connection.execute(sa.insert(suspense).values(**held))
    received = payment.c.received + task.amount
    connection.execute(sa.update(payment).where(payment.c.id == target.id).values(received=received))


def _locked(
    connection: sa.Connection, agency_id: str, suspense_id: str, payment_id: str
) -> tuple[sa.Row[Any], sa.Row[Any], PaymentRow]:
    """Task, money and payment, locked in the house's order (payments, money, suspense); refused where they do not fit."""
    seen = connection.execute(
        sa.select(suspense.c.notice_id, notice.c.payment_id)
        .join(notice, notice.c.id == suspense.c.notice_id)
        .where(own(suspense, agency_id), suspense.c.id == suspense_id)
    ).one_or_none()
    if seen is None:
        raise _missing("suspense_id")
    ids = sorted({payment_id, seen.payment_id} - {None})
    mine = sa.select(payment).where(own(payment, agency_id), payment.c.id.in_(ids)).order_by(payment.c.id)
    found = {row.id: row for row in rows(connection, mine.with_for_update())}
    if payment_id not in found:
        raise _missing("payment_id")
    money = connection.execute(sa.select(notice).where(notice.c.id == seen.notice_id).with_for_update()).one()
    task = connection.execute(sa.select(suspense).where(suspense.c.id == suspense_id).with_for_update()).one()
    _refuse_unfit(task, money, found[payment_id])
    return task, money, found[payment_id]


def _refuse_unfit(task: sa.Row[Any], money: sa.Row[Any], target: PaymentRow) -> None:
    unfit = (
        (task.closed_at is not None, "Khoản treo đã được xử lý.", "The money was dealt with already."),
        (task.amount <= 0, "Khoản này chưa được tính là tiền.", "This does not count as money yet."),
        (money.settled > 0, "Phần dư của khoản đã thu chỉ có thể hoàn.", "The rest of settled money can be refunded."),
        (money.refunding > 0, "Khoản này đang được hoàn.", "The money is being refunded."),
        (target.status in PAID, "Lệnh thanh toán đã được thanh toán.", "The payment is paid."),
        (money.payment_id == target.id, "Khoản này đã thuộc lệnh này.", "The money is this payment's already."),
    )
    for wrong, vi, en in unfit:
        if wrong:
            raise NotAllocatable(vi, en)


def _open(connection: sa.Connection, agency_id: str, allocation_id: str) -> sa.Row[Any]:
    mine = own(allocation, agency_id) & (allocation.c.id == allocation_id) & allocation.c.ended_at.is_(None)
    row = connection.execute(sa.select(allocation).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise _missing("allocation_id")
    return row


def _end(uow: UnitOfWork, allocation_id: str, outcome: str) -> None:
    values = {"ended_at": uow.now(), "ended_by": uow.actor, "outcome": outcome}
    uow.connection.execute(sa.update(allocation).where(allocation.c.id == allocation_id).values(**values))


def _missing(field: str) -> AllocationMissing:
    return AllocationMissing("Không tìm thấy.", "There is no such record.", field=field)
