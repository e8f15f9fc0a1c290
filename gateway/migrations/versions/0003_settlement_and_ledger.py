"""What comes in, where it goes, and the entries that say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = (
    "inbox",
    "inbox_refused",
    "ledger_entry",
    "bank_file",
    "day_lock",
    "ledger_posting",
    "refund_order",
    "notice",
    "suspense",
    "refund",
    "refund_order_row",
    "refund_part",
)

DDL = {
    "sqlite": (
        "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, "
        "'ledger_entry is append-only'); END",
        "CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, "
        "'ledger_entry is append-only'); END",
        "CREATE TRIGGER ledger_entry_day BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1 FROM "
        "day_lock WHERE day_lock.agency_id = NEW.agency_id AND day_lock.day = NEW.day AND "
        "day_lock.reopened_at IS NULL) BEGIN SELECT RAISE(ABORT, 'the day is locked'); END",
        "CREATE TRIGGER ledger_posting_no_update BEFORE UPDATE ON ledger_posting BEGIN SELECT "
        "RAISE(ABORT, 'ledger_posting is append-only'); END",
        "CREATE TRIGGER ledger_posting_no_delete BEFORE DELETE ON ledger_posting BEGIN SELECT "
        "RAISE(ABORT, 'ledger_posting is append-only'); END",
        "CREATE TRIGGER refund_within_due_insert AFTER INSERT ON refund WHEN (SELECT sum(r.amount) FROM "
        "refund r WHERE r.due_id = NEW.due_id AND r.status <> 'refused') > (SELECT d.amount FROM due d "
        "WHERE d.id = NEW.due_id) BEGIN SELECT RAISE(ABORT, 'refunds exceed the due'); END",
        "CREATE TRIGGER refund_within_due_update AFTER UPDATE ON refund WHEN (SELECT sum(r.amount) FROM "
        "refund r WHERE r.due_id = NEW.due_id AND r.status <> 'refused') > (SELECT d.amount FROM due d "
        "WHERE d.id = NEW.due_id) BEGIN SELECT RAISE(ABORT, 'refunds exceed the due'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION ledger_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'ledger_entry is append-only'; END $$",
        "CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH "
        "STATEMENT EXECUTE FUNCTION ledger_entry_append_only()",
        "CREATE OR REPLACE FUNCTION ledger_entry_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "EXISTS (SELECT 1 FROM day_lock WHERE day_lock.agency_id = NEW.agency_id AND day_lock.day = "
        "NEW.day AND day_lock.reopened_at IS NULL) THEN RAISE EXCEPTION 'the day is locked'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER ledger_entry_day BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION "
        "ledger_entry_day()",
        "CREATE OR REPLACE FUNCTION ledger_posting_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'ledger_posting is append-only'; END $$",
        "CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE ON ledger_posting FOR EACH "
        "STATEMENT EXECUTE FUNCTION ledger_posting_append_only()",
        "CREATE OR REPLACE FUNCTION refund_within_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "(SELECT sum(r.amount) FROM refund r WHERE r.due_id = NEW.due_id AND r.status <> 'refused') > "
        "(SELECT d.amount FROM due d WHERE d.id = NEW.due_id) THEN RAISE EXCEPTION 'refunds exceed the "
        "due' USING ERRCODE = '23514'; END IF; RETURN NULL; END $$",
        "CREATE TRIGGER refund_within_due AFTER INSERT OR UPDATE ON refund FOR EACH ROW EXECUTE FUNCTION"
        " refund_within_due()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("notice_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'poison')", name=op.f("ck_inbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("agency_id", "connector", "event_key", name=op.f("uq_inbox_agency_id_connector_event_key")),
    )
    op.create_index(
        "ix_inbox_unfinished",
        "inbox",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
        sqlite_where=sa.text("state <> 'done'"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "inbox_refused",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_refused")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("of_day", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_ledger_entry_kind_subject")),
    )
    op.create_index("ix_ledger_entry_agency_day", "ledger_entry", ["agency_id", "day"], unique=False)
    op.create_table(
        "bank_file",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_bank_file_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("agency_id", "sha256", name=op.f("uq_bank_file_agency_id_sha256")),
    )
    op.create_table(
        "day_lock",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(reopened_at IS NULL) = (reason IS NULL)", name=op.f("ck_day_lock_reason")),
        sa.CheckConstraint("reopened_at IS NULL OR asked_by <> approved_by", name=op.f("ck_day_lock_two_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_lock")),
    )
    op.create_index(
        "uq_day_lock_current",
        "day_lock",
        ["agency_id", "day"],
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
        sqlite_where=sa.text("reopened_at IS NULL"),
    )
    op.create_table(
        "ledger_posting",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_posting_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_posting_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_ledger_posting")),
    )
    op.create_index("ix_ledger_posting_account", "ledger_posting", ["agency_id", "account"], unique=False)
    op.create_table(
        "refund_order",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total > 0", name=op.f("ck_refund_order_total")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_refund_order_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_order")),
        sa.UniqueConstraint("reference", name=op.f("uq_refund_order_reference")),
    )
    op.create_index("ix_refund_order_agency", "refund_order", ["agency_id", "id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("suspended", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("refunding", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("counted = settled + suspended + returned", name=op.f("ck_notice_conservation")),
        sa.CheckConstraint("refunding >= 0 AND refunding <= suspended", name=op.f("ck_notice_refunding")),
        sa.CheckConstraint("settled >= 0 AND suspended >= 0 AND returned >= 0", name=op.f("ck_notice_signs")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_notice_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_bank_reference", "notice", ["agency_id", "account", "bank_reference"], unique=False)
    op.create_index("ix_notice_day", "notice", ["agency_id", "account", "day"], unique=False)
    op.create_index("ix_notice_payment", "notice", ["payment_id"], unique=False)
    op.create_table(
        "suspense",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('settled', 'replaced', 'refund')", name=op.f("ck_suspense_outcome")
        ),
        sa.CheckConstraint(
            "reason IN ('unknown_reference', 'several_references', 'wrong_account', 'wrong_currency', 'wrong_direction', 'under', 'over', 'duplicate', 'due_paid', 'due_withdrawn', 'series_closed', 'unproven')",
            name=op.f("ck_suspense_reason"),
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_suspense_closed")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_suspense_notice_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_suspense_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspense")),
    )
    op.create_index(
        "ix_suspense_open",
        "suspense",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_suspense_payment", "suspense", ["payment_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=True),
        sa.Column("suspense_id", sa.Text(), nullable=True),
        sa.Column("due_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("receipt_ids", sa.Text(), nullable=False),
        sa.Column("destination_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("destination_digest", sa.Text(), nullable=False),
        sa.Column("to_origin", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endorsed_by", sa.Text(), nullable=True),
        sa.Column("endorsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Text(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'returned') = (returned_at IS NOT NULL)", name=op.f("ck_refund_returned")),
        sa.CheckConstraint(
            "due_id IS NULL OR (ground <> '' AND payment_id IS NOT NULL)", name=op.f("ck_refund_ground")
        ),
        sa.CheckConstraint(
            "status <> 'returned' OR line_id IS NOT NULL OR provider_id IS NOT NULL", name=op.f("ck_refund_proof")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'endorsed', 'approved', 'ordered', 'failed', 'returned', 'refused')",
            name=op.f("ck_refund_status"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'endorsed', 'refused') OR (approved_by IS NOT NULL AND (to_origin OR endorsed_by IS NOT NULL))",
            name=op.f("ck_refund_approved"),
        ),
        sa.CheckConstraint("(due_id IS NULL) = (notice_id IS NOT NULL)", name=op.f("ck_refund_source")),
        sa.CheckConstraint(
            "(endorsed_by IS NULL OR endorsed_by <> requested_by) AND (approved_by IS NULL OR approved_by <> requested_by) AND (endorsed_by IS NULL OR approved_by IS NULL OR endorsed_by <> approved_by)",
            name=op.f("ck_refund_persons"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_refund_agency_id")),
        sa.ForeignKeyConstraint(["due_id"], ["due.id"], name=op.f("fk_refund_due_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_refund_notice_id")),
        sa.ForeignKeyConstraint(["order_id"], ["refund_order.id"], name=op.f("fk_refund_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.ForeignKeyConstraint(["suspense_id"], ["suspense.id"], name=op.f("fk_refund_suspense_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_refund_agency_id_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_refund_reference")),
    )
    op.create_index(
        "ix_refund_destination", "refund", ["agency_id", "destination_digest", "requested_at"], unique=False
    )
    op.create_index("ix_refund_due", "refund", ["due_id"], unique=False)
    op.create_index("ix_refund_line", "refund", ["line_id"], unique=False)
    op.create_index("ix_refund_notice", "refund", ["notice_id"], unique=False)
    op.create_index("ix_refund_order", "refund", ["order_id"], unique=False)
    op.create_index("ix_refund_payment", "refund", ["payment_id"], unique=False)
    op.create_index("ix_refund_status", "refund", ["agency_id", "status", "id"], unique=False)
    op.create_table(
        "refund_order_row",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["refund_order.id"], name=op.f("fk_refund_order_row_order_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_order_row_refund_id")),
        sa.PrimaryKeyConstraint("order_id", "refund_id", name=op.f("pk_refund_order_row")),
        sa.UniqueConstraint("refund_id", "attempt", name=op.f("uq_refund_order_row_refund_id_attempt")),
    )
    op.create_table(
        "refund_part",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_part_amount")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_refund_part_notice_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_part_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", "notice_id", name=op.f("pk_refund_part")),
    )
    op.create_index("ix_refund_part_notice", "refund_part", ["notice_id"], unique=False)
    for statement in DDL[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS ledger_entry_append_only()")
        op.execute("DROP FUNCTION IF EXISTS ledger_entry_append_only()")
        op.execute("DROP FUNCTION IF EXISTS ledger_entry_day()")
        op.execute("DROP FUNCTION IF EXISTS ledger_entry_day()")
        op.execute("DROP FUNCTION IF EXISTS ledger_posting_append_only()")
        op.execute("DROP FUNCTION IF EXISTS ledger_posting_append_only()")
        op.execute("DROP FUNCTION IF EXISTS refund_within_due()")
        op.execute("DROP FUNCTION IF EXISTS refund_within_due()")
