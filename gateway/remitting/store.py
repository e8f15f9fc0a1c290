"""Where remittances are kept, and which part of which due each took along: a due is handed over once, to the đồng."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.remitting.model import RemittanceMissing, RemittanceState, Treasury, TreasuryMissing

_STATES = ", ".join(f"'{state}'" for state in RemittanceState)

treasury = sa.Table(
    "treasury",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("bin", sa.Text, nullable=False),
    sa.Column("authority_code", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("unit_code", sa.Text, nullable=False),
    sa.Column("area_code", sa.Text, nullable=False),
    sa.Column("due_rule", sa.Text, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)

retention = sa.Table(
    "retention",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("fee", sa.Text, primary_key=True),  # a fee code, a fee id, or PHI for all phí
    sa.Column("numerator", sa.BigInteger, nullable=False),
    sa.Column("denominator", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # the decision it stands in
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.CheckConstraint("numerator BETWEEN 0 AND denominator AND denominator > 0", name="rate"),
)

remittance = sa.Table(
    "remittance",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("number", sa.Text, nullable=False, unique=True),  # in the memo of the payment order
    sa.Column("account", sa.Text, nullable=False),  # ours, to be debited
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("collected", sa.BigInteger, nullable=False),
    sa.Column("retained", sa.BigInteger, nullable=False),
    sa.Column("budget", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("prepared_by", sa.Text, nullable=False),
    sa.Column("prepared_at", UtcTime, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", UtcTime),
    sa.Column("confirmed_at", UtcTime),
    sa.Column("line_id", sa.Text),  # the statement line that proves it
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint("collected = retained + budget AND retained >= 0 AND budget > 0", name="split"),
    sa.CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name="persons"),
    sa.CheckConstraint("state <> 'confirmed' OR line_id IS NOT NULL", name="proof"),
    sa.Index("ix_remittance_agency", "agency_id", "id"),
)

remittance_line = sa.Table(
    "remittance_line",
    metadata,
    sa.Column("remittance_id", sa.Text, sa.ForeignKey("remittance.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("fee_code", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("chapter", sa.Text, nullable=False),
    sa.Column("sub_item", sa.Text, nullable=False),
    sa.Column("collected", sa.BigInteger, nullable=False),
    sa.Column("retained", sa.BigInteger, nullable=False),
    sa.Column("budget", sa.BigInteger, nullable=False),
    sa.CheckConstraint("kind IN ('PHI', 'LE_PHI')", name="kind"),
    sa.CheckConstraint("collected = retained + budget", name="split"),
)

remittance_due = sa.Table(
    "remittance_due",
    metadata,
    sa.Column("remittance_id", sa.Text, sa.ForeignKey("remittance.id"), primary_key=True),
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),  # negative: given back after it had been handed over
    sa.CheckConstraint("amount <> 0", name="amount"),
    sa.Index("ix_remittance_due_due", "due_id"),
)


def treasury_of(connection: sa.Connection, agency_id: str) -> Treasury:
    """Where the agency remits to; TreasuryMissing."""
    row = connection.execute(sa.select(treasury).where(own(treasury, agency_id))).one_or_none()
    if row is None:
        raise TreasuryMissing(
            "Chưa khai báo tài khoản tại Kho bạc Nhà nước.", "The agency's Treasury account is not set up."
        )
    return Treasury(**{name: getattr(row, name) for name in Treasury.__dataclass_fields__})


def by_id(connection: sa.Connection, agency_id: str, remittance_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """One remittance; RemittanceMissing."""
    query = sa.select(remittance).where(own(remittance, agency_id), remittance.c.id == remittance_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise RemittanceMissing("Không có đợt nộp này.", "There is no such remittance.")
    return row


def of_agency(connection: sa.Connection, agency_id: str, limit: int = 100) -> list[sa.Row[Any]]:
    """Newest first."""
    query = sa.select(remittance).where(own(remittance, agency_id)).order_by(remittance.c.id.desc())
    return list(connection.execute(query.limit(limit)))


def lines_of(connection: sa.Connection, remittance_id: str) -> list[sa.Row[Any]]:
    """In their order."""
    query = sa.select(remittance_line).where(remittance_line.c.remittance_id == remittance_id)
    return list(connection.execute(query.order_by(remittance_line.c.position)))


def numbers_sent(connection: sa.Connection, agency_id: str) -> list[str]:
    """The numbers that a statement line may name."""
    told = remittance.c.state.in_([RemittanceState.APPROVED.value, RemittanceState.CONFIRMED.value])
    return list(connection.scalars(sa.select(remittance.c.number).where(own(remittance, agency_id), told)))
