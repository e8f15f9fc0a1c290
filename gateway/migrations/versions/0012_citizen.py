"""What citizens' pages keep: themes, ratings, and which dossiers are to be named to nobody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.kernel.db import UtcTime
from gateway.migrations.wall import raise_wall

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _themes()
    _ratings()
    _restricted()
    _claims()
    _baskets()


def downgrade() -> None:
    op.execute("ALTER TABLE dossier DROP COLUMN restricted")  # both databases can, without a copy of the table
    for name in ("basket_payment", "basket", "claim", "rating", "agency_theme"):
        op.drop_table(name)


def _themes() -> None:
    op.create_table(
        "agency_theme",
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("accent", sa.Text, nullable=False),
        sa.Column("band", sa.Text, nullable=False),
        sa.Column("logo", sa.LargeBinary),
        sa.Column("bank_links", sa.Boolean, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
    raise_wall("agency_theme")


def _ratings() -> None:
    op.create_table(
        "rating",
        sa.Column("receipt_id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="ck_rating_score"),
    )
    op.create_index("ix_rating_agency", "rating", ["agency_id", "day"])
    raise_wall("rating")


def _restricted() -> None:
    op.add_column("dossier", sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()))


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("paid_on", sa.Date, nullable=False),
        sa.Column("told_sealed", sa.LargeBinary, nullable=False),
        sa.Column("picture_sealed", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("certain", sa.Boolean, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("looked_at", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime),
        sa.Column("ended_by", sa.Text),
        sa.UniqueConstraint("number", name="uq_claim_number"),
        sa.UniqueConstraint("token", name="uq_claim_token"),
        sa.CheckConstraint("state IN ('open', 'found', 'ended')", name="ck_claim_state"),
        sa.CheckConstraint(
            "finding IN ('paid', 'held', 'suspense', 'arriving', 'statement', 'other_account', 'not_ours', 'not_yet')",
            name="ck_claim_finding",
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ck_claim_ended"),
        sa.CheckConstraint("amount > 0", name="ck_claim_amount"),
    )
    op.create_index("ix_claim_payment", "claim", ["payment_id"])
    is_open = sa.text("state = 'open'")
    op.create_index("ix_claim_open", "claim", ["looked_at", "id"], postgresql_where=is_open, sqlite_where=is_open)
    raise_wall("claim")


def _baskets() -> None:
    op.create_table(
        "basket",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("payer_sealed", sa.LargeBinary, nullable=False),
        sa.Column("left_out_sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.UniqueConstraint("token", name="uq_basket_token"),
    )
    op.create_table(
        "basket_payment",
        sa.Column("basket_id", sa.Text, sa.ForeignKey("basket.id"), primary_key=True),
        sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), primary_key=True),
        sa.Column("agency_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    raise_wall("basket_payment")
