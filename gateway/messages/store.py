"""Where messages wait: address and text sealed, and forgotten once they are done with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.messages.model import Medium, MessageState, Occasion, StateUnknown

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


def state_named(name: str) -> MessageState | None:
    """The state that a person typed; None for nothing typed. StateUnknown."""
    if name and name not in set(MessageState):
        known = ", ".join(MessageState)
        raise StateUnknown(f"Trạng thái là một trong: {known}.", f"The state is one of: {known}.", field="state")
    return MessageState(name) if name else None


def of_agency(
    connection: sa.Connection, agency_id: str, *, state: MessageState | None = None, limit: int = 50
) -> list[sa.Row[Any]]:
    """For operators: the newest first, without what is sealed."""
    shown = [column for column in message.c if column.name != "sealed"]
    query = sa.select(*shown).where(own(message, agency_id)).order_by(message.c.created_at.desc(), message.c.id.desc())
    if state is not None:
        query = query.where(message.c.state == state.value)
    return list(connection.execute(query.limit(limit)))


def count_by_state(connection: sa.Connection, agency_id: str) -> dict[str, int]:
    """How many there are in each state, those without any too."""
    counted = sa.select(message.c.state, sa.func.count().label("number")).where(own(message, agency_id))
    found = {row.state: row.number for row in connection.execute(counted.group_by(message.c.state))}
    return {state.value: found.get(state.value, 0) for state in MessageState}
