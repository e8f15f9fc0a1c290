"""The audit tree: numbered leaves, nodes and signed checkpoints (RFC 9162)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = ("audit_node", "audit_checkpoint")

LEAF_CHANGED = (
    "OLD.position IS NOT NULL OR NEW.position IS NULL OR NOT (NEW.id = OLD.id AND NEW.agency_id = OLD.agency_id "
    "AND NEW.kind = OLD.kind AND NEW.ref = OLD.ref AND NEW.body = OLD.body AND NEW.hash = OLD.hash "
    "AND NEW.at = OLD.at)"
)

DDL = {
    "sqlite": (
        "CREATE TRIGGER audit_node_no_update BEFORE UPDATE ON audit_node BEGIN SELECT RAISE(ABORT, "
        "'audit_node is append-only'); END",
        "CREATE TRIGGER audit_node_no_delete BEFORE DELETE ON audit_node BEGIN SELECT RAISE(ABORT, "
        "'audit_node is append-only'); END",
        "CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, "
        "'audit_checkpoint is append-only'); END",
        "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, "
        "'audit_checkpoint is append-only'); END",
        f"CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf WHEN {LEAF_CHANGED} BEGIN SELECT "
        "RAISE(ABORT, 'audit_leaf is append-only'); END",
        "CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf BEGIN SELECT RAISE(ABORT, "
        "'audit_leaf is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_node_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'audit_node is append-only'; END $$",
        "CREATE TRIGGER audit_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_node FOR EACH "
        "STATEMENT EXECUTE FUNCTION audit_node_append_only()",
        "CREATE OR REPLACE FUNCTION audit_checkpoint_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'audit_checkpoint is append-only'; END $$",
        "CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint FOR "
        "EACH STATEMENT EXECUTE FUNCTION audit_checkpoint_append_only()",
        "CREATE OR REPLACE FUNCTION audit_leaf_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'audit_leaf is append-only'; END $$",
        f"CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf FOR EACH ROW WHEN ({LEAF_CHANGED}) "
        "EXECUTE FUNCTION audit_leaf_append_only()",
        "CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE OR TRUNCATE ON audit_leaf FOR EACH STATEMENT "
        "EXECUTE FUNCTION audit_leaf_append_only()",
    ),
}

UNDO = {
    "sqlite": ("DROP TRIGGER audit_leaf_no_update", "DROP TRIGGER audit_leaf_no_delete"),
    "postgresql": (
        "DROP TRIGGER audit_leaf_no_update ON audit_leaf",
        "DROP TRIGGER audit_leaf_no_delete ON audit_leaf",
        *(f"DROP FUNCTION {table}_append_only()" for table in ("audit_leaf", *TABLES)),
    ),
}

UNBALANCED = sa.text("counted <> settled + suspended + returned")
UNNUMBERED = sa.text("position IS NULL")


def upgrade() -> None:
    op.create_table(
        "audit_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level > 0 AND level % 4 = 0", name=op.f("ck_audit_node_level")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_audit_node_position")),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_audit_node")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_audit_checkpoint_size")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    for name, table, column, where in (
        ("ix_audit_leaf_unnumbered", "audit_leaf", "id", UNNUMBERED),
        ("ix_notice_unbalanced", "notice", "agency_id", UNBALANCED),
    ):
        op.create_index(name, table, [column], unique=False, postgresql_where=where, sqlite_where=where)
    for statement in DDL[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """The tree goes; the leaves stay, and a later upgrade numbers them anew."""
    op.drop_index("ix_notice_unbalanced", "notice")
    op.drop_index("ix_audit_leaf_unnumbered", "audit_leaf")
    for table in reversed(TABLES):
        op.drop_table(table)
    for statement in UNDO[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute("UPDATE audit_leaf SET position = NULL")
