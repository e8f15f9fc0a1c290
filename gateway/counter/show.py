"""What the payer's window at a counter shows: the payment the officer has on the screen, or nothing."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.access import own
from gateway.counter.shift_store import Counter, counter
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork


def show(uow: UnitOfWork, place: Counter, payment_id: str | None) -> None:
    """Show this payment; the open window hears of it by the event."""
    mine = own(counter, place.agency_id) & (counter.c.id == place.id)
    changed = mine & counter.c.shown_payment.is_distinct_from(payment_id)
    done = uow.connection.execute(sa.update(counter).where(changed).values(shown_payment=payment_id))
    if done.rowcount:
        uow.emit([Event(place.agency_id, "counter.shown", place.id, {"payment_id": payment_id})])
