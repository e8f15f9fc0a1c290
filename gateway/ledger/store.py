"""How entries are kept: append-only, by trigger on both databases."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

entry = sa.Table(
    "ledger_entry",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("of_day", sa.Date),  # the day it belongs to, where that was locked
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("corrects", sa.Text),
    sa.Column("posted_at", UtcTime, nullable=False),
    sa.UniqueConstraint("kind", "subject"),
    sa.Index("ix_ledger_entry_agency_day", "agency_id", "day"),
)

posting = sa.Table(
    "ledger_posting",
    metadata,
    sa.Column("entry_id", sa.Text, sa.ForeignKey("ledger_entry.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount <> 0", name="amount"),
    sa.Index("ix_ledger_posting_account", "agency_id", "account"),
)

day_lock = sa.Table(
    "day_lock",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("locked_at", UtcTime, nullable=False),
    sa.Column("locked_by", sa.Text, nullable=False),
    sa.Column("reopened_at", UtcTime),
    sa.Column("asked_by", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("reopened_at IS NULL OR asked_by <> approved_by", name="two_persons"),
    sa.CheckConstraint("(reopened_at IS NULL) = (reason IS NULL)", name="reason"),
    sa.Index(
        "uq_day_lock_current",
        "agency_id",
        "day",
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
        sqlite_where=sa.text("reopened_at IS NULL"),
    ),
)

APPEND_ONLY = (entry, posting)


def _refuse_change(table: sa.Table) -> None:
    """Entries are never edited: a correction is a new entry that names the old one."""
    for act in ("UPDATE", "DELETE"):
        _after_create(
            table,
            "sqlite",
            f"CREATE TRIGGER {table.name}_no_{act.lower()} BEFORE {act} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END",
        )
    _after_create(
        table,
        "postgresql",
        f"CREATE OR REPLACE FUNCTION {table.name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table.name} is append-only'; END $$",
    )
    _after_create(
        table,
        "postgresql",
        f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE ON {table.name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table.name}_append_only()",
    )


def _after_create(table: sa.Table, dialect: str, statement: str) -> None:
    ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]
    sa.event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def _refuse_locked_days() -> None:
    """No entry on a locked day, whoever writes it."""
    locked = (
        "SELECT 1 FROM day_lock WHERE day_lock.agency_id = NEW.agency_id AND day_lock.day = NEW.day "
        "AND day_lock.reopened_at IS NULL"
    )
    _after_create(
        day_lock,
        "sqlite",
        f"CREATE TRIGGER ledger_entry_day BEFORE INSERT ON ledger_entry WHEN EXISTS ({locked}) "
        "BEGIN SELECT RAISE(ABORT, 'the day is locked'); END",
    )
    _after_create(
        day_lock,
        "postgresql",
        "CREATE OR REPLACE FUNCTION ledger_entry_day() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF EXISTS ({locked}) THEN RAISE EXCEPTION 'the day is locked'; END IF; RETURN NEW; END $$",
    )
    _after_create(
        day_lock,
        "postgresql",
        "CREATE TRIGGER ledger_entry_day BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_entry_day()",
    )


day_lock.add_is_dependent_on(entry)  # its trigger stands on the entries
for _table in APPEND_ONLY:
    _refuse_change(_table)
_refuse_locked_days()
