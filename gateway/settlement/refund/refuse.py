"""Refuse: a wish ends; of an approved or failed refund the money set aside goes back where it was."""

from __future__ import annotations

from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import source, store, taking
from gateway.settlement.refund.model import SET_ASIDE, RefundEvent, RefundInvalid, RefundStatus, SamePerson, follow
from gateway.settlement.refund.request import LONGEST
from gateway.settlement.refund.store import RefundRow


def refuse(uow: UnitOfWork, agency_id: str, refund_id: str, why: str) -> RefundRow:
    """`uow.actor` refuses; a requester may take a wish back, but not undo what others approved. A repeat changes
    nothing. RefundInvalid, SamePerson, RefundClosed (an ordered one has to fail first), SourceMoved, RefundMissing."""
    if not 0 < len(why.strip()) <= LONGEST:
        raise RefundInvalid("Thiếu lý do từ chối.", "A reason is required.", field="why")
    found = source.lock(uow.connection, agency_id, store.by_id(uow.connection, agency_id, refund_id))
    (row,) = store.lock(uow.connection, agency_id, [refund_id])
    if row.status is RefundStatus.REFUSED:
        return row
    after = follow(row.status, RefundEvent.REFUSED)
    if row.status in SET_ASIDE:
        if uow.actor == row.requested_by:
            raise SamePerson(
                "Người đề nghị không thể tự rút khoản hoàn đã duyệt.", "The requester cannot undo what was approved."
            )
        taking.give_back(uow, row, found)
    values = {"refused_by": uow.actor, "refused_at": uow.now(), "why": why.strip()}
    store.move(uow.connection, [row.id], RefundEvent.REFUSED, after, **values)
    row = store.by_id(uow.connection, agency_id, refund_id)
    uow.emit([store.event_of(row, "refund.refused")])
    return row
