"""What the bank or the provider says of an ordered refund; silence and doubt leave it ordered, to be asked again.

An answer names its attempt: a failure of an earlier attempt says nothing about the one under way.
"""

from __future__ import annotations

from connectors.contract import Answer, Outcome
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import source, store
from gateway.settlement.refund.model import ByProvider, RefundEvent, RefundInvalid, RefundStatus, follow
from gateway.settlement.refund.request import LONGEST
from gateway.settlement.refund.returned import confirm_returned
from gateway.settlement.refund.store import RefundRow


def answered(uow: UnitOfWork, agency_id: str, refund_id: str, attempt: int, answer: Answer) -> RefundRow:
    """A provider's answer to attempt `attempt`: REVERSED is done, FAILED refused, all else unknown or under way.

    RefundClosed, ProofDiffers, RefundMissing.
    """
    if answer.outcome is Outcome.REVERSED:
        proof = ByProvider(answer.provider_id or f"{refund_id}:{attempt}")
        return confirm_returned(uow, agency_id, [refund_id], proof)[0]
    if answer.outcome in (Outcome.FAILED, Outcome.CANCELLED):
        why = " ".join(filter(None, (answer.reason, answer.provider_code))) or answer.outcome.value
        return fail(uow, agency_id, refund_id, attempt=attempt, why=why[:LONGEST])
    return store.by_id(uow.connection, agency_id, refund_id)


def fail(uow: UnitOfWork, agency_id: str, refund_id: str, *, attempt: int, why: str) -> RefundRow:
    """The attempt came to nothing, so that another may be ordered. A repeat, or one of an earlier attempt, changes
    nothing. RefundInvalid, RefundClosed, RefundMissing."""
    if not 0 < len(why.strip()) <= LONGEST:
        raise RefundInvalid("Thiếu lý do.", "A reason is required.", field="why")
    (row,) = source.lock_refunds(uow.connection, agency_id, [refund_id])
    if attempt < row.attempt or row.status is RefundStatus.FAILED:
        return row
    after = follow(row.status, RefundEvent.FAILED)
    store.move(uow.connection, [row.id], RefundEvent.FAILED, after, failed_at=uow.now(), why=why.strip())
    row = store.by_id(uow.connection, agency_id, refund_id)
    uow.emit([store.event_of(row, "refund.failed", attempt=row.attempt)])
    return row
