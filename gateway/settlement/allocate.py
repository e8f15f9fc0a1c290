"""Allocate money in suspense to payments: one officer says to which and why, another agrees; then it settles as held money.

The money itself is not moved by hand: it is held for the payment it is given to, and settles by the same rules as any
held money, receipts included. Of a transfer that has settled something already, the rest can only be refunded. Money of
several payments is split (`allocate_split`): its parts are asked for and answered together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.settlement import allocate_money, allocate_split
from gateway.settlement.allocate_refusals import (
    AllocationMissing,
    NoReason,
    NotAllocatable,
    PartsInvalid,
    SamePerson,
    missing,
    told,
)
from gateway.settlement.allocate_split import Part
from gateway.settlement.allocation_store import allocation
from gateway.settlement.settle import settle_held
from gateway.settlement.store import notice

__all__ = [
    "AllocationMissing",
    "NoReason",
    "NotAllocatable",
    "Part",
    "PartsInvalid",
    "SamePerson",
    "agree",
    "ask",
    "ask_split",
    "decline",
    "parts",
    "waiting",
]


def ask(uow: UnitOfWork, agency_id: str, suspense_id: str, payment_id: str, reason: str) -> str:
    """`uow.actor` proposes to give all of the money to the payment; the proposal's id. The same twice is one.

    NoReason, AllocationMissing, NotAllocatable.
    """
    why = told(reason)
    given = allocate_money.locked(uow.connection, agency_id, suspense_id, [payment_id])
    whole = [Part(payment_id, given.task.amount)]
    return _known(uow, agency_id, suspense_id, whole) or _keep(uow, agency_id, given, whole, why, split=False)


def ask_split(uow: UnitOfWork, agency_id: str, suspense_id: str, parts: Sequence[Part], reason: str) -> str:
    """`uow.actor` proposes to divide the money between payments; the proposal's id. What no part takes stays in suspense.

    NoReason, PartsInvalid, AllocationMissing, NotAllocatable.
    """
    why = told(reason)
    allocate_split.check(parts)
    targets = [part.payment_id for part in parts]
    given = allocate_money.locked(uow.connection, agency_id, suspense_id, targets, split=True)
    allocate_split.refuse_unfit(uow.connection, given, parts)
    return _known(uow, agency_id, suspense_id, parts) or _keep(uow, agency_id, given, parts, why, split=True)


def agree(uow: UnitOfWork, agency_id: str, allocation_id: str) -> bool:
    """Another officer agrees; whether every payment of the proposal is settled now. AllocationMissing, SamePerson,
    NotAllocatable."""
    proposed = _open(uow.connection, agency_id, allocation_id)
    first = proposed[0]
    if first.asked_by == uow.actor:
        raise SamePerson("Người đề nghị không được tự duyệt.", "Who proposes does not agree.")
    targets = [row.payment_id for row in proposed]
    split = first.split_id is not None
    given = allocate_money.locked(uow.connection, agency_id, first.suspense_id, targets, split=split)
    if split:
        allocate_split.refuse_unfit(uow.connection, given, proposed)
    if split or allocate_split.is_rest(given.money):
        allocate_split.divide(uow, given, proposed)
    else:
        _give_whole(uow, given)
    _end(uow, proposed, "agreed")
    uow.emit([Event(agency_id, "allocation.agreed", first.id, _told_parts(proposed))])
    return len(settle_held(uow, agency_id, targets)) == len(targets)


def decline(uow: UnitOfWork, agency_id: str, allocation_id: str) -> None:
    """Give a proposal up; the money waits on. AllocationMissing."""
    proposed = _open(uow.connection, agency_id, allocation_id)
    _end(uow, proposed, "declined")
    uow.emit([Event(agency_id, "allocation.declined", proposed[0].id, {})])


def waiting(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """Proposals that wait for a second person, oldest first; of a split the first part."""
    c = allocation.c
    mine = own(allocation, agency_id) & c.ended_at.is_(None) & (c.part == 1)
    return list(connection.execute(sa.select(allocation).where(mine).order_by(c.id)))


def parts(connection: sa.Connection, agency_id: str, proposals: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """The rows of these proposals, by the proposal's id: one of the whole, or one a part."""
    c = allocation.c
    mine = own(allocation, agency_id) & (c.id.in_(proposals) | c.split_id.in_(proposals))
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(sa.select(allocation).where(mine).order_by(c.part)) if proposals else ():
        found.setdefault(row.split_id or row.id, []).append(row)
    return found


