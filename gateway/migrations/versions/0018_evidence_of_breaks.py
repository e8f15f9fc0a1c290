"""What an accountant lays beside a break: its evidence, acts that stay as they were said, and money placed in parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.kernel.db import UtcTime
from gateway.migrations.wall import raise_wall

revision = "0018"
down_revision = "0017"

ONCE = ("break_act", "break_evidence", "allocation_undone")  # written once
IS_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "break_evidence",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("content_sealed", sa.LargeBinary, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", UtcTime, nullable=False),
        sa.UniqueConstraint("agency_id", "subject", "sha256", name="uq_break_evidence_agency_id_subject_sha256"),
        sa.CheckConstraint("media IN ('pdf', 'png', 'jpeg', 'xlsx', 'text')", name="ck_break_evidence_media"),
        sa.CheckConstraint("size BETWEEN 1 AND 5242880", name="ck_break_evidence_size"),
    )
    op.create_table(
        "allocation_undone",
        sa.Column("allocation_id", sa.Text, sa.ForeignKey("allocation.id"), primary_key=True),
        sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("done_by", sa.Text, nullable=False),
        sa.Column("done_at", UtcTime, nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_allocation_undone_amount"),
    )
    op.add_column("allocation", sa.Column("split_id", sa.Text))
    op.add_column("allocation", sa.Column("part", sa.Integer, nullable=False, server_default=sa.text("1")))
    _one_proposal(["suspense_id", "part"])
    raise_wall("break_evidence", "allocation_undone")
    for table in ONCE:
        _refuse_change(table)


def downgrade() -> None:
    for table in ONCE:
        _allow_change(table)
    op.execute(
        "UPDATE allocation SET ended_by = asked_by, ended_at = asked_at, outcome = 'declined' "
        "WHERE split_id IS NOT NULL AND ended_at IS NULL"
    )  # the tables below know no parts: a proposal to split is made again
    _one_proposal(["suspense_id"])
    op.drop_column("allocation", "part")
    op.drop_column("allocation", "split_id")
    op.drop_table("allocation_undone")
    op.drop_table("break_evidence")


def _one_proposal(columns: list[str]) -> None:
    op.drop_index("uq_allocation_open", "allocation")
    op.create_index(
        "uq_allocation_open", "allocation", columns, unique=True, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN
    )


def _refuse_change(table: str) -> None:
    why = f"{table} is append-only"
    if op.get_bind().dialect.name == "postgresql":
        name = f"{table}_append_only"
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{why}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )


def _allow_change(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP FUNCTION {table}_append_only()")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_no_{act}")
