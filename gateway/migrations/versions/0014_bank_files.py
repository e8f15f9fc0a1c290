"""Large raw files in pieces, layouts of bank files, and the acquirers' settlement files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0014"
down_revision = "0013"

TABLES = ("bank_file_piece", "file_layout", "settlement_row")


def upgrade() -> None:
    op.create_table(
        "bank_file_piece",
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["bank_file.id"], name=op.f("fk_bank_file_piece_file_id")),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_bank_file_piece")),
    )
    op.create_table(
        "file_layout",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_file_layout_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "name", name=op.f("pk_file_layout")),
    )
    op.create_table(
        "settlement_row",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("mdr", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("rrn", sa.Text(), nullable=False),
        sa.Column("approval_code", sa.Text(), nullable=False),
        sa.Column("stan", sa.Text(), nullable=False),
        sa.Column("masked_pan", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("net = gross - mdr", name=op.f("ck_settlement_row_net")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_settlement_row_agency_id")),
        sa.ForeignKeyConstraint(["file_id"], ["bank_file.id"], name=op.f("fk_settlement_row_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_row")),
        sa.UniqueConstraint("agency_id", "natural_key", name=op.f("uq_settlement_row_agency_id_natural_key")),
    )
    op.create_index("ix_settlement_row_agency_day", "settlement_row", ["agency_id", "trade_date"])
    op.create_index("ix_settlement_row_file", "settlement_row", ["file_id"])
    raise_wall(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
