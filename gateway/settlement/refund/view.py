"""What a payer may see of refunds: amount, the outer word for the state and when; no destination, no person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.settlement.refund import store
from gateway.settlement.refund.model import OUTER
from gateway.settlement.refund.store import refund


@dataclass(frozen=True, slots=True)
class PayerRefund:
    """One refund of a payment. Amount in đồng, times UTC."""

    amount: int
    state: str  # reviewing | processing | returned | refused
    requested_at: datetime
    returned_at: datetime | None


def state_for_payer(connection: sa.Connection, payment_id: str) -> list[PayerRefund]:
    """The refunds of a payment, oldest first; who may see the payment may see these."""
    chosen = sa.select(refund).where(refund.c.payment_id == payment_id).order_by(refund.c.id)
    return [
        PayerRefund(row.amount, OUTER[row.status], row.requested_at, row.returned_at)
        for row in store.rows(connection, chosen)
    ]
