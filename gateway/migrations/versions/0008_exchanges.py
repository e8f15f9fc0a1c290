"""What was said to providers and heard from them, where payers go to pay, and how each provider is doing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0008"
down_revision = "0007"

ASKED = "origin = 'query'"
UNHEARD = "noticed_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "exchange",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.CheckConstraint("act IN ('start', 'query', 'refund', 'inquiry')", name=op.f("ck_exchange_act")),
        sa.CheckConstraint(
            "outcome IN ('sending', 'not_sent', 'answered', 'pending', 'paid', 'failed', 'cancelled', 'reversed', "
            "'unknown')",
            name=op.f("ck_exchange_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    op.create_index("ix_exchange_agency", "exchange", ["agency_id", "id"])
    op.create_index("ix_exchange_payment", "exchange", ["payment_id"])
    op.create_index("ix_exchange_refund", "exchange", ["refund_id"])
    op.create_index("ix_exchange_retain_until", "exchange", ["retain_until"])
    op.create_table(
        "provider_health",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("average_ms", sa.Integer(), nullable=True),
        sa.Column("slow_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_notice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usual_gap_s", sa.Integer(), nullable=True),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_provider_health_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "connector", name=op.f("pk_provider_health")),
    )
    op.create_table(
        "provider_start",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("redirect_url", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_provider_start_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_provider_start")),
    )
    op.add_column("inbox", sa.Column("origin", sa.Text(), nullable=False, server_default=sa.text("'notice'")))
    op.add_column("inbox", sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("inbox", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_inbox_asked",
        "inbox",
        ["agency_id", "connector", "received_at"],
        postgresql_where=sa.text(ASKED),
        sqlite_where=sa.text(ASKED),
    )
    op.create_index(
        "ix_notice_unheard",
        "notice",
        ["agency_id", "connector", "created_at"],
        postgresql_where=sa.text(UNHEARD),
        sqlite_where=sa.text(UNHEARD),
    )
    raise_wall("exchange", "provider_health", "provider_start")


def downgrade() -> None:
    op.drop_index("ix_notice_unheard", "notice")
    op.drop_index("ix_inbox_asked", "inbox")
    for column in ("retry_at", "tries", "origin"):
        op.drop_column("inbox", column)
    for table in ("provider_start", "provider_health", "exchange"):
        op.drop_table(table)
