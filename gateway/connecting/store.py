"""How exchanges with providers and their state of health are kept.

An exchange is written before its first byte leaves and completed afterwards: one that was never completed may have been
carried out, and is treated so. Request and answer are sealed (`exchange.request.<id>`, `exchange.answer.<id>`).
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

__all__ = ["metadata"]

ACTS = ("start", "query", "refund", "inquiry")
OUTCOMES = ("sending", "not_sent", "answered", "pending", "paid", "failed", "cancelled", "reversed", "unknown")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


exchange = sa.Table(
    "exchange",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("payment_id", sa.Text),
    sa.Column("refund_id", sa.Text),
    sa.Column("attempt", sa.Integer, nullable=False),  # of the refund; 0 where there is none
    sa.Column("tries", sa.Integer, nullable=False),  # how often the same bytes left
    sa.Column("request_sealed", sa.LargeBinary, nullable=False),
    sa.Column("answer_sealed", sa.LargeBinary),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("elapsed_ms", sa.Integer),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # a stable word: `call.timeout`, `order.unknown` ...
    sa.Column("retain_until", sa.Date, nullable=False),
    sa.CheckConstraint(_one_of("act", ACTS), name="act"),
    sa.CheckConstraint(_one_of("outcome", OUTCOMES), name="outcome"),
    sa.Index("ix_exchange_agency", "agency_id", "id"),
    sa.Index("ix_exchange_payment", "payment_id"),
    sa.Index("ix_exchange_refund", "refund_id"),
    sa.Index("ix_exchange_retain_until", "retain_until"),
)

health = sa.Table(
    "provider_health",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("connector", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),  # calls in a row without an answer
    sa.Column("failing_since", UtcTime),
    sa.Column("open_until", UtcTime),  # no call before this moment; the first one after it is the probe
    sa.Column("average_ms", sa.Integer),  # of recent answers
    sa.Column("slow_since", UtcTime),
    sa.Column("last_call_at", UtcTime),
    sa.Column("last_notice_at", UtcTime),
    sa.Column("usual_gap_s", sa.Integer),  # between two notices in office hours
    sa.Column("silent_since", UtcTime),
)
