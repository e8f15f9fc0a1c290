"""Breaks as tasks, day closes, minutes and remittance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.kernel.db import UtcTime
from gateway.migrations.wall import raise_wall

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _remittances()
    _closings()
    _allocations()


def downgrade() -> None:
    for name in ("allocation", "day_close", "remittance_due", "remittance_line", "remittance", "retention", "treasury"):
        op.drop_table(name)


def _remittances() -> None:
    op.create_table(
        "treasury",
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("bin", sa.Text, nullable=False),
        sa.Column("authority_code", sa.Text, nullable=False),
        sa.Column("authority", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("area_code", sa.Text, nullable=False),
        sa.Column("due_rule", sa.Text, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
    op.create_table(
        "retention",
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
        sa.Column("fee", sa.Text, primary_key=True),
        sa.Column("numerator", sa.BigInteger, nullable=False),
        sa.Column("denominator", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.CheckConstraint("numerator BETWEEN 0 AND denominator AND denominator > 0", name="ck_retention_rate"),
    )
    op.create_table(
        "remittance",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("collected", sa.BigInteger, nullable=False),
        sa.Column("retained", sa.BigInteger, nullable=False),
        sa.Column("budget", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("prepared_by", sa.Text, nullable=False),
        sa.Column("prepared_at", UtcTime, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", UtcTime),
        sa.Column("confirmed_at", UtcTime),
        sa.Column("line_id", sa.Text),
        sa.UniqueConstraint("number", name="uq_remittance_number"),
        sa.CheckConstraint("state IN ('prepared', 'approved', 'confirmed', 'dropped')", name="ck_remittance_state"),
        sa.CheckConstraint(
            "collected = retained + budget AND retained >= 0 AND budget > 0", name="ck_remittance_split"
        ),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name="ck_remittance_persons"),
        sa.CheckConstraint("state <> 'confirmed' OR line_id IS NOT NULL", name="ck_remittance_proof"),
    )
    op.create_index("ix_remittance_agency", "remittance", ["agency_id", "id"])
    op.create_table(
        "remittance_line",
        sa.Column("remittance_id", sa.Text, sa.ForeignKey("remittance.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("fee_code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("chapter", sa.Text, nullable=False),
        sa.Column("sub_item", sa.Text, nullable=False),
        sa.Column("collected", sa.BigInteger, nullable=False),
        sa.Column("retained", sa.BigInteger, nullable=False),
        sa.Column("budget", sa.BigInteger, nullable=False),
        sa.CheckConstraint("kind IN ('PHI', 'LE_PHI')", name="ck_remittance_line_kind"),
        sa.CheckConstraint("collected = retained + budget", name="ck_remittance_line_split"),
    )
    op.create_table(
        "remittance_due",
        sa.Column("remittance_id", sa.Text, sa.ForeignKey("remittance.id"), primary_key=True),
        sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount <> 0", name="ck_remittance_due_amount"),
    )
    op.create_index("ix_remittance_due_due", "remittance_due", ["due_id"])
    raise_wall("treasury", "retention", "remittance")


def _closings() -> None:
    op.create_table(
        "day_close",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("checkpoint", sa.Text, nullable=False),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("closed_at", UtcTime, nullable=False),
        sa.Column("reopen_asked_by", sa.Text),
        sa.Column("reopen_asked_at", UtcTime),
        sa.Column("reopen_reason", sa.Text),
        sa.Column("reopened_by", sa.Text),
        sa.Column("reopened_at", UtcTime),
        sa.CheckConstraint("reopened_by IS NULL OR reopened_by <> reopen_asked_by", name="ck_day_close_persons"),
        sa.CheckConstraint("(reopened_at IS NULL) = (reopened_by IS NULL)", name="ck_day_close_reopened"),
    )
    current = sa.text("reopened_at IS NULL")
    op.create_index(
        "uq_day_close_current",
        "day_close",
        ["agency_id", "day"],
        unique=True,
        postgresql_where=current,
        sqlite_where=current,
    )
    raise_wall("day_close")


def _allocations() -> None:
    op.create_table(
        "allocation",
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
        sa.CheckConstraint("outcome IS NULL OR outcome IN ('agreed', 'declined')", name="ck_allocation_outcome"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'agreed' OR ended_by <> asked_by", name="ck_allocation_persons"
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ck_allocation_ended"),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_allocation_open",
        "allocation",
        ["suspense_id"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    raise_wall("allocation")
