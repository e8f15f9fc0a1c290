"""E-mail and SMS to payers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agency_id", sa.Text(), sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("event_id", "medium", name="uq_message_event_id_medium"),
        sa.CheckConstraint("medium IN ('email', 'sms')", name="ck_message_medium"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'refused', 'failed')", name="ck_message_state"),
        sa.CheckConstraint(
            "occasion IN ('paid', 'receipt', 'refund', 'refunded', 'claim', 'claim_found')", name="ck_message_occasion"
        ),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ck_message_ended"),
        sa.CheckConstraint("(state = 'waiting') = (sealed IS NOT NULL)", name="ck_message_forgotten"),
    )
    raise_wall("message")


def downgrade() -> None:
    op.drop_table("message")
