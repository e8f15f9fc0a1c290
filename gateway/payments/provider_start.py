"""Where the payer of a payment goes that a provider collects: the page's address, once there is one.

The address leads to one order and to no person: it is told to whoever may see the payment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.kernel import bulk
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import BANK_CHANNELS
from gateway.payments.store import PaymentRow

__all__ = ["metadata"]

provider_start = sa.Table(
    "provider_start",
    metadata,
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("redirect_url", sa.Text),
    sa.Column("begun_at", UtcTime),  # the provider can be paid since
    sa.Column("returned_at", UtcTime),  # the payer's browser came back first
)


def add(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep that these payments are a provider's to collect."""
    bulk.insert(uow.connection, provider_start, [dict(row) for row in rows])


def begun(uow: UnitOfWork, payment_id: str, redirect_url: str | None) -> None:
    """The provider knows of it now, and this is its page."""
    mine = provider_start.c.payment_id == payment_id
    values = {"redirect_url": redirect_url, "begun_at": uow.now()}
    uow.connection.execute(sa.update(provider_start).where(mine).values(**values))


def returned(uow: UnitOfWork, payment_id: str) -> bool:
    """The payer's browser came back; whether that is news."""
    first = (provider_start.c.payment_id == payment_id) & provider_start.c.returned_at.is_(None)
    return uow.connection.execute(sa.update(provider_start).where(first).values(returned_at=uow.now())).rowcount == 1


def redirect_of(connection: sa.Connection, payment_id: str) -> str | None:
    """The page of one payment."""
    chosen = sa.select(provider_start.c.redirect_url).where(provider_start.c.payment_id == payment_id)
    found: str | None = connection.execute(chosen).scalar_one_or_none()
    return found


def begun_at(connection: sa.Connection, payment_id: str) -> datetime | None:
    """Since when the provider can be paid."""
    chosen = sa.select(provider_start.c.begun_at).where(provider_start.c.payment_id == payment_id)
    found: datetime | None = connection.execute(chosen).scalar_one_or_none()
    return found


def redirects(connection: sa.Connection, rows: Collection[PaymentRow]) -> dict[str, str]:
    """The pages of those payments that have one, by payment id; no query where none can."""
    wanted = [row.id for row in rows if row.channel not in BANK_CHANNELS]
    if not wanted:
        return {}
    table = provider_start.c
    chosen = sa.select(table.payment_id, table.redirect_url).where(bulk.among(connection, table.payment_id, wanted))
    return {row.payment_id: row.redirect_url for row in connection.execute(chosen) if row.redirect_url}
