"""What the counter keeps besides its shifts: printers, counters out of use, cash given back out of the drawer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0019"
down_revision = "0018"

GIVEN = sa.text("given_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("counter", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    _printer()
    _cash_back()
    raise_wall("counter_printer", "cash_back")


def downgrade() -> None:
    op.drop_table("cash_back")
    op.drop_table("counter_printer")
    op.drop_column("counter", "retired_at")


def _printer() -> None:
    op.create_table(
        "counter_printer",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("counter_id", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("paper IN ('a5', 'slip')", name=op.f("ck_counter_printer_paper")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_printer_agency_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_counter_printer_counter_id")),
        sa.PrimaryKeyConstraint("agency_id", "name", name=op.f("pk_counter_printer")),
    )


def _cash_back() -> None:
    op.create_table(
        "cash_back",
        sa.Column("undoing_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cash_back_amount")),
        sa.CheckConstraint("(given_at IS NULL) = (given_by IS NULL)", name=op.f("ck_cash_back_given")),
        sa.ForeignKeyConstraint(["undoing_id"], ["sale_undoing.id"], name=op.f("fk_cash_back_undoing_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_cash_back_agency_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_cash_back_shift_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_cash_back_payment_id")),
        sa.PrimaryKeyConstraint("undoing_id", name=op.f("pk_cash_back")),
    )
    op.create_index("ix_cash_back_shift", "cash_back", ["shift_id"])
    op.create_index(
        "uq_cash_back_given", "cash_back", ["payment_id"], unique=True, postgresql_where=GIVEN, sqlite_where=GIVEN
    )
