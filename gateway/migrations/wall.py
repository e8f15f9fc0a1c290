"""The tenant wall on a table (PostgreSQL's row-level security), for the revisions that found tables after 0006."""

from __future__ import annotations

from alembic import op


def raise_wall(*tables: str, column: str = "agency_id") -> None:
    """Confine each table to the agency the unit of work is for; nothing on SQLite, which has no such wall."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        mine = f"coalesce(current_setting('thuphi.agency', true), '') IN ('', {table}.{column})"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({mine}) WITH CHECK ({mine})")
