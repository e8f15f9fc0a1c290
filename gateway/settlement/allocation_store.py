"""Where proposals to allocate money are kept; the database itself keeps the two persons apart.

A proposal to split money is one row a part, asked for and answered together: `split_id` is the id of the first. What is
taken back afterwards is a row of its own that names the proposal, written once.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.append_only import refuse_change
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
    sa.Column("split_id", sa.Text),  # of parts: the first one's id; none: the money as a whole
    sa.Column("part", sa.Integer, nullable=False, server_default=sa.text("1")),  # which of them, from 1
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('agreed', 'declined')", name="outcome"),
    sa.CheckConstraint("outcome IS NULL OR outcome <> 'agreed' OR ended_by <> asked_by", name="persons"),
    sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    sa.Index(
        "uq_allocation_open",
        "suspense_id",
        "part",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    ),
)

allocation_undone = sa.Table(
    "allocation_undone",
    metadata,
    sa.Column("allocation_id", sa.Text, sa.ForeignKey("allocation.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("done_by", sa.Text, nullable=False),
    sa.Column("done_at", UtcTime, nullable=False),
    sa.CheckConstraint("amount > 0", name="amount"),
)
refuse_change(allocation_undone)

__all__ = ["allocation", "allocation_undone", "metadata"]
