"""Officers, their roles and their sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "officer",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agency_id", sa.Text(), sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("login", name="uq_officer_login"),
        sa.UniqueConstraint("issuer", "subject", name="uq_officer_issuer_subject"),
    )
    op.create_index("ix_officer_agency", "officer", ["agency_id", "id"])
    op.create_table(
        "officer_role",
        sa.Column("officer_id", sa.Text(), sa.ForeignKey("officer.id"), primary_key=True),
        sa.Column("role", sa.Text(), primary_key=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('assistant', 'counter', 'accountant', 'approver', 'admin', 'auditor')",
            name="ck_officer_role_role",
        ),
    )
    op.create_table(
        "officer_session",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("officer_id", sa.Text(), sa.ForeignKey("officer.id"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("hash", name="uq_officer_session_hash"),
    )
    op.create_index("ix_officer_session_officer", "officer_session", ["officer_id"])
    raise_wall("officer")


def downgrade() -> None:
    for table in ("officer_session", "officer_role", "officer"):
        op.drop_table(table)
