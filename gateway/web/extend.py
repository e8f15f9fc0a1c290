"""More time for a code on offer (WCAG 2.2, 2.2.1): the QR itself says nothing of time, so it stays the same.

From now on a full term again, as often as the payer asks, up to a day after the payment was made.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from gateway.payments.model import PaymentClosed, PaymentStatus
from gateway.payments.store import payment
from gateway.web import screen

LONGEST = timedelta(hours=24)


def extend(environment: Environment, token: str) -> None:
    """Move the end of the payment's time. PaymentMissing, PaymentClosed."""
    with environment.begin(actor="payer") as uow:
        shown = screen.by_token(uow.connection, token, uow.now())
        row = shown.view.row
        if shown.payload is None:
            raise PaymentClosed("Mã này không còn để gia hạn.", "This code can no longer be extended.")
        until = min(uow.now() + timedelta(minutes=uow.settings.payment_minutes), row.created_at + LONGEST)
        if until <= row.expires_at:
            return
        waiting = payment.c.id == row.id, payment.c.status == PaymentStatus.PENDING.value
        longer = sa.update(payment).where(own(payment, row.agency_id), *waiting).values(expires_at=until)
        if uow.connection.execute(longer).rowcount:
            uow.emit([Event(row.agency_id, "payment.extended", row.id, {"expires_at": until.isoformat()})])