def _known(uow: UnitOfWork, agency_id: str, suspense_id: str, wanted: Sequence[Part]) -> str | None:
    """The open proposal that says the same; NotAllocatable where there is another."""
    c = allocation.c
    mine = own(allocation, agency_id) & (c.suspense_id == suspense_id) & c.ended_at.is_(None)
    rows = uow.connection.execute(sa.select(allocation).where(mine).order_by(c.part)).all()
    if not rows:
        return None
    if [Part(row.payment_id, row.amount) for row in rows] != list(wanted):
        raise NotAllocatable("Khoản này đang có đề nghị khác.", "There is another proposal for this money.")
    return str(rows[0].id)


def _keep(
    uow: UnitOfWork, agency_id: str, given: allocate_money.Given, wanted: Sequence[Part], why: str, *, split: bool
) -> str:
    ids = [uow.mint("alc") for _ in wanted]
    rows = [
        {
            "id": allocation_id,
            "agency_id": agency_id,
            "suspense_id": given.task.id,
            "notice_id": given.money.id,
            "payment_id": part.payment_id,
            "amount": part.amount,
            "reason_sealed": uow.vault.seal(f"allocation.reason.{allocation_id}", why.encode()),
            "asked_by": uow.actor,
            "asked_at": uow.now(),
            "split_id": ids[0] if split else None,
            "part": number,
        }
        for number, (allocation_id, part) in enumerate(zip(ids, wanted, strict=True), 1)
    ]
    uow.connection.execute(sa.insert(allocation), rows)
    uow.emit([Event(agency_id, "allocation.asked", ids[0], _told_parts(wanted))])
    return ids[0]


def _give_whole(uow: UnitOfWork, given: allocate_money.Given) -> None:
    """The same amount waits on, for this payment."""
    [target] = given.targets
    uow.connection.execute(sa.update(notice).where(notice.c.id == given.money.id).values(payment_id=target))
    allocate_money.let_go(uow, given)
    allocate_money.replace_task(uow, given.task.id)
    allocate_money.hold(uow, given, given.money.id, target, given.task.amount)


def _open(connection: sa.Connection, agency_id: str, allocation_id: str) -> Sequence[sa.Row[Any]]:
    """The rows of an open proposal, locked: one, or one a part."""
    c = allocation.c
    same = (c.id == allocation_id) | (c.split_id == allocation_id)
    mine = own(allocation, agency_id) & same & c.ended_at.is_(None)
    rows = connection.execute(sa.select(allocation).where(mine).order_by(c.part).with_for_update()).all()
    if not rows or rows[0].id != allocation_id:
        raise missing("allocation_id")
    return rows


def _end(uow: UnitOfWork, proposed: Sequence[sa.Row[Any]], outcome: str) -> None:
    values = {"ended_at": uow.now(), "ended_by": uow.actor, "outcome": outcome}
    ids = [row.id for row in proposed]
    uow.connection.execute(sa.update(allocation).where(allocation.c.id.in_(ids)).values(**values))


def _told_parts(rows: Sequence[Part] | Sequence[sa.Row[Any]]) -> dict[str, Any]:
    """For the audit trail: of the whole its payment, of parts each one's."""
    if len(rows) == 1:
        return {"payment_id": rows[0].payment_id, "amount": rows[0].amount}
    told_ = [{"payment_id": row.payment_id, "amount": row.amount} for row in rows]
    return {"amount": sum(row.amount for row in rows), "parts": told_}
