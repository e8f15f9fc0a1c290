"""Where messages wait: address and text sealed, and forgotten once they are done with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel import outbox
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.vault import Vault
from gateway.messages.model import Medium, MessageMissing, MessageState, Occasion, StateUnknown

SEND = "message.send"  # the job of one message

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
    connection: sa.Connection,
    agency_id: str,
    *,
    state: MessageState | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[sa.Row[Any]]:
    """For operators: the newest first; `run_at` is the next try of one that waits."""
    tries = job_of(message.c.id) & outbox.unfinished()
    query = (
        sa.select(message, sa.func.min(outbox.job.c.run_at).label("run_at"))
        .outerjoin(outbox.job, tries)
        .where(own(message, agency_id))
        .group_by(message.c.id)
        .order_by(message.c.created_at.desc(), message.c.id.desc())
    )
    if state is not None:
        query = query.where(message.c.state == state.value)
    if since is not None:
        query = query.where(message.c.created_at >= since)
    return list(connection.execute(query.limit(limit)))


def job_of(message_id: str | sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The job that sends it, by its key; a message that is sent once more keeps it."""
    return outbox.job.c.key == sa.literal(f"{SEND}:") + message_id


def by_id(connection: sa.Connection, agency_id: str, message_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """One of the agency's messages. MessageMissing."""
    query = sa.select(message).where(own(message, agency_id), message.c.id == message_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise MessageMissing("Không có tin này.", "There is no such message.", field="message")
    return row


def said(row: sa.Row[Any], vault: Vault) -> dict[str, str] | None:
    """Address, subject and text; None once they are forgotten."""
    if row.sealed is None:
        return None
    found: dict[str, str] = json.loads(vault.unseal(place(row.id), row.sealed))
    return found


def seal(message_id: str, words: dict[str, str], vault: Vault) -> bytes:
    """What `said` reads."""
    return vault.seal(place(message_id), json.dumps(words, ensure_ascii=False).encode())


def count_by_state(connection: sa.Connection, agency_id: str) -> dict[str, int]:
    """How many there are in each state, those without any too."""
    counted = sa.select(message.c.state, sa.func.count().label("number")).where(own(message, agency_id))
    found = {row.state: row.number for row in connection.execute(counted.group_by(message.c.state))}
    return {state.value: found.get(state.value, 0) for state in MessageState}
