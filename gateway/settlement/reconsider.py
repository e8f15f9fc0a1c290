"""Held money that is enough by now: its series reopened, or its dues became less while it waited."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.dues.model import DueStatus
from gateway.dues.store import due
from gateway.kernel.uow import Environment
from gateway.payments.model import PAID
from gateway.payments.store import payment, payment_due
from gateway.settlement.model import COUNTED
from gateway.settlement.settle import settle_held
from gateway.settlement.store import suspense

BATCH = 100


def reconsider(environment: Environment, *, limit: int = BATCH) -> int:
    """Settle up to `limit` payments from what is held for them; how many could be."""
    with environment.read() as connection:
        found = connection.execute(_enough().limit(limit)).all()
    done = 0
    for agency_id in sorted({row.agency_id for row in found}):
        ids = [row.id for row in found if row.agency_id == agency_id]
        with environment.begin(actor="worker", agency=agency_id) as uow:
            done += len(settle_held(uow, agency_id, ids))
    return done


def _enough() -> sa.Select[tuple[str, str]]:
    """Unpaid payments whose held money covers their open dues."""
    held = (
        sa.select(suspense.c.payment_id, sa.func.sum(suspense.c.amount).label("amount"))
        .where(suspense.c.closed_at.is_(None), suspense.c.reason.in_([reason.value for reason in COUNTED]))
        .group_by(suspense.c.payment_id)
        .subquery()
    )
    needed = (
        sa.select(sa.func.sum(due.c.amount))
        .where(payment_due.c.payment_id == payment.c.id, due.c.id == payment_due.c.due_id)
        .where(due.c.status == DueStatus.OPEN.value)
        .correlate(payment)
        .scalar_subquery()
    )
    return (
        sa.select(payment.c.id, payment.c.agency_id)
        .join(held, held.c.payment_id == payment.c.id)
        .where(payment.c.status.not_in([status.value for status in PAID]), held.c.amount >= needed)
        .order_by(payment.c.id)
    )
