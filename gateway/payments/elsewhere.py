"""Receipts that somebody else has issued: who took the money told so, and for one payment there is no second receipt.

A row is kept for the money whose notice says it, and names the payment once that money has settled it: what is told of
money that never comes excuses nobody from issuing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from gateway.kernel import bulk
from gateway.kernel.db import UtcTime, metadata

__all__ = ["metadata"]

receipted_elsewhere = sa.Table(
    "receipted_elsewhere",
    metadata,
    sa.Column("notice_id", sa.Text, primary_key=True),  # the money
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),  # who says it has issued the receipt
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id")),  # what that money has settled
    sa.Column("told_at", UtcTime, nullable=False),
    sa.Index("ix_receipted_elsewhere_payment", "payment_id"),
)


def covers(payment_id: sa.ColumnElement[str]) -> sa.Exists:
    """Whether somebody else has issued the receipt of a payment, for a query over payments."""
    return sa.exists().where(receipted_elsewhere.c.payment_id == payment_id)


def told(connection: sa.Connection, notice_ids: Collection[str]) -> set[str]:
    """Which of this money was told to be receipted elsewhere."""
    table = receipted_elsewhere
    query = sa.select(table.c.notice_id).where(bulk.among(connection, table.c.notice_id, notice_ids))
    return set(connection.scalars(query))


def settled(connection: sa.Connection, pairs: Sequence[tuple[str, str]]) -> None:
    """This money (`notice_id`) has settled that payment."""
    rows = [{"notice_id": notice_id, "payment_id": payment_id} for notice_id, payment_id in pairs]
    bulk.update(connection, receipted_elsewhere, ("notice_id",), rows)


def issuers(connection: sa.Connection, payment_ids: Collection[str]) -> dict[str, str]:
    """Payment id -> the connector whose side has issued its receipt."""
    table = receipted_elsewhere
    query = sa.select(table).where(bulk.among(connection, table.c.payment_id, payment_ids))
    return {row.payment_id: row.connector for row in connection.execute(query)}
