"""Daily tables for the tax authority and their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "tax_table",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agency_id", sa.Text(), sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("supplement", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.UniqueConstraint("message_id", name="uq_tax_table_message_id"),
        sa.UniqueConstraint(
            "agency_id", "tax_code", "day", "number", name="uq_tax_table_agency_id_tax_code_day_number"
        ),
        sa.CheckConstraint("state IN ('made', 'sent', 'accepted', 'refused', 'withdrawn')", name="ck_tax_table_state"),
        sa.CheckConstraint("supplement >= 0 AND number >= 1", name="ck_tax_table_numbers"),
    )
    op.create_table(
        "tax_told",
        sa.Column("table_id", sa.Text(), sa.ForeignKey("tax_table.id"), primary_key=True),
        sa.Column("receipt_id", sa.Text(), primary_key=True),
        sa.Column("status", sa.Text(), primary_key=True),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('new', 'replaces', 'replaced')", name="ck_tax_told_status"),
    )
    op.create_index("ix_tax_told_receipt", "tax_told", ["receipt_id"])
    op.create_table(
        "tax_outage",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text(), nullable=False),
    )
    op.create_index(
        "uq_tax_outage_open",
        "tax_outage",
        ["agency_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_receipt_owner_day", "receipt", ["owner", "day"])
    raise_wall("tax_table", "tax_told", "tax_outage")


def downgrade() -> None:
    op.drop_index("ix_receipt_owner_day", "receipt")
    for table in ("tax_outage", "tax_told", "tax_table"):
        op.drop_table(table)
