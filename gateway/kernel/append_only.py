"""Rows that are written once: triggers on both databases that refuse to change or delete them."""

from __future__ import annotations

import sqlalchemy as sa


def refuse_change(table: sa.Table) -> None:
    """Whoever writes, a row of `table` stays as it was inserted; to be called where the table is declared."""
    for act in ("UPDATE", "DELETE"):
        after_create(
            table,
            "sqlite",
            f"CREATE TRIGGER {table.name}_no_{act.lower()} BEFORE {act} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END",
        )
    after_create(
        table,
        "postgresql",
        f"CREATE OR REPLACE FUNCTION {table.name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table.name} is append-only'; END $$",
    )
    after_create(
        table,
        "postgresql",
        f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table.name}_append_only()",
    )


def after_create(table: sa.Table, dialect: str, statement: str) -> None:
    """Have `statement` run once the table is there, on one dialect."""
    ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]
    sa.event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
