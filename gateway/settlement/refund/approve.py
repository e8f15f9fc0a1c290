"""Approve: another person than the requester sets the money aside; another destination takes two approvers.

Only money that a statement line has shown may leave: a notice can be wrong about amount, currency and payer.
"""

from __future__ import annotations

from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import destination, source, store, taking
from gateway.settlement.refund.model import (
    TAKEN,
    NothingThere,
    OriginDiffers,
    RefundEvent,
    RefundStatus,
    SamePerson,
    follow,
)
from gateway.settlement.refund.request import exceeds
from gateway.settlement.refund.source import Source
from gateway.settlement.refund.store import RefundRow


def approve(uow: UnitOfWork, agency_id: str, refund_id: str) -> RefundRow:
    """`uow.actor` approves; `endorsed` when a second approver is still needed. The approver's repeat changes nothing.

    SamePerson, RefundClosed, NothingThere, Exceeds, NotProven, OriginDiffers, SourceMoved, RefundMissing.
    """
    found = source.lock(uow.connection, agency_id, store.by_id(uow.connection, agency_id, refund_id))
    (row,) = store.lock(uow.connection, agency_id, [refund_id])
    if row.approved_by == uow.actor:
        return row
    first = not row.to_origin and row.status is RefundStatus.REQUESTED
    event = RefundEvent.ENDORSED if first else RefundEvent.APPROVED
    after = follow(row.status, event)
    _another_person(uow.actor, row)
    _there(uow, row, found)
    who = {"endorsed_by": uow.actor, "endorsed_at": uow.now()}
    if not first:
        parts = taking.proven_parts(row, found)
        _same_origin(uow, row, found, parts)
        taking.set_aside(uow, row, found, parts)
        who = {"approved_by": uow.actor, "approved_at": uow.now()}
    task = {"suspense_id": found.task.id} if found.task else {}
    store.move(uow.connection, [row.id], event, after, **who, **task)
    row = store.by_id(uow.connection, agency_id, refund_id)
    uow.emit([store.event_of(row, f"refund.{after.value}")])
    return row


def _another_person(actor: str, row: RefundRow) -> None:
    if actor in (row.requested_by, row.endorsed_by):
        raise SamePerson(
            "Người đề nghị và những người duyệt phải là những người khác nhau.",
            "Requester and approvers must be different persons.",
        )


def _there(uow: UnitOfWork, row: RefundRow, found: Source) -> None:
    """Of a suspense, what approved refunds took has left the task; of a due it has to be counted."""
    if not found.amount:
        raise NothingThere("Không còn tiền để hoàn ở khoản này.", "There is no money left here to give back.")
    others = source.promised(uow.connection, found, TAKEN, but=row.id) if found.due else 0
    if row.amount > found.amount - others:
        raise exceeds(found.amount - others)


def _same_origin(uow: UnitOfWork, row: RefundRow, found: Source, parts: dict[str, int]) -> None:
    """The statement came after the request: the account it names is the one that counts."""
    if not row.to_origin:
        return
    proven = destination.origin(uow, [item for item in found.money if item.id in parts])
    if proven is not None and not destination.same(proven, destination.read(uow.vault, row)):
        raise OriginDiffers(
            "Sao kê ghi tài khoản chuyển đến khác với báo có; cần lập yêu cầu mới.",
            "The statement names another originating account than the notice did; a new request is needed.",
            field="destination",
        )
