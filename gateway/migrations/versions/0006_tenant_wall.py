"""A second wall behind the tenant filter: PostgreSQL's row-level security, by the agency the unit of work is for.

The wall stands where `thuphi.agency` is set (every door sets it) and lets the worker, which serves all, pass. It binds
the tables' owner too (FORCE), but never a superuser: connect as a role that is none.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

OWNED_BY_AGENCY = (
    "api_key",
    "audit_leaf",
    "bank_file",
    "beneficiary_account",
    "catalogue",
    "connector_setting",
    "day_lock",
    "dossier",
    "due",
    "event",
    "idempotency",
    "inbox",
    "inbox_refused",
    "job",
    "ledger_entry",
    "ledger_posting",
    "notice",
    "payment",
    "refund",
    "refund_order",
    "suspense",
    "webhook_endpoint",
)
OWNED_BY_OWNER = (
    "receipt",
    "receipt_delegation",
    "receipt_registration",
    "receipt_series",
    "recon_item",
    "recon_run",
    "statement",
    "statement_file",
    "statement_line",
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for column, tables in (("agency_id", OWNED_BY_AGENCY), ("owner", OWNED_BY_OWNER)):
        for table in tables:
            mine = f"coalesce(current_setting('thuphi.agency', true), '') IN ('', {table}.{column})"
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY tenant ON {table} USING ({mine}) WITH CHECK ({mine})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*OWNED_BY_AGENCY, *OWNED_BY_OWNER):
        op.execute(f"DROP POLICY tenant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
