"""What a refund takes from, locked in the house's order: payments, dues, money (notices), suspense, refunds; by id.

Every writer of this money holds the payment's row first, so nothing is decided on rows that another is changing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.payments import store as payments_store
from gateway.payments.store import PaymentRow, payment
from gateway.settlement.refund import store
from gateway.settlement.refund.model import RefundStatus, SourceMoved
from gateway.settlement.refund.store import RefundRow, refund, refund_part
from gateway.settlement.store import notice, suspense

Money = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Locked until the end of the unit of work. Amounts in đồng."""

    payment: PaymentRow | None
    due: DueRow | None  # a settled due; None: money in suspense
    task: Money | None  # the open suspense
    money: tuple[Money, ...]  # the notices it can come from, by id
    amount: int  # what stands there, before other refunds are looked at; 0: nothing


def lock(connection: sa.Connection, agency_id: str, row: RefundRow) -> Source:
    """The source of a refund that was requested before."""
    if row.due_id is not None:
        return of_due(connection, agency_id, row.due_id)
    assert row.notice_id is not None
    return _waiting(connection, agency_id, row.notice_id, row.suspense_id)


def of_suspense(connection: sa.Connection, agency_id: str, suspense_id: str) -> Source:
    """Money that waits. It may have been placed anew under another task since: the money counts, not the task."""
    chosen = sa.select(suspense.c.notice_id).where(own(suspense, agency_id), suspense.c.id == suspense_id)
    notice_id = connection.execute(chosen).scalar_one_or_none()
    if notice_id is None:
        raise store.missing("suspense_id")
    return _waiting(connection, agency_id, notice_id, suspense_id)


def of_due(connection: sa.Connection, agency_id: str, due_id: str) -> Source:
    """A due and the money that settled it."""
    seen = dues_store.dues_by_id(connection, agency_id, [due_id])
    if not seen:
        raise store.missing("due_id")
    paid_by = _lock_payment(connection, agency_id, seen[0].payment_id)
    (due,) = dues_store.lock_dues(connection, [due_id])
    if due.payment_id != seen[0].payment_id:
        raise _moved()
    if paid_by is None or due.status is not DueStatus.PAID:
        return Source(paid_by, due, None, (), 0)
    settling = (notice.c.payment_id == paid_by.id) & (notice.c.settled > 0)
    return Source(paid_by, due, None, tuple(_lock_money(connection, agency_id, settling)), due.amount)


def promised(connection: sa.Connection, source: Source, statuses: Collection[RefundStatus], *, but: str = "") -> int:
    """What other refunds in these states have of the source, đồng; `but` is the refund that asks."""
    of_it = refund.c.due_id == source.due.id if source.due else refund.c.notice_id.in_([m.id for m in source.money])
    chosen = sa.select(sa.func.coalesce(sa.func.sum(refund.c.amount), 0)).where(of_it, refund.c.id != but)
    return int(connection.execute(chosen.where(refund.c.status.in_([s.value for s in statuses]))).scalar_one())


def lock_refunds(connection: sa.Connection, agency_id: str, refund_ids: Collection[str]) -> list[RefundRow]:
    """Approved refunds with the payments and the money they touch, in id order; RefundMissing for any."""
    wanted = sorted(set(refund_ids))
    chosen = sa.select(refund.c.payment_id).where(own(refund, agency_id), refund.c.id.in_(wanted))
    payment_ids = [payment_id for payment_id in connection.scalars(chosen) if payment_id is not None]
    paid = sa.select(payment).where(own(payment, agency_id), payment.c.id.in_(sorted(set(payment_ids))))
    payments_store.rows(connection, paid.order_by(payment.c.id).with_for_update())
    parts = sa.select(refund_part.c.notice_id).where(refund_part.c.refund_id.in_(wanted))
    _lock_money(connection, agency_id, notice.c.id.in_(parts))
    return store.lock(connection, agency_id, wanted)


def _waiting(connection: sa.Connection, agency_id: str, notice_id: str, task_id: str | None) -> Source:
    chosen = sa.select(notice.c.payment_id).where(own(notice, agency_id), notice.c.id == notice_id)
    meant_for = _lock_payment(connection, agency_id, connection.execute(chosen).scalar_one())
    (money,) = _lock_money(connection, agency_id, notice.c.id == notice_id)
    if money.payment_id != (meant_for.id if meant_for else None):
        raise _moved()
    still = sa.select(suspense).where(suspense.c.notice_id == notice_id, suspense.c.closed_at.is_(None))
    tasks = list(connection.execute(still.order_by(suspense.c.id).with_for_update()))
    task = next((t for t in tasks if t.id == task_id), tasks[0] if tasks else None)
    return Source(meant_for, None, task, (money,), task.amount if task else 0)


def _lock_payment(connection: sa.Connection, agency_id: str, payment_id: str | None) -> PaymentRow | None:
    if payment_id is None:
        return None
    chosen = sa.select(payment).where(own(payment, agency_id), payment.c.id == payment_id).with_for_update()
    return payments_store.rows(connection, chosen)[0]


def _lock_money(connection: sa.Connection, agency_id: str, chosen: sa.ColumnElement[bool]) -> list[Money]:
    query = sa.select(notice).where(own(notice, agency_id), chosen).order_by(notice.c.id).with_for_update()
    return list(connection.execute(query))


def _moved() -> SourceMoved:
    return SourceMoved(
        "Khoản tiền vừa được xử lý lại; hãy xem lại rồi thử lại.", "The money was just placed anew; look again."
    )
