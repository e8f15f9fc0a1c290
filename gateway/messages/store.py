"""Where messages wait: address and text sealed, and forgotten once they are done with."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata
from gateway.messages.model import Medium, MessageState, Occasion

_MEDIA = ", ".join(f"'{medium}'" for medium in Medium)
_STATES = ", ".join(f"'{state}'" for state in MessageState)
_OCCASIONS = ", ".join(f"'{occasion}'" for occasion in Occasion)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("medium", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),  # address, subject, text; gone when the message is
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.UniqueConstraint("event_id", "medium"),
    sa.CheckConstraint(f"medium IN ({_MEDIA})", name="medium"),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint(f"occasion IN ({_OCCASIONS})", name="occasion"),
    sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
    sa.CheckConstraint("(state = 'waiting') = (sealed IS NOT NULL)", name="forgotten"),
)


def place(message_id: str) -> str:
    """Where a message is sealed."""
    return f"message.sealed.{message_id}"
