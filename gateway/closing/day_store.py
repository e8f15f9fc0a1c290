"""Where closings are kept: what each day came to when it was closed, and who opened it again."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

day_close = sa.Table(
    "day_close",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # JSON: totals, accounts, points
    sa.Column("checkpoint", sa.Text, nullable=False),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("closed_at", UtcTime, nullable=False),
    sa.Column("reopen_asked_by", sa.Text),
    sa.Column("reopen_asked_at", UtcTime),
    sa.Column("reopen_reason", sa.Text),
    sa.Column("reopened_by", sa.Text),
    sa.Column("reopened_at", UtcTime),
    sa.CheckConstraint("reopened_by IS NULL OR reopened_by <> reopen_asked_by", name="persons"),
    sa.CheckConstraint("(reopened_at IS NULL) = (reopened_by IS NULL)", name="reopened"),
    sa.Index(
        "uq_day_close_current",
        "agency_id",
        "day",
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
        sqlite_where=sa.text("reopened_at IS NULL"),
    ),
)

__all__ = ["day_close", "metadata"]
