"""Take back what two officers placed and nothing has settled yet: the money waits in suspense again, said by a new row.

The proposal stays as it was agreed (`allocation`); `allocation_undone` names it. Where the money has settled a receipt
stands: then it can only be refunded.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.settlement import allocate_money
from gateway.settlement.allocate_refusals import NotAllocatable
from gateway.settlement.allocation_store import allocation, allocation_undone
from gateway.settlement.model import HELD, Reason
from gateway.settlement.store import notice, suspense


def placed_on(agency_id: str, lines: Collection[str]) -> sa.Select[Any]:
    """What was agreed for the money of these lines and stands, a row a part: the allocation with `settled`, `refunding`
    and `line_id` of its money."""
    c = allocation.c
    undone = sa.exists().where(allocation_undone.c.allocation_id == c.id)
    return (
        sa.select(allocation, notice.c.settled, notice.c.refunding, notice.c.line_id)
        .join(notice, notice.c.id == c.notice_id)
        .where(own(allocation, agency_id), c.outcome == "agreed", ~undone)
        .where(notice.c.line_id.in_(lines), notice.c.payment_id == c.payment_id)
    )


def placed(connection: sa.Connection, agency_id: str, lines: Collection[str]) -> list[sa.Row[Any]]:
    """These rows, in the order they were asked for."""
    return list(connection.execute(placed_on(agency_id, lines).order_by(allocation.c.id))) if lines else []


def take_back(uow: UnitOfWork, agency_id: str, lines: Collection[str]) -> int:
    """Everything placed of these lines' money, or nothing; how many parts. NotAllocatable where some has settled."""
    rows = placed(uow.connection, agency_id, lines)
    if any(row.settled or row.refunding for row in rows):
        raise NotAllocatable(
            "Tiền đã thu theo quyết định này, đã có biên lai; cần lập yêu cầu hoàn.",
            "The money has settled and has its receipt: ask for a refund.",
        )
    for row in rows:
        _take_back(uow, agency_id, row)
    return len(rows)


def _take_back(uow: UnitOfWork, agency_id: str, row: sa.Row[Any]) -> None:
    connection = uow.connection
    waits = own(suspense, agency_id) & (suspense.c.notice_id == row.notice_id) & suspense.c.closed_at.is_(None)
    [task] = connection.execute(sa.select(suspense).where(waits)).all()
    given = allocate_money.locked(connection, agency_id, task.id, [])
    if given.task.closed_at is not None or given.money.settled:
        raise NotAllocatable("Khoản treo đã được xử lý.", "The money was dealt with already.")
    allocate_money.let_go(uow, given)
    allocate_money.replace_task(uow, task.id)
    connection.execute(sa.update(notice).where(notice.c.id == row.notice_id).values(payment_id=None))
    again = {
        "id": uow.mint("sus"),
        "agency_id": agency_id,
        "notice_id": row.notice_id,
        "payment_id": None,
        "amount": task.amount,
        "reason": _reason_before(connection, row.suspense_id).value,
        "opened_at": uow.now(),
    }
    connection.execute(sa.insert(suspense).values(**again))
    undone = {"allocation_id": row.id, "agency_id": agency_id, "amount": task.amount}
    connection.execute(sa.insert(allocation_undone).values(**undone, done_by=uow.actor, done_at=uow.now()))
    uow.emit([Event(agency_id, "allocation.undone", row.id, {"payment_id": row.payment_id, "amount": task.amount})])


def _reason_before(connection: sa.Connection, suspense_id: str) -> Reason:
    """Why the money waited before it was placed; held for a payment it is no more."""
    reason = Reason(connection.scalars(sa.select(suspense.c.reason).where(suspense.c.id == suspense_id)).one())
    return Reason.UNKNOWN_REFERENCE if reason in HELD else reason
