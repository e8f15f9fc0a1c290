"""Send approved money back: by the provider that brought it, where its connector can; else by a payment order.

Ordering is fenced by the number of the attempt: the same number again changes nothing, and every attempt carries the
refund's one reference, so that a bank or provider can tell a repeat.
"""

from __future__ import annotations

from gateway.kernel.outbox import Job
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import order, source, store, way
from gateway.settlement.refund.model import RefundClosed, RefundEvent, follow
from gateway.settlement.refund.store import RefundRow

JOB = "refund.send"


def execute(uow: UnitOfWork, agency_id: str, refund_id: str, *, attempt: int = 1) -> RefundRow:
    """Order the refund for the `attempt`-th time, 1 being the first; that number ordered before: the row as it is.

    RefundClosed (not approved, or the attempt before has not failed), RefundMissing.
    """
    (row,) = source.lock_refunds(uow.connection, agency_id, [refund_id])
    if row.attempt >= attempt:
        return row
    after = follow(row.status, RefundEvent.ORDERED)
    if row.attempt + 1 != attempt:
        raise RefundClosed(
            f"Lần gửi tiếp theo là {row.attempt + 1}.", f"The next attempt is {row.attempt + 1}.", field="attempt"
        )
    connector = way.by_provider(uow.connection, [row]).get(row.id)
    if connector is None:
        order.draw_up(uow, agency_id, [row])
        return store.by_id(uow.connection, agency_id, refund_id)
    values = {"attempt": attempt, "order_id": None, "ordered_at": uow.now()}
    store.move(uow.connection, [row.id], RefundEvent.ORDERED, after, **values)
    uow.enqueue([_job(row, connector, attempt)])
    row = store.by_id(uow.connection, agency_id, refund_id)
    uow.emit([store.event_of(row, "refund.ordered", attempt=attempt)])
    return row


def _job(row: RefundRow, connector: str, attempt: int) -> Job:
    payload = {"refund_id": row.id, "attempt": attempt, "connector": connector, "idempotency_key": row.id}
    return Job(row.agency_id, JOB, payload, key=f"{JOB}:{row.id}:{attempt}")
