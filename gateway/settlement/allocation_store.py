"""Where proposals to allocate money are kept; the database itself keeps the two persons apart."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

allocation = sa.Table(
    "allocation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("suspense_id", sa.Text, sa.ForeignKey("suspense.id"), nullable=False),
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notice.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_at", UtcTime),
    sa.Column("outcome", sa.Text),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('agreed', 'declined')", name="outcome"),
    sa.CheckConstraint("outcome IS NULL OR outcome <> 'agreed' OR ended_by <> asked_by", name="persons"),
    sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    sa.Index(
        "uq_allocation_open",
        "suspense_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    ),
)

__all__ = ["allocation", "metadata"]
