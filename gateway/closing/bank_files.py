"""Tables of what banks and acquirers send as files: the rest of large raw files, layouts of tables, settlement rows."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

bank_file_piece = sa.Table(  # what of a raw file does not fit into its own row, compressed, then sealed
    "bank_file_piece",
    metadata,
    sa.Column("file_id", sa.Text, sa.ForeignKey("bank_file.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

file_layout = sa.Table(  # mapping profiles that an agency wrote for its own bank
    "file_layout",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),  # JSON
    sa.Column("kept_by", sa.Text, nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
)

settlement_row = sa.Table(
    "settlement_row",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("file_id", sa.Text, sa.ForeignKey("bank_file.id"), nullable=False),
    sa.Column("natural_key", sa.Text, nullable=False),  # batch, retrieval reference, gross; the ordinal among equals
    sa.Column("batch_id", sa.Text, nullable=False),
    sa.Column("terminal", sa.Text, nullable=False),
    sa.Column("trade_date", sa.Date, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("gross", sa.BigInteger, nullable=False),  # đồng; negative: a refund or chargeback
    sa.Column("mdr", sa.BigInteger, nullable=False),
    sa.Column("net", sa.BigInteger, nullable=False),
    sa.Column("rrn", sa.Text, nullable=False),
    sa.Column("approval_code", sa.Text, nullable=False),
    sa.Column("stan", sa.Text, nullable=False),
    sa.Column("masked_pan", sa.Text, nullable=False),  # at most first six and last four digits
    sa.Column("taken_at", UtcTime, nullable=False),
    sa.CheckConstraint("net = gross - mdr", name="net"),
    sa.UniqueConstraint("agency_id", "natural_key"),
    sa.Index("ix_settlement_row_agency_day", "agency_id", "trade_date"),
    sa.Index("ix_settlement_row_file", "file_id"),
)

__all__ = ["bank_file_piece", "file_layout", "metadata", "settlement_row"]
