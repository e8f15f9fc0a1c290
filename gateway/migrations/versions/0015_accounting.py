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
    _suggestions()
    _lumps()
    _tasks()


def downgrade() -> None:
    op.drop_table("break_act")
    op.drop_table("receipted_elsewhere")
    for name in ("register_dossier", "payer_alias", "recon_suggestion"):
        op.drop_table(name)
    op.drop_index("ix_recon_item_kind", "recon_item")
    op.drop_index("ix_recon_item_decided", "recon_item")
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


def _suggestions() -> None:
    current = sa.text("superseded_by IS NULL")
    decided = sa.text("superseded_by IS NULL AND decided_by IS NOT NULL")
    op.create_index(
        "ix_recon_item_decided", "recon_item", ["owner", "subject"], postgresql_where=decided, sqlite_where=decided
    )
    op.create_index(
        "ix_recon_item_kind", "recon_item", ["owner", "kind"], postgresql_where=current, sqlite_where=current
    )
    op.create_table(
        "recon_suggestion",
        sa.Column("line_id", sa.Text, sa.ForeignKey("statement_line.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("candidates", sa.Text, nullable=False),
        sa.Column("sentence_vi", sa.Text, nullable=False),
        sa.Column("sentence_en", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("confirmed_at", UtcTime),
        sa.Column("decision_id", sa.Text),
        sa.CheckConstraint("confidence IN ('high', 'medium', 'low')", name="ck_recon_suggestion_confidence"),
        sa.CheckConstraint("(confirmed_by IS NULL) = (decision_id IS NULL)", name="ck_recon_suggestion_confirmed"),
    )
    op.create_index("ix_recon_suggestion_owner", "recon_suggestion", ["owner", "line_id"])
    op.create_table(
        "payer_alias",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("sender", sa.Text, primary_key=True),
        sa.Column("payer", sa.Text, primary_key=True),
        sa.Column("learnt_by", sa.Text, nullable=False),
        sa.Column("learnt_at", UtcTime, nullable=False),
    )
    raise_wall("recon_suggestion", "payer_alias", column="owner")
    op.create_table(
        "register_dossier",
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("procedure_code", sa.Text, nullable=False),
        sa.Column("result_on", sa.Date),
        sa.Column("fee_bearing", sa.Boolean, nullable=False),
        sa.Column("paid", sa.Boolean),
        sa.Column("imported_at", UtcTime, nullable=False),
    )
    raise_wall("register_dossier")


def _lumps() -> None:
    op.create_table(
        "receipted_elsewhere",
        sa.Column("notice_id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, nullable=False),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id")),
        sa.Column("told_at", UtcTime, nullable=False),
    )
    op.create_index("ix_receipted_elsewhere_payment", "receipted_elsewhere", ["payment_id"])
    raise_wall("receipted_elsewhere")


def _tasks() -> None:
    op.create_table(
        "break_act",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("officer_id", sa.Text, sa.ForeignKey("officer.id")),
        sa.Column("text_sealed", sa.LargeBinary),
        sa.Column("done_by", sa.Text, nullable=False),
        sa.Column("done_at", UtcTime, nullable=False),
        sa.Column("asked_by", sa.Text),
        sa.Column("answers", sa.Text),
        sa.UniqueConstraint("answers", name="uq_break_act_answers"),
        sa.CheckConstraint(
            "act IN ('assigned', 'noted', 'asked', 'accepted', 'agreed', 'declined', 'undone')", name="ck_break_act_act"
        ),
        sa.CheckConstraint(
            "act <> 'agreed' OR (asked_by IS NOT NULL AND asked_by <> done_by)", name="ck_break_act_persons"
        ),
        sa.CheckConstraint("(act IN ('agreed', 'declined')) = (answers IS NOT NULL)", name="ck_break_act_answer"),
    )
    op.create_index("ix_break_act_subject", "break_act", ["agency_id", "subject", "id"])
    raise_wall("break_act")
