"""Which way money goes back: by the provider that took it, out of what it took, or by a payment order of ours.

A provider can refund one payment of its own, whole or in part, to whoever paid it. It needs no account for that, and no
statement: it gives back what it has itself, and knows best whether it has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from connectors import registry
from connectors.registry import ConnectorBroken, ConnectorMissing
from gateway.kernel import bulk
from gateway.settlement.refund.store import RefundRow, refund_part
from gateway.settlement.store import notice


def by_provider(connection: sa.Connection, rows: Sequence[RefundRow]) -> dict[str, str]:
    """Refund id -> the connector that sends it back, of approved refunds; the others take a payment order."""
    able = [row.id for row in rows if row.payment_id is not None and row.to_origin]
    query = (
        sa.select(refund_part.c.refund_id, sa.func.min(notice.c.connector))
        .join(notice, notice.c.id == refund_part.c.notice_id)
        .where(bulk.among(connection, refund_part.c.refund_id, able))
        .group_by(refund_part.c.refund_id)
        .having(sa.func.count() == 1)
    )
    found = connection.execute(query) if able else ()
    return {refund_id: connector for refund_id, connector in found if refunds(connector)}


def refunds(connector: str) -> bool:
    """Whether the connector can send money back."""
    try:
        return registry.get(connector).capabilities.refunds
    except (ConnectorMissing, ConnectorBroken):
        return False


def taken_by_provider(money: Sequence[sa.Row[Any]]) -> bool:
    """Whether this is one payment that a provider took under a number of its own and can give back."""
    if len(money) != 1:
        return False
    (only,) = money
    return only.payment_id is not None and bool(only.bank_reference) and refunds(only.connector)
