"""Where tables for the tax authority are kept: the exact bytes that are sent, what each told, and when nobody answered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.taxing.model import Status, TableMissing, TableState

_STATES = ", ".join(f"'{state}'" for state in TableState)
_STATUSES = ", ".join(f"'{status}'" for status in Status)

tax_table = sa.Table(
    "tax_table",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("tax_code", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("supplement", sa.Integer, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng, over rows that count (not those replaced)
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("answered_at", UtcTime),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("agency_id", "tax_code", "day", "number"),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint("supplement >= 0 AND number >= 1", name="numbers"),
)

tax_told = sa.Table(
    "tax_told",
    metadata,
    sa.Column("table_id", sa.Text, sa.ForeignKey("tax_table.id"), primary_key=True),
    sa.Column("receipt_id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.CheckConstraint(f"status IN ({_STATUSES})", name="status"),
    sa.Index("ix_tax_told_receipt", "receipt_id"),
)

tax_outage = sa.Table(
    "tax_outage",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("error", sa.Text, nullable=False),
    sa.Index(
        "uq_tax_outage_open",
        "agency_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    ),
)


def by_id(connection: sa.Connection, agency_id: str, table_id: str) -> sa.Row[Any]:
    """One table; TableMissing."""
    query = sa.select(tax_table).where(own(tax_table, agency_id), tax_table.c.id == table_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise TableMissing("Không có bảng tổng hợp này.", "There is no such table.")
    return row


def of_agency(connection: sa.Connection, agency_id: str, states: tuple[TableState, ...] = ()) -> list[sa.Row[Any]]:
    """The agency's tables, oldest first; without their bytes."""
    columns = [column for column in tax_table.c if column.name not in ("body", "answer")]
    query = sa.select(*columns).where(own(tax_table, agency_id))
    chosen = query.where(tax_table.c.state.in_([state.value for state in states])) if states else query
    return list(connection.execute(chosen.order_by(tax_table.c.day, tax_table.c.number)))
