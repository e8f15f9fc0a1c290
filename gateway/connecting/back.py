"""The payer's browser has come back from a provider: nothing is believed, but the answer is asked for soon."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from gateway.payments import channels, provider_start, store
from gateway.payments.model import PaymentEvent, PaymentStatus, follow
from gateway.payments.store import payment

WAITING = frozenset({PaymentStatus.PENDING, PaymentStatus.EXPIRED})  # anything else knows better already


def came_back(environment: Environment, token: str) -> bool:
    """Mark the payment `checking` and have it asked about; whether that was news. PaymentMissing."""
    with environment.read() as connection:
        row = store.by_token(connection, token)
    connector = channels.starters().get(row.channel)
    if connector is None or row.status not in WAITING:
        return False
    with environment.begin(actor="payer", agency=row.agency_id) as uow:
        if not provider_start.returned(uow, row.id):
            return False
        still = (payment.c.id == row.id) & (payment.c.status == row.status.value)
        after = follow(row.status, PaymentEvent.DOUBTED)
        if not uow.connection.execute(sa.update(payment).where(still).values(status=after.value)).rowcount:
            return False
        uow.enqueue([channels.question(row, connector, uow.now(), "back")])
        uow.emit([Event(row.agency_id, "payment.checking", row.id, {"connector": connector})])
    return True
