"""Cash taken and brought to the bank, sales to be undone, slips of an outage, exemptions granted: what needs two persons.

Each row names who did it and when. Amounts in đồng.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

cash_deposit = sa.Table(
    "cash_deposit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),  # of the counter
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),  # into whose account
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("beneficiary_account.id"), nullable=False),
    sa.Column("reference", sa.Text, nullable=False, unique=True),  # on the bank's deposit slip
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("line_id", sa.Text),  # the statement line that proves it
    sa.Column("cleared_at", UtcTime),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint("(line_id IS NULL) = (cleared_at IS NULL)", name="cleared"),
)

cash_take = sa.Table(
    "cash_take",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False, unique=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("beneficiary_account.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("tendered", sa.BigInteger, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),  # JSON: denomination -> pieces
    sa.Column("taken_at", UtcTime, nullable=False),
    sa.Column("taken_by", sa.Text, nullable=False),
    sa.Column("deposit_id", sa.Text, sa.ForeignKey("cash_deposit.id")),
    sa.CheckConstraint("amount > 0 AND tendered >= amount", name="amount"),
    sa.Index("ix_cash_take_shift", "shift_id"),
    sa.Index("ix_cash_take_deposit", "deposit_id"),
)

sale_undoing = sa.Table(
    "sale_undoing",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("sale_id", sa.Text, sa.ForeignKey("terminal_sale.id")),  # None: cash
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcTime),
    sa.Column("result", sa.Text, nullable=False),  # what the terminal said, or the ids of the refunds
    sa.Column("next_at", UtcTime),  # when the terminal is to be told
    sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'done', 'failed')", name="state"),
    sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_persons"),
    sa.Index(
        "uq_sale_undoing_live",
        "payment_id",
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'approved')"),
        sqlite_where=sa.text("state IN ('asked', 'approved')"),
    ),
)

cash_back = sa.Table(  # cash of a sale undone in its own shift, given back out of the drawer
    "cash_back",
    metadata,
    sa.Column("undoing_id", sa.Text, sa.ForeignKey("sale_undoing.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),  # of the counter
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),  # JSON: denomination -> pieces, once given
    sa.Column("given_at", UtcTime),  # None: a second person has not agreed, or the money is still in the drawer
    sa.Column("given_by", sa.Text),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint("(given_at IS NULL) = (given_by IS NULL)", name="given"),
    sa.Index("ix_cash_back_shift", "shift_id"),
    sa.Index(
        "uq_cash_back_given",
        "payment_id",
        unique=True,
        postgresql_where=sa.text("given_at IS NOT NULL"),
        sqlite_where=sa.text("given_at IS NOT NULL"),
    ),
)

outage_slip = sa.Table(
    "outage_slip",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("shift_id", sa.Text, sa.ForeignKey("counter_shift.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("terminal", sa.Text, nullable=False),
    sa.Column("rrn", sa.Text, nullable=False),
    sa.Column("approval_code", sa.Text, nullable=False),
    sa.Column("sold_on", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("entered_by", sa.Text, nullable=False),
    sa.Column("entered_at", UtcTime, nullable=False),
    sa.Column("checked_at", UtcTime),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint("state IN ('waiting', 'found', 'differs', 'missing')", name="state"),
    sa.UniqueConstraint("collects_for", "rrn", "approval_code"),
)

exemption = sa.Table(
    "exemption_grant",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("collects_for", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("dossier_id", sa.Text, sa.ForeignKey("dossier.id"), nullable=False),
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("amount_off", sa.BigInteger, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("granted_at", UtcTime, nullable=False),
    sa.Column("sampled", sa.Boolean, nullable=False),  # whether a second person has to look
    sa.Column("verdict", sa.Text),
    sa.Column("verdict_note", sa.Text, nullable=False),
    sa.Column("judged_by", sa.Text),
    sa.Column("judged_at", UtcTime),
    sa.CheckConstraint("amount_off > 0", name="amount_off"),
    sa.CheckConstraint("verdict IS NULL OR verdict IN ('right', 'wrong')", name="verdict"),
    sa.CheckConstraint("judged_by IS NULL OR judged_by <> granted_by", name="two_persons"),
    sa.Index("ix_exemption_grant_agency", "agency_id", "id"),
)

__all__ = ["cash_back", "cash_deposit", "cash_take", "exemption", "metadata", "outage_slip", "sale_undoing"]
