"""A QR is offered for a time. When it is over the payment expires; money that comes later is still welcome."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.model import PaymentEvent, PaymentStatus, follow, sources_of
from gateway.payments.store import payment


def expire(uow: UnitOfWork, *, limit: int = 500) -> int:
    """Expire what is over, oldest first; how many that were."""
    over = (
        sa.select(payment.c.id, payment.c.agency_id)
        .where(payment.c.status == PaymentStatus.PENDING.value, payment.c.expires_at <= uow.now())
        .order_by(payment.c.expires_at, payment.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = list(uow.connection.execute(over))
    if not due:
        return 0
    expired = follow(PaymentStatus.PENDING, PaymentEvent.EXPIRED)
    guard = payment.c.status.in_([status.value for status in sources_of(PaymentEvent.EXPIRED)])
    chosen = payment.c.id.in_([row.id for row in due])
    uow.connection.execute(sa.update(payment).where(chosen, guard).values(status=expired.value))
    uow.emit(Event(row.agency_id, "payment.expired", row.id, {}) for row in due)
    return len(due)


def expire_waiting(environment: Environment) -> int:
    """The same with a unit of work of its own, opened only if something is over."""
    with environment.read() as connection:
        over = (payment.c.status == PaymentStatus.PENDING.value) & (payment.c.expires_at <= environment.clock())
        if connection.execute(sa.select(payment.c.id).where(over).limit(1)).first() is None:
            return 0
    with environment.begin(actor="worker") as uow:
        return expire(uow)
