"""The money that is to be given away and the payments it goes to: locked in the house's order, refused where unfit.

Payments first, then the money, then its task in suspense, each by id, as every writer of suspended money does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID, PaymentEvent, PaymentStatus, follow
from gateway.payments.store import PaymentRow, payment, rows
from gateway.settlement.allocate_refusals import NotAllocatable, missing
from gateway.settlement.model import HELD, Reason
from gateway.settlement.store import notice, suspense


@dataclass(frozen=True, slots=True)
class Given:
    """Locked until the end of the unit of work."""

    task: sa.Row[Any]  # of suspense
    money: sa.Row[Any]  # of notice
    targets: dict[str, PaymentRow]  # by id
    before: PaymentRow | None  # the payment that the money is held for, or was meant for, until now

    @property
    def held(self) -> bool:
        """Whether it counts as received by that payment."""
        return self.before is not None and self.task.payment_id == self.before.id and Reason(self.task.reason) in HELD


def locked(
    connection: sa.Connection, agency_id: str, suspense_id: str, payment_ids: Collection[str], *, split: bool = False
) -> Given:
    """AllocationMissing, NotAllocatable. A split may leave a part with the payment that has the money."""
    seen = connection.execute(
        sa.select(suspense.c.notice_id, notice.c.payment_id)
        .join(notice, notice.c.id == suspense.c.notice_id)
        .where(own(suspense, agency_id), suspense.c.id == suspense_id)
    ).one_or_none()
    if seen is None:
        raise missing("suspense_id")
    ids = sorted({*payment_ids, seen.payment_id} - {None})
    mine = sa.select(payment).where(own(payment, agency_id), payment.c.id.in_(ids)).order_by(payment.c.id)
    found = {row.id: row for row in rows(connection, mine.with_for_update())}
    if not found.keys() >= set(payment_ids):
        raise missing("payment_id")
    money = connection.execute(sa.select(notice).where(notice.c.id == seen.notice_id).with_for_update()).one()
    task = connection.execute(sa.select(suspense).where(suspense.c.id == suspense_id).with_for_update()).one()
    targets = {payment_id: found[payment_id] for payment_id in payment_ids}
    for target in targets.values():
        _refuse_unfit(task, money, target)
        if money.payment_id == target.id and not split:
            raise NotAllocatable("Khoản này đã thuộc lệnh này.", "The money is this payment's already.")
    return Given(task, money, targets, found.get(money.payment_id or ""))


def let_go(uow: UnitOfWork, given: Given) -> None:
    """The payment that the money was held for so far has it no more."""
    task, before = given.task, given.before
    if before is None or not given.held:
        return
    others = (suspense.c.payment_id == before.id) & suspense.c.closed_at.is_(None) & (suspense.c.id != task.id)
    doubtful = [reason.value for reason in HELD - {Reason.UNDER}]
    doubt = sa.select(sa.func.count()).where(others, suspense.c.reason.in_(doubtful))
    status = before.status
    if status is PaymentStatus.UNKNOWN and not uow.connection.scalar(doubt):
        status = follow(status, PaymentEvent.REOPENED)
    values = {"received": before.received - task.amount, "status": status.value}
    uow.connection.execute(sa.update(payment).where(payment.c.id == before.id).values(**values))


def hold(uow: UnitOfWork, given: Given, money_id: str, payment_id: str, amount: int) -> None:
    """This much waits for the payment now, as money that came too little for it does."""
    held = {
        "id": uow.mint("sus"),
        "agency_id": given.task.agency_id,
        "notice_id": money_id,
        "payment_id": payment_id,
        "amount": amount,
        "reason": Reason.UNDER.value,
        "opened_at": uow.now(),
    }
    uow.connection.execute(sa.insert(suspense).values(**held))
    received = payment.c.received + amount
    uow.connection.execute(sa.update(payment).where(payment.c.id == payment_id).values(received=received))


def replace_task(uow: UnitOfWork, task_id: str) -> None:
    """The task ends: its money waits on under others."""
    over = {"closed_at": uow.now(), "outcome": "replaced"}
    uow.connection.execute(sa.update(suspense).where(suspense.c.id == task_id).values(**over))


def _refuse_unfit(task: sa.Row[Any], money: sa.Row[Any], target: PaymentRow) -> None:
    unfit = (
        (task.closed_at is not None, "Khoản treo đã được xử lý.", "The money was dealt with already."),
        (task.amount <= 0, "Khoản này chưa được tính là tiền.", "This does not count as money yet."),
        (money.settled > 0, "Phần dư của khoản đã thu chỉ có thể hoàn.", "The rest of settled money can be refunded."),
        (money.refunding > 0, "Khoản này đang được hoàn.", "The money is being refunded."),
        (target.status in PAID, "Lệnh thanh toán đã được thanh toán.", "The payment is paid."),
    )
    for wrong, vi, en in unfit:
        if wrong:
            raise NotAllocatable(vi, en)
