"""A provider says, under its signature, that a payment of its own came to nothing: the payer may begin anew.

Only a payment without money: what was received, or is paid, is not undone by a no. Money that comes later still settles.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments.channels import starters
from gateway.payments.model import PaymentEvent, PaymentStatus, follow, sources_of
from gateway.payments.store import payment

OPEN = sources_of(PaymentEvent.FAILED)


def came_to_nothing(uow: UnitOfWork, agency_id: str, connector: str, reference: str, why: str) -> bool:
    """Mark the payment of that reference failed, if `connector` collects it and nothing has come; whether it was."""
    chosen = (
        own(payment, agency_id)
        & (payment.c.reference == reference)
        & (payment.c.channel.in_(_channels(connector)))
        & (payment.c.received == 0)
        & payment.c.status.in_([status.value for status in OPEN])
    )
    found = uow.connection.execute(sa.select(payment.c.id, payment.c.status).where(chosen).with_for_update()).first()
    if found is None:
        return False
    after = follow(PaymentStatus(found.status), PaymentEvent.FAILED)
    uow.connection.execute(sa.update(payment).where(payment.c.id == found.id).values(status=after.value))
    uow.emit([Event(agency_id, "payment.failed", found.id, {"connector": connector, "why": why})])
    return True


def _channels(connector: str) -> list[str]:
    return [channel for channel, name in starters().items() if name == connector]
