"""A card sale that its terminal has reversed, in the books: the money it took is returned, by refunds that name what they undo.

Two entries for each due or suspended part: the fee (or suspense) -> refund_payable, which corrects the entry that booked
the sale; refund_payable -> what is in transit with the acquirer. The due stays paid, for money back is a refund and never
an unpaid due; the receipt stays too, and the refund names it (Thông tư 91/2026/TT-BTC, Điều 20).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.reference import make
from gateway.access import own
from gateway.counter.terminal_reverse import money_of
from gateway.counter.terminal_store import SaleRow
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

GROUND = "Thông tư 91/2026/TT-BTC, Điều 20: khoản thu bằng thẻ đã hoàn lại tại máy POS trong ngày"


@dataclass(frozen=True, slots=True)
class Undoing:
    """Who decided that a sale go back, why, and under which name the terminal's word stands."""

    reversal_id: str
    asked_by: str
    agreed_by: str
    reason: str
    told_as: str  # inbox.event_key of the reversal


def undo(uow: UnitOfWork, sale: SaleRow, told: Undoing) -> bool:
    """All that the sale brought is returned. False: it is not all there any more, a person has to look; nothing is done.

    The payment is locked by the caller.
    """
    money = money_of(uow.connection, sale)
    if money is None or money.returned or money.refunding:
        return False
    parts = [(found, amount) for found, amount in _parts(uow.connection, sale, money) if amount]
    if sum(amount for _, amount in parts) != money.counted:
        return False
    made = [_set_aside(uow, sale, told, n, *part, money) for n, part in enumerate(parts)]
    confirm_returned(uow, sale.agency_id, made, ByProvider(told.told_as))
    return True


def _parts(connection: sa.Connection, sale: SaleRow, money: sa.Row[Any]) -> Iterator[tuple[Source, int]]:
    """Where the money went: the dues it settled, and what of it still waits."""
    left = money.settled
    paid = sa.select(due.c.id).where(own(due, sale.agency_id), due.c.payment_id == sale.payment_id).order_by(due.c.id)
    for due_id in connection.scalars(paid).all():
        found = source.of_due(connection, sale.agency_id, due_id)
        amount = min(left, found.amount - source.promised(connection, found, tuple(_NOT_REFUSED)))
        left -= amount
        yield found, amount
    waits = own(suspense, sale.agency_id) & (suspense.c.notice_id == money.id) & suspense.c.closed_at.is_(None)
    for task_id in connection.scalars(sa.select(suspense.c.id).where(waits).order_by(suspense.c.id)).all():
        found = source.of_suspense(connection, sale.agency_id, task_id)
        assert found.task is not None
        yield found, found.task.amount


_NOT_REFUSED = frozenset(RefundStatus) - {RefundStatus.REFUSED}


def _set_aside(
    uow: UnitOfWork, sale: SaleRow, told: Undoing, n: int, found: Source, amount: int, money: sa.Row[Any]
) -> str:
    row = _row(uow, sale, told, n, found, amount, money)
    uow.connection.execute(sa.insert(refunds.refund).values(**row))
    kept = refunds.by_id(uow.connection, sale.agency_id, row["id"])
    taking.set_aside(uow, kept, found, {money.id: amount})
    uow.emit([refunds.event_of(kept, "refund.approved", terminal_sale=sale.id)])
    return kept.id


def _row(
    uow: UnitOfWork, sale: SaleRow, told: Undoing, n: int, found: Source, amount: int, money: sa.Row[Any]
) -> dict[str, Any]:
    refund_id, key = uow.mint("rfd"), f"{told.reversal_id}:{n}"
    to = Destination(sale.rrn or told.told_as, money.connector)  # the way it came, under the acquirer's number
    return {
        "id": refund_id,
        "agency_id": sale.agency_id,
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
        "ground": GROUND,
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
