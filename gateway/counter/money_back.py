"""A sale that went back, in the books: the money it brought is returned, by refunds that name what they undo.

Two entries for each due or suspended part: the fee (or suspense) -> refund_payable, which corrects the entry that booked
the sale; refund_payable -> what is in transit with the acquirer, or in the drawer. The due stays paid, for money back is
a refund and never an unpaid due; the receipt stays too, and the refund names it (Thông tư 91/2026/TT-BTC, Điều 20).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from connectors.reference import make
from gateway.access import own
from gateway.dues import store as dues_store
from gateway.dues.store import due
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import destination, source, taking
from gateway.settlement.refund import store as refunds
from gateway.settlement.refund.model import ByProvider, Destination, RefundStatus
from gateway.settlement.refund.returned import confirm_returned
from gateway.settlement.refund.source import Source
from gateway.settlement.store import suspense
from receipts import store as receipts_store

_NOT_REFUSED = frozenset(RefundStatus) - {RefundStatus.REFUSED}


@dataclass(frozen=True, slots=True)
class Undoing:
    """Who decided that a sale go back, why, on which ground, and under which name the proof stands that it went."""

    key: str  # of the request to undo it
    asked_by: str
    agreed_by: str
    reason: str = field(repr=False)
    told_as: str
    ground: str
    way: str = field(repr=False)  # the way it went: the acquirer's number of the sale, or the drawer


def give_back(uow: UnitOfWork, money: sa.Row[Any], told: Undoing) -> bool:
    """All that a row of `notice` brought is returned. False: it is not all there any more, a person has to look; nothing
    is done. The payment is locked by the caller."""
    if money.returned or money.refunding:
        return False
    parts = [(found, amount) for found, amount in _parts(uow.connection, money) if amount]
    if sum(amount for _, amount in parts) != money.counted:
        return False
    made = [_set_aside(uow, told, n, *part, money) for n, part in enumerate(parts)]
    confirm_returned(uow, money.agency_id, made, ByProvider(told.told_as))
    return True


def _parts(connection: sa.Connection, money: sa.Row[Any]) -> Iterator[tuple[Source, int]]:
    """Where the money went: the dues it settled, and what of it still waits."""
    left = money.settled
    mine = own(due, money.agency_id) & (due.c.payment_id == money.payment_id)
    for due_id in connection.scalars(sa.select(due.c.id).where(mine).order_by(due.c.id)).all():
        found = source.of_due(connection, money.agency_id, due_id)
        amount = min(left, found.amount - source.promised(connection, found, tuple(_NOT_REFUSED)))
        left -= amount
        yield found, amount
    waits = own(suspense, money.agency_id) & (suspense.c.notice_id == money.id) & suspense.c.closed_at.is_(None)
    for task_id in connection.scalars(sa.select(suspense.c.id).where(waits).order_by(suspense.c.id)).all():
        found = source.of_suspense(connection, money.agency_id, task_id)
        assert found.task is not None
        yield found, found.task.amount


def _set_aside(uow: UnitOfWork, told: Undoing, n: int, found: Source, amount: int, money: sa.Row[Any]) -> str:
    row = _row(uow, told, n, found, amount, money)
    uow.connection.execute(sa.insert(refunds.refund).values(**row))
    kept = refunds.by_id(uow.connection, money.agency_id, row["id"])
    taking.set_aside(uow, kept, found, {money.id: amount})
    uow.emit([refunds.event_of(kept, "refund.approved", undoing=told.key)])
    return kept.id


def _row(uow: UnitOfWork, told: Undoing, n: int, found: Source, amount: int, money: sa.Row[Any]) -> dict[str, Any]:
    refund_id, key = uow.mint("rfd"), f"{told.key}:{n}"
    to = Destination(told.way, money.connector)  # the way it came
    return {
        "id": refund_id,
        "agency_id": money.agency_id,
        "key": key,
        "fingerprint": uow.vault.blind("refund.request", key),
        "reference": make(uow.ids.below),
        "notice_id": None if found.due else money.id,
        "suspense_id": found.task.id if found.task else None,
        "due_id": found.due.id if found.due else None,
        "payment_id": found.payment.id if found.payment else None,
        "account": money.account,
        "amount": amount,
        "reason_sealed": uow.vault.seal(f"refund.reason.{refund_id}", told.reason.encode()),
        "ground": told.ground,
        "receipt_ids": json.dumps(_receipts(uow.connection, found)),
        "destination_sealed": destination.seal(uow.vault, refund_id, to, None),
        "destination_digest": destination.digest(uow.vault, to),
        "to_origin": True,
        "status": RefundStatus.APPROVED.value,
        "attempt": 0,
        "requested_by": told.asked_by,
        "requested_at": uow.now(),
        "approved_by": told.agreed_by,
        "approved_at": uow.now(),
    }


def _receipts(connection: sa.Connection, found: Source) -> list[str]:
    """The live receipts of a due that was paid; they stay as they are."""
    if found.due is None or found.payment is None:
        return []
    dossier = dues_store.dossiers(connection, [found.due.dossier_id])[found.due.dossier_id]
    return [
        row.id
        for row in receipts_store.of_payments(connection, [found.payment.id])
        if row.dossier_code == dossier.code
        and row.kind_split in (found.due.kind.value, "ALL")
        and row.replaced_by is None
    ]
