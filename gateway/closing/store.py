"""Statement files as the bank sent them, kept raw before they are understood."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

bank_file = sa.Table(
    "bank_file",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("raw_sealed", sa.LargeBinary, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("keep_until", sa.Date, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.UniqueConstraint("agency_id", "sha256"),
)

__all__ = ["bank_file", "metadata"]
