"""What is kept beside the sales of terminals: reversals two officers agreed on, batch totals, messages waiting to be pulled.

One reversal per sale may be under way or done at most: the database says so too. Amounts in đồng.
"""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

__all__ = ["metadata"]


class ReversalState(StrEnum):
    """How far the reversal of an approved sale has come."""

    ASKED = "asked"  # by one officer
    DECLINED = "declined"  # by the other one: nothing was sent
    AGREED = "agreed"  # the terminal is to be told, or has been and was silent
    FILE = "file"  # silent to the end of the schedule: the acquirer's file decides
    REVERSED = "reversed"  # the money went back and is undone in the books
    REFUSED = "refused"  # the sale stands


OPEN = (ReversalState.ASKED, ReversalState.AGREED, ReversalState.FILE)
LIVE = (*OPEN, ReversalState.REVERSED)
_LIVE = sa.text("state IN ('asked', 'agreed', 'file', 'reversed')")
_STATES = ", ".join(f"'{state.value}'" for state in ReversalState)

terminal_reversal = sa.Table(
    "terminal_reversal",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("sale_id", sa.Text, sa.ForeignKey("terminal_sale.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcTime),
    sa.Column("next_at", UtcTime),  # when the terminal is to be asked next
    sa.Column("tries", sa.Integer, nullable=False),  # of the schedule
    sa.Column("attempt", sa.Integer, nullable=False),  # how often it was taken up: the fence
    sa.Column("lease_until", UtcTime),
    sa.Column("result", sa.Text, nullable=False),  # what the terminal said last
    sa.Column("ended_at", UtcTime),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_persons"),
    sa.CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided"),
    sa.Index("uq_terminal_reversal_live", "sale_id", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
    sa.Index("ix_terminal_reversal_payment", "payment_id", "id"),
    sa.Index("ix_terminal_reversal_next", "state", "next_at"),
)

terminal_totals = sa.Table(
    "terminal_totals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("shift_id", sa.Text, nullable=False),  # of the counter's shift; empty: the day's
    sa.Column("day", sa.Date, nullable=False),  # business day
    sa.Column("closes", sa.Boolean, nullable=False),  # whether the batch was to be closed
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("told_at", UtcTime),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("said_count", sa.BigInteger, nullable=False),  # sales that stand, as the terminal counts
    sa.Column("said_amount", sa.BigInteger, nullable=False),
    sa.Column("our_count", sa.BigInteger, nullable=False),
    sa.Column("our_amount", sa.BigInteger, nullable=False),
    sa.Column("doubtful", sa.BigInteger, nullable=False),  # sales and reversals there whose end nobody knows yet
    sa.Column("balanced", sa.Boolean),  # the host's verdict on a batch that was closed
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('asked', 'told', 'silent', 'not_sent')", name="state"),
    sa.Index("ix_terminal_totals_terminal", "terminal_id", "id"),
    sa.Index("ix_terminal_totals_day", "agency_id", "day", "id"),
)

terminal_note = sa.Table(
    "terminal_note",
    metadata,
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminal.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("message_sealed", sa.LargeBinary, nullable=False),
    sa.Column("answer_sealed", sa.LargeBinary),
    sa.Column("until", UtcTime, nullable=False),  # nobody waits any longer than this
    sa.CheckConstraint("state IN ('hung', 'pulled', 'answered', 'gone')", name="state"),
    sa.CheckConstraint("(state = 'answered') = (answer_sealed IS NOT NULL)", name="answered"),
    sa.Index("ix_terminal_note_until", "until"),
)
