"""Terminals, shifts and counter sales."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0016"
down_revision = "0015"

UNFINISHED = sa.text("state IN ('asked', 'unknown', 'reversing')")
TERMINALS = (
    "terminal_note",
    "terminal_totals",
    "terminal_reversal",
    "terminal_message",
    "terminal_sale",
    "counter_terminal",
    "terminal",
    "due_busy",
)


COUNTERS = (
    "exemption_grant",
    "outage_slip",
    "sale_undoing",
    "cash_take",
    "cash_deposit",
    "queue_ticket",
    "counter_visit",
    "counter_shift",
    "counter_qr_card",
    "counter",
)


def upgrade() -> None:
    _terminals()
    _shifts()


def downgrade() -> None:
    for table in (*COUNTERS, *TERMINALS):
        op.drop_table(table)


def _terminals() -> None:
    op.create_table(
        "due_busy",
        sa.Column("due_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["due_id"], ["due.id"], name=op.f("fk_due_busy_due_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_due_busy_payment_id")),
        sa.PrimaryKeyConstraint("due_id", name=op.f("pk_due_busy")),
    )
    op.create_index("ix_due_busy_payment", "due_busy", ["payment_id"])
    op.create_table(
        "terminal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("acquirer", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("poi_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("implied", sa.Integer(), nullable=False),
        sa.Column("secrets_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flaw", sa.Text(), nullable=False),
        sa.CheckConstraint("model IN ('lan', 'cloud', 'pull')", name=op.f("ck_terminal_model")),
        sa.CheckConstraint("implied IN (0, 2)", name=op.f("ck_terminal_implied")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_terminal_agency_id")),
        sa.ForeignKeyConstraint(["account_id"], ["beneficiary_account.id"], name=op.f("fk_terminal_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_terminal_agency_id_name")),
        sa.UniqueConstraint("poi_id", "sale_id", name=op.f("uq_terminal_poi_id_sale_id")),
    )
    op.create_table(
        "counter_terminal",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_terminal_agency_id")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_counter_terminal_terminal_id")),
        sa.PrimaryKeyConstraint("agency_id", "counter", name=op.f("pk_counter_terminal")),
    )
    _terminal_sale()
    op.create_table(
        "terminal_message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_terminal_message_direction")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_message_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal_message")),
    )
    op.create_index("ix_terminal_message_service", "terminal_message", ["terminal_id", "service_id", "id"])
    _terminal_reversal()
    _terminal_totals()
    _terminal_note()
    raise_wall(*TERMINALS)


def _terminal_sale() -> None:
    texts = (
        "poi_transaction",
        "poi_time",
        "masked_pan",
        "brand",
        "rrn",
        "approval_code",
        "tid",
        "mid",
        "batch",
        "stan",
    )
    op.create_table(
        "terminal_sale",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorised", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("notice_key", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_terminal_sale_amount")),
        sa.CheckConstraint(
            "state IN ('asked', 'unknown', 'reversing', 'approved', 'refused', 'reversed')",
            name=op.f("ck_terminal_sale_state"),
        ),
        sa.CheckConstraint("(state = 'approved') = (notice_key IS NOT NULL)", name=op.f("ck_terminal_sale_approved")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_sale_terminal_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_terminal_sale_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal_sale")),
        sa.UniqueConstraint("terminal_id", "service_id", name=op.f("uq_terminal_sale_terminal_id_service_id")),
    )
    op.create_index("ix_terminal_sale_payment", "terminal_sale", ["payment_id", "id"])
    for name, column, unique in (
        ("ix_terminal_sale_unfinished", "payment_id", True),
        ("ix_terminal_sale_next", "next_at", False),
    ):
        op.create_index(
            name, "terminal_sale", [column], unique=unique, postgresql_where=UNFINISHED, sqlite_where=UNFINISHED
        )


def _terminal_reversal() -> None:
    op.create_table(
        "terminal_reversal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'declined', 'agreed', 'file', 'reversed', 'refused')",
            name=op.f("ck_terminal_reversal_state"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_terminal_reversal_two_persons")
        ),
        sa.CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name=op.f("ck_terminal_reversal_decided")),
        sa.ForeignKeyConstraint(["sale_id"], ["terminal_sale.id"], name=op.f("fk_terminal_reversal_sale_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_terminal_reversal_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal_reversal")),
    )
    live = sa.text("state IN ('asked', 'agreed', 'file', 'reversed')")
    op.create_index(
        "uq_terminal_reversal_live",
        "terminal_reversal",
        ["sale_id"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )
    op.create_index("ix_terminal_reversal_payment", "terminal_reversal", ["payment_id", "id"])
    op.create_index("ix_terminal_reversal_next", "terminal_reversal", ["state", "next_at"])


def _terminal_totals() -> None:
    counts = ("said_count", "said_amount", "our_count", "our_amount", "doubtful")
    op.create_table(
        "terminal_totals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("balanced", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'told', 'silent', 'not_sent')", name=op.f("ck_terminal_totals_state")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_totals_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal_totals")),
    )
    op.create_index("ix_terminal_totals_terminal", "terminal_totals", ["terminal_id", "id"])
    op.create_index("ix_terminal_totals_day", "terminal_totals", ["agency_id", "day", "id"])


def _terminal_note() -> None:
    op.create_table(
        "terminal_note",
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('hung', 'pulled', 'answered', 'gone')", name=op.f("ck_terminal_note_state")),
        sa.CheckConstraint(
            "(state = 'answered') = (answer_sealed IS NOT NULL)", name=op.f("ck_terminal_note_answered")
        ),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_note_terminal_id")),
        sa.PrimaryKeyConstraint("terminal_id", "number", name=op.f("pk_terminal_note")),
    )
    op.create_index("ix_terminal_note_until", "terminal_note", ["until"])


def _shifts() -> None:
    """Counters and their shifts, what was served there, and what takes a second person."""
    _counter()
    _counter_qr_card()
    _counter_shift()
    _counter_visit()
    _queue_ticket()
    _cash_deposit()
    _cash_take()
    _sale_undoing()
    _outage_slip()
    _exemption_grant()
    raise_wall(*COUNTERS)


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("shown_payment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("paper IN ('a5', 'slip')", name=op.f("ck_counter_paper")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_counter_agency_id_name")),
        sa.UniqueConstraint("token", name=op.f("uq_counter_token")),
    )


def _counter_qr_card() -> None:
    op.create_table(
        "counter_qr_card",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("counter_id", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_qr_card_agency_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_counter_qr_card_counter_id")),
        sa.PrimaryKeyConstraint("agency_id", "serial", name=op.f("pk_counter_qr_card")),
    )


def _counter_shift() -> None:
    op.create_table(
        "counter_shift",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("counter_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opening_cash", sa.BigInteger(), nullable=False),
        sa.Column("opening_counts", sa.Text(), nullable=False),
        sa.Column("opening_note", sa.Text(), nullable=False),
        sa.Column("cards", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_counts", sa.Text(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("left_cash", sa.BigInteger(), nullable=False),
        sa.Column("handed_to", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "opening_cash >= 0 AND left_cash >= 0 AND difference >= 0", name=op.f("ck_counter_shift_amounts")
        ),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_counter_shift_closed")),
        sa.CheckConstraint("state IN ('open', 'closed', 'escalated', 'resolved')", name=op.f("ck_counter_shift_state")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_shift_agency_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_counter_shift_counter_id")),
        sa.ForeignKeyConstraint(["handed_to"], ["officer.id"], name=op.f("fk_counter_shift_handed_to")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_counter_shift_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_shift")),
    )
    op.create_index("ix_counter_shift_agency", "counter_shift", ["agency_id", "id"])
    live = sa.text("state = 'open'")
    op.create_index(
        "uq_counter_shift_counter",
        "counter_shift",
        ["counter_id"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )
    live = sa.text("state = 'open'")
    op.create_index(
        "uq_counter_shift_officer",
        "counter_shift",
        ["officer_id"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )


def _counter_visit() -> None:
    op.create_table(
        "counter_visit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_visit_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_counter_visit_collects_for")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_counter_visit_payment_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_counter_visit_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_visit")),
        sa.UniqueConstraint("payment_id", "shift_id", name=op.f("uq_counter_visit_payment_id_shift_id")),
    )
    op.create_index("ix_counter_visit_agency", "counter_visit", ["agency_id", "asked_at"])
    op.create_index("ix_counter_visit_shift", "counter_visit", ["shift_id", "id"])


def _queue_ticket() -> None:
    op.create_table(
        "queue_ticket",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'called', 'serving', 'done')", name=op.f("ck_queue_ticket_state")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_queue_ticket_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "day", "number", name=op.f("pk_queue_ticket")),
    )


def _cash_deposit() -> None:
    op.create_table(
        "cash_deposit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cash_deposit_amount")),
        sa.CheckConstraint("(line_id IS NULL) = (cleared_at IS NULL)", name=op.f("ck_cash_deposit_cleared")),
        sa.ForeignKeyConstraint(["account_id"], ["beneficiary_account.id"], name=op.f("fk_cash_deposit_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_cash_deposit_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_cash_deposit_collects_for")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_cash_deposit_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_deposit")),
        sa.UniqueConstraint("reference", name=op.f("uq_cash_deposit_reference")),
    )


def _cash_take() -> None:
    op.create_table(
        "cash_take",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tendered", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("deposit_id", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0 AND tendered >= amount", name=op.f("ck_cash_take_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["beneficiary_account.id"], name=op.f("fk_cash_take_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_cash_take_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_cash_take_collects_for")),
        sa.ForeignKeyConstraint(["deposit_id"], ["cash_deposit.id"], name=op.f("fk_cash_take_deposit_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_cash_take_payment_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_cash_take_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_take")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_cash_take_payment_id")),
    )
    op.create_index("ix_cash_take_deposit", "cash_take", ["deposit_id"])
    op.create_index("ix_cash_take_shift", "cash_take", ["shift_id"])


def _sale_undoing() -> None:
    op.create_table(
        "sale_undoing",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'refused', 'done', 'failed')", name=op.f("ck_sale_undoing_state")
        ),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_sale_undoing_two_persons")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_sale_undoing_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_sale_undoing_collects_for")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_sale_undoing_payment_id")),
        sa.ForeignKeyConstraint(["sale_id"], ["terminal_sale.id"], name=op.f("fk_sale_undoing_sale_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_sale_undoing_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_undoing")),
    )
    live = sa.text("state IN ('asked', 'approved')")
    op.create_index(
        "uq_sale_undoing_live", "sale_undoing", ["payment_id"], unique=True, postgresql_where=live, sqlite_where=live
    )


def _outage_slip() -> None:
    op.create_table(
        "outage_slip",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("rrn", sa.Text(), nullable=False),
        sa.Column("approval_code", sa.Text(), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_outage_slip_amount")),
        sa.CheckConstraint("state IN ('waiting', 'found', 'differs', 'missing')", name=op.f("ck_outage_slip_state")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_outage_slip_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_outage_slip_collects_for")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_outage_slip_payment_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["counter_shift.id"], name=op.f("fk_outage_slip_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_slip")),
        sa.UniqueConstraint(
            "collects_for", "rrn", "approval_code", name=op.f("uq_outage_slip_collects_for_rrn_approval_code")
        ),
    )


def _exemption_grant() -> None:
    op.create_table(
        "exemption_grant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("collects_for", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Text(), nullable=False),
        sa.Column("due_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("amount_off", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_note", sa.Text(), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_off > 0", name=op.f("ck_exemption_grant_amount_off")),
        sa.CheckConstraint("judged_by IS NULL OR judged_by <> granted_by", name=op.f("ck_exemption_grant_two_persons")),
        sa.CheckConstraint("verdict IS NULL OR verdict IN ('right', 'wrong')", name=op.f("ck_exemption_grant_verdict")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_exemption_grant_agency_id")),
        sa.ForeignKeyConstraint(["collects_for"], ["agency.id"], name=op.f("fk_exemption_grant_collects_for")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_exemption_grant_dossier_id")),
        sa.ForeignKeyConstraint(["due_id"], ["due.id"], name=op.f("fk_exemption_grant_due_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption_grant")),
    )
    op.create_index("ix_exemption_grant_agency", "exemption_grant", ["agency_id", "id"])
