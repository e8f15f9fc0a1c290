"""A payment whose time is over gets a successor for the same open dues (WCAG 2.2, 2.2.1: the payer can begin anew).

Pressing the button twice, or in two windows, leads to one fresh payment: one that covers exactly these dues and is
still on offer is used again.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from gateway.access import own
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.model import PaymentClosed, PaymentStatus
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow, due_ids, payment, payment_due, rows
from gateway.web import screen


def renew(environment: Environment, token: str) -> str:
    """The token of the payment to go on with. PaymentMissing, PaymentClosed, or what `start` refuses."""
    with environment.begin(actor="payer") as uow:
        shown = screen.by_token(uow.connection, token, uow.now())
        if not shown.renewable:
            raise PaymentClosed("Lệnh này không cần mã mới.", "This payment needs no new code.")
        row = shown.view.row
        locked = dues_store.lock_dues(uow.connection, [due.id for due in shown.view.dues])
        wanted = tuple(due.id for due in locked if due.status is DueStatus.OPEN)
        found = _on_offer(uow, row, wanted)
        if found is not None:
            return found.token
        request = StartRequest(agency=row.agency_id, channel=row.channel, due_ids=wanted)
        return start(uow, request)[0].token


def _on_offer(uow: UnitOfWork, old: PaymentRow, wanted: Collection[str]) -> PaymentRow | None:
    """The newest pending payment, not of the past, for exactly these dues and at their amounts of today."""
    covering = sa.select(payment_due.c.payment_id).where(payment_due.c.due_id.in_(list(wanted)))
    fresh = (
        sa.select(payment)
        .where(own(payment, old.agency_id), payment.c.id.in_(covering), payment.c.channel == old.channel)
        .where(payment.c.status == PaymentStatus.PENDING.value, payment.c.expires_at > uow.now())
        .order_by(payment.c.id.desc())
    )
    candidates = rows(uow.connection, fresh)
    covered = due_ids(uow.connection, [item.id for item in candidates])
    for item in candidates:
        same = set(covered[item.id]) == set(wanted)
        if same and screen.by_token(uow.connection, item.token, uow.now()).state is screen.State.PENDING:
            return item
    return None
