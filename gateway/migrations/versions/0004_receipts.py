"""Series, numbered receipts and their documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = (
    "receipt_delegation",
    "receipt_registration",
    "receipt_series",
    "receipt",
    "receipt_certificate",
    "receipt_document",
    "receipt_error_notice",
    "receipt_replacement",
)


def upgrade() -> None:
    op.create_table(
        "receipt_delegation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("org_address", sa.Text(), nullable=False),
        sa.Column("delegate_name", sa.Text(), nullable=False),
        sa.Column("delegate_address", sa.Text(), nullable=False),
        sa.Column("delegate_tax_code", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("form IN ('EBL01', 'EBL02')", name=op.f("ck_receipt_delegation_form")),
        sa.CheckConstraint(
            "first_number >= 1 AND first_number <= last_number AND last_number <= 99999999",
            name=op.f("ck_receipt_delegation_range"),
        ),
        sa.CheckConstraint("from_day <= to_day", name=op.f("ck_receipt_delegation_term")),
        sa.CheckConstraint("tax_code <> delegate_tax_code", name=op.f("ck_receipt_delegation_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_delegation")),
        sa.UniqueConstraint(
            "tax_code",
            "form",
            "symbol",
            "first_number",
            name=op.f("uq_receipt_delegation_tax_code_form_symbol_first_number"),
        ),
    )
    op.create_index(op.f("ix_receipt_delegation_owner"), "receipt_delegation", ["owner"], unique=False)
    op.create_table(
        "receipt_registration",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'accepted') = (accepted_on IS NOT NULL)", name=op.f("ck_receipt_registration_accepted")
        ),
        sa.CheckConstraint("state IN ('sent', 'accepted', 'refused')", name=op.f("ck_receipt_registration_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_registration")),
    )
    op.create_index(op.f("ix_receipt_registration_owner"), "receipt_registration", ["owner"], unique=False)
    op.create_table(
        "receipt_series",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("form IN ('EBL01', 'EBL02')", name=op.f("ck_receipt_series_form")),
        sa.CheckConstraint(
            "length(symbol) = 5 AND substr(symbol, 1, 2) = substr(CAST(year AS TEXT), 3, 2) AND substr(symbol, 3, 1) = 'T' AND substr(symbol, 4, 1) IN ('A', 'B', 'C', 'D', 'E', 'G', 'H', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'X', 'Y') AND substr(symbol, 5, 1) IN ('A', 'B', 'C', 'D', 'E', 'G', 'H', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'X', 'Y')",
            name=op.f("ck_receipt_series_symbol"),
        ),
        sa.CheckConstraint(
            "first_number >= 1 AND first_number <= last_number AND last_number <= 99999999",
            name=op.f("ck_receipt_series_range"),
        ),
        sa.CheckConstraint("taken BETWEEN first_number - 1 AND last_number", name=op.f("ck_receipt_series_taken")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2099", name=op.f("ck_receipt_series_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_series")),
        sa.UniqueConstraint(
            "tax_code",
            "form",
            "symbol",
            "first_number",
            name=op.f("uq_receipt_series_tax_code_form_symbol_first_number"),
        ),
    )
    op.create_index(op.f("ix_receipt_series_owner_year"), "receipt_series", ["owner", "year"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("series_id", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("dossier_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("kind_split", sa.Text(), nullable=False),
        sa.Column("lookup_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("payer_masked", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pdf_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'numbered') = (signed_at IS NULL)", name=op.f("ck_receipt_signed")),
        sa.CheckConstraint("(state = 'replaced') = (replaced_by IS NOT NULL)", name=op.f("ck_receipt_replaced")),
        sa.CheckConstraint("kind_split IN ('PHI', 'LE_PHI', 'ALL')", name=op.f("ck_receipt_kind_split")),
        sa.CheckConstraint("state IN ('numbered', 'signed', 'delivered', 'replaced')", name=op.f("ck_receipt_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receipt_amount")),
        sa.CheckConstraint("number BETWEEN 1 AND 99999999", name=op.f("ck_receipt_number")),
        sa.CheckConstraint("pdf_at IS NULL OR signed_at IS NOT NULL", name=op.f("ck_receipt_pdf")),
        sa.ForeignKeyConstraint(["replaced_by"], ["receipt.id"], name=op.f("fk_receipt_replaced_by")),
        sa.ForeignKeyConstraint(["series_id"], ["receipt_series.id"], name=op.f("fk_receipt_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("lookup_code", name=op.f("uq_receipt_lookup_code")),
        sa.UniqueConstraint("owner", "source", name=op.f("uq_receipt_owner_source")),
        sa.UniqueConstraint("series_id", "number", name=op.f("uq_receipt_series_id_number")),
    )
    op.create_index(
        op.f("ix_receipt_issued_at_id"),
        "receipt",
        ["issued_at", "id"],
        unique=False,
        sqlite_where=sa.text("signed_at IS NULL"),
        postgresql_where=sa.text("signed_at IS NULL"),
    )
    op.create_index(op.f("ix_receipt_owner_id"), "receipt", ["owner", "id"], unique=False)
    op.create_index(op.f("ix_receipt_payment"), "receipt", ["payment"], unique=False)
    op.create_index(
        op.f("ix_receipt_signed_at_id"),
        "receipt",
        ["signed_at", "id"],
        unique=False,
        sqlite_where=sa.text("signed_at IS NOT NULL AND pdf_at IS NULL"),
        postgresql_where=sa.text("signed_at IS NOT NULL AND pdf_at IS NULL"),
    )
    op.create_table(
        "receipt_certificate",
        sa.Column("registration_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('in_use', 'stopped')", name=op.f("ck_receipt_certificate_state")),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_receipt_certificate_validity")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["receipt_registration.id"], name=op.f("fk_receipt_certificate_registration_id")
        ),
        sa.PrimaryKeyConstraint("registration_id", "issuer", "serial", name=op.f("pk_receipt_certificate")),
    )
    op.create_table(
        "receipt_document",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('xml', 'pdf')", name=op.f("ck_receipt_document_kind")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_document_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", "kind", name=op.f("pk_receipt_document")),
    )
    op.create_table(
        "receipt_error_notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (answered_at IS NULL)", name=op.f("ck_receipt_error_notice_answered")),
        sa.CheckConstraint("kind IN ('notice', 'explanation')", name=op.f("ck_receipt_error_notice_kind")),
        sa.CheckConstraint("state IN ('sent', 'accepted', 'refused')", name=op.f("ck_receipt_error_notice_state")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_error_notice_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_error_notice")),
    )
    op.create_index(op.f("ix_receipt_error_notice_receipt_id"), "receipt_error_notice", ["receipt_id"], unique=False)
    op.create_table(
        "receipt_replacement",
        sa.Column("old_id", sa.Text(), nullable=False),
        sa.Column("new_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("old_id <> new_id", name=op.f("ck_receipt_replacement_other")),
        sa.ForeignKeyConstraint(["new_id"], ["receipt.id"], name=op.f("fk_receipt_replacement_new_id")),
        sa.ForeignKeyConstraint(["old_id"], ["receipt.id"], name=op.f("fk_receipt_replacement_old_id")),
        sa.PrimaryKeyConstraint("old_id", name=op.f("pk_receipt_replacement")),
        sa.UniqueConstraint("new_id", name=op.f("uq_receipt_replacement_new_id")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
