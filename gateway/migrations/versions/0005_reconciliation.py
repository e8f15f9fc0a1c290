"""Statements, lines and what was found of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    "recon_item",
    "recon_run",
    "statement_file",
    "statement",
    "statement_line",
    "line_ref",
)


def upgrade() -> None:
    op.create_table(
        "recon_item",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("how", sa.SmallInteger(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("payment_count", sa.BigInteger(), nullable=False),
        sa.Column("line_sum", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("payment_sum", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("contested_by", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('MATCH_E2E', 'MATCH_MEMO', 'MATCH_ONE_TO_MANY', 'MATCH_MANY_TO_ONE', 'MATCH_MANY_TO_MANY', 'MATCH_BATCH', 'MONEY_WITHOUT_RECEIPT', 'RECEIPT_WITHOUT_MONEY', 'AMOUNT_UNDER', 'AMOUNT_OVER', 'DUPLICATE', 'UNKNOWN_REFERENCE', 'WRONG_ACCOUNT', 'FEE_MISMATCH', 'BATCH_NOT_PAID', 'MISSING_IN_SETTLEMENT', 'MISSING_IN_BANK', 'LATE_CUTOFF', 'OPEN', 'REFUND', 'CHARGEBACK', 'REMITTANCE', 'INTERNAL_TRANSFER', 'INTEREST', 'BANK_FEE', 'UNKNOWN_DEBIT', 'AMBIGUOUS', 'STATEMENT_GAP')",
            name=op.f("ck_recon_item_kind"),
        ),
        sa.CheckConstraint("(line_id IS NULL) <> (payment_id IS NULL)", name=op.f("ck_recon_item_subject")),
        sa.PrimaryKeyConstraint("run_id", "subject", name=op.f("pk_recon_item")),
    )
    op.create_index(op.f("ix_recon_item_owner_group_id"), "recon_item", ["owner", "group_id"], unique=False)
    op.create_index(
        "uq_recon_item_line",
        "recon_item",
        ["owner", "line_id"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_index(
        "uq_recon_item_payment",
        "recon_item",
        ["owner", "payment_id"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "recon_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("payment_count", sa.BigInteger(), nullable=False),
        sa.Column("last_line", sa.Text(), nullable=True),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("result_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recon_run")),
    )
    op.create_index(op.f("ix_recon_run_owner_at"), "recon_run", ["owner", "at"], unique=False)
    op.create_table(
        "statement_file",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_file")),
        sa.UniqueConstraint("owner", "sha256", name=op.f("uq_statement_file_owner_sha256")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("balances", sa.Boolean(), nullable=True),
        sa.Column("gap", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["statement_file.id"], name=op.f("fk_statement_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    op.create_index(
        op.f("ix_statement_owner_account_from_day"), "statement", ["owner", "account", "from_day"], unique=False
    )
    op.create_table(
        "statement_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("booking_date", sa.Date(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("bank_ref", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("counterparty_name", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_account", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("direction IN ('CRDT', 'DBIT')", name=op.f("ck_statement_line_direction")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_statement_line_amount")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_statement_line_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("owner", "natural_key", name=op.f("uq_statement_line_owner_natural_key")),
    )
    op.create_index(
        op.f("ix_statement_line_owner_account_booking_date"),
        "statement_line",
        ["owner", "account", "booking_date"],
        unique=False,
    )
    op.create_index(op.f("ix_statement_line_statement_id"), "statement_line", ["statement_id"], unique=False)
    op.create_table(
        "line_ref",
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("how", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["statement_line.id"], name=op.f("fk_line_ref_line_id")),
        sa.PrimaryKeyConstraint("line_id", "ref", name=op.f("pk_line_ref")),
    )
    op.create_index(op.f("ix_line_ref_ref"), "line_ref", ["ref"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
