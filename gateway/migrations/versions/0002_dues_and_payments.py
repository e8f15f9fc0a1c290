"""What is owed on dossiers, and the payments that ask for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = (
    "catalogue",
    "dossier",
    "due",
    "due_version",
    "payment",
    "payment_due",
)

DDL = {
    "sqlite": (
        "CREATE TRIGGER payment_due_tariff BEFORE INSERT ON payment_due WHEN NEW.amount <> (SELECT "
        "amount FROM due WHERE id = NEW.due_id) BEGIN SELECT RAISE(ABORT, 'a payment asks for a due what"
        " it costs'); END",
        "CREATE TRIGGER payment_sum BEFORE INSERT ON payment WHEN NEW.amount <> (SELECT "
        "COALESCE(SUM(amount), 0) FROM payment_due WHERE payment_id = NEW.id) BEGIN SELECT RAISE(ABORT, "
        "'a payment asks the sum of its dues'); END",
        "CREATE TRIGGER payment_amount_stays BEFORE UPDATE ON payment WHEN NEW.amount <> OLD.amount "
        "BEGIN SELECT RAISE(ABORT, 'what a payment asks stays'); END",
        "CREATE TRIGGER payment_due_stays BEFORE UPDATE ON payment_due WHEN NEW.amount <> OLD.amount "
        "BEGIN SELECT RAISE(ABORT, 'what a payment asks stays'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION payment_due_tariff() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF"
        " NEW.amount <> (SELECT amount FROM due WHERE id = NEW.due_id) THEN RAISE EXCEPTION 'a payment "
        "asks for a due what it costs'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER payment_due_tariff BEFORE INSERT ON payment_due FOR EACH ROW EXECUTE FUNCTION "
        "payment_due_tariff()",
        "CREATE OR REPLACE FUNCTION payment_sum() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "NEW.amount <> (SELECT COALESCE(SUM(amount), 0) FROM payment_due WHERE payment_id = NEW.id) THEN"
        " RAISE EXCEPTION 'a payment asks the sum of its dues'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER payment_sum BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION payment_sum()",
        "CREATE OR REPLACE FUNCTION payment_amount_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.amount <> OLD.amount THEN RAISE EXCEPTION 'what a payment asks stays'; END IF; RETURN "
        "NEW; END $$",
        "CREATE TRIGGER payment_amount_stays BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION "
        "payment_amount_stays()",
        "CREATE OR REPLACE FUNCTION payment_due_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "NEW.amount <> OLD.amount THEN RAISE EXCEPTION 'what a payment asks stays'; END IF; RETURN NEW; "
        "END $$",
        "CREATE TRIGGER payment_due_stays BEFORE UPDATE ON payment_due FOR EACH ROW EXECUTE FUNCTION "
        "payment_due_stays()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
    )
    op.create_index(
        "uq_catalogue_in_force",
        "catalogue",
        ["agency_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
        sqlite_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("procedure_name", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("payer_kind", sa.Text(), nullable=False),
        sa.Column("payer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("payer_masked", sa.Text(), nullable=False),
        sa.Column("payer_index", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('counter', 'online')", name=op.f("ck_dossier_channel")),
        sa.CheckConstraint("payer_kind IN ('person', 'organisation')", name=op.f("ck_dossier_payer_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("agency_id", "code", name=op.f("uq_dossier_agency_id_code")),
    )
    op.create_index("ix_dossier_payer", "dossier", ["agency_id", "payer_index"], unique=False)
    op.create_table(
        "due",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fee_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("base_amount", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reduction", sa.Text(), nullable=True),
        sa.Column("claim_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("chapter", sa.Text(), nullable=False),
        sa.Column("sub_item", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'paid') = (payment_id IS NOT NULL)", name=op.f("ck_due_paid_by")),
        sa.CheckConstraint("kind IN ('PHI', 'LE_PHI', 'OTHER')", name=op.f("ck_due_kind")),
        sa.CheckConstraint("phase IN ('intake', 'supplement', 'return')", name=op.f("ck_due_phase")),
        sa.CheckConstraint("status = 'withdrawn' OR (status = 'exempt') = (amount = 0)", name=op.f("ck_due_exempt")),
        sa.CheckConstraint("status IN ('open', 'paid', 'exempt', 'withdrawn')", name=op.f("ck_due_status")),
        sa.CheckConstraint("amount >= 0 AND amount <= base_amount", name=op.f("ck_due_amount")),
        sa.CheckConstraint("quantity > 0 AND quantity * unit_price = amount", name=op.f("ck_due_product")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_due_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
        sa.UniqueConstraint("dossier_id", "position", name=op.f("uq_due_dossier_id_position")),
    )
    op.create_index("ix_due_agency", "due", ["agency_id", "id"], unique=False)
    op.create_index("ix_due_payment", "due", ["payment_id"], unique=False)
    op.create_table(
        "due_version",
        sa.Column("due_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["due_id"], ["due.id"], name=op.f("fk_due_version_due_id")),
        sa.PrimaryKeyConstraint("due_id", "version", name=op.f("pk_due_version")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'unknown', 'settled', 'confirmed', 'expired', 'failed')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("received >= 0", name=op.f("ck_payment_received")),
        sa.ForeignKeyConstraint(["account_id"], ["beneficiary_account.id"], name=op.f("fk_payment_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_payment_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_reference")),
        sa.UniqueConstraint("token", name=op.f("uq_payment_token")),
    )
    op.create_index("ix_payment_agency", "payment", ["agency_id", "id"], unique=False)
    op.create_index(
        "ix_payment_expiring",
        "payment",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "payment_due",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("due_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_due_amount")),
        sa.ForeignKeyConstraint(["due_id"], ["due.id"], name=op.f("fk_payment_due_due_id")),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
            name=op.f("fk_payment_due_payment_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("payment_id", "due_id", name=op.f("pk_payment_due")),
    )
    op.create_index("ix_payment_due_due", "payment_due", ["due_id"], unique=False)
    for statement in DDL[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS payment_due_tariff()")
        op.execute("DROP FUNCTION IF EXISTS payment_due_tariff()")
        op.execute("DROP FUNCTION IF EXISTS payment_sum()")
        op.execute("DROP FUNCTION IF EXISTS payment_sum()")
        op.execute("DROP FUNCTION IF EXISTS payment_amount_stays()")
        op.execute("DROP FUNCTION IF EXISTS payment_amount_stays()")
        op.execute("DROP FUNCTION IF EXISTS payment_due_stays()")
        op.execute("DROP FUNCTION IF EXISTS payment_due_stays()")
