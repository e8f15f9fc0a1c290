"""Guards of what a payment asks that look once a statement on PostgreSQL, and room for the answers of idempotency keys."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

WRONG = {
    "payment_due_tariff": (
        "payment_due",
        "amount <> (SELECT amount FROM due WHERE id = {row}.due_id)",
        "a payment asks for a due what it costs",
    ),
    "payment_sum": (
        "payment",
        "amount <> (SELECT COALESCE(SUM(amount), 0) FROM payment_due WHERE payment_id = {row}.id)",
        "a payment asks the sum of its dues",
    ),
}
STAYS = {"payment_amount_stays": "payment", "payment_due_stays": "payment_due"}
CHANGED = "NEW.amount <> OLD.amount"
WHY = "what a payment asks stays"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, (table, wrong, why) in WRONG.items():
        found = f"EXISTS (SELECT FROM fresh WHERE fresh.{wrong.format(row='fresh')})"
        _replace(
            name, table, f"IF {found} THEN RAISE EXCEPTION '{why}'; END IF; RETURN NULL;", "SET enable_seqscan = off"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    for name, table in STAYS.items():
        _replace(name, table, f"RAISE EXCEPTION '{WHY}';")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({CHANGED}) EXECUTE FUNCTION {name}()"
        )
    op.execute("ALTER TABLE idempotency SET (fillfactor = 15)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, (table, wrong, why) in WRONG.items():
        _each_row(name, table, "INSERT", f"NEW.{wrong.format(row='NEW')}", why)
    for name, table in STAYS.items():
        _each_row(name, table, "UPDATE", CHANGED, WHY)
    op.execute("ALTER TABLE idempotency RESET (fillfactor)")


def _each_row(name: str, table: str, act: str, wrong: str, why: str) -> None:
    _replace(name, table, f"IF {wrong} THEN RAISE EXCEPTION '{why}'; END IF; RETURN NEW;")
    op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _replace(name: str, table: str, body: str, options: str = "") -> None:
    """The function with another body, and the trigger gone."""
    head = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {options}"
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"{head} AS $$ BEGIN {body} END $$")
