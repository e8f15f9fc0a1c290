"""What has to happen after the commit: events for others to hear, jobs for the worker to do.

Both are rows of the business transaction (transactional outbox). A job is claimed by lease and finished behind a
fence: a worker that lost its lease cannot mark the work of another done. Backoff between attempts is `run_at`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("fanned_out", sa.Boolean, nullable=False, default=False),
    sa.Index("ix_event_subject", "subject", "id"),
    sa.Index("ix_event_agency", "agency_id", "id"),
    sa.Index(
        "ix_event_waiting",
        "id",
        postgresql_where=sa.text("NOT fanned_out"),
        sqlite_where=sa.text("NOT fanned_out"),
    ),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, unique=True),  # enqueueing the same key twice is one job
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("run_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("lease_until", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("dead_at", UtcTime),
    sa.Column("last_error", sa.Text),
    sa.Index(
        "ix_job_waiting",
        "kind",
        "run_at",
        "id",
        postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
    ),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became true; `body` is what others may hear of it (no personal data)."""

    agency: str
    kind: str
    subject: str
    body: dict[str, Any]
    actor: str | None = None  # who did it; None: in whose name the unit of work is


@dataclass(frozen=True, slots=True)
class Job:
    """Work for later. `key` makes enqueueing idempotent."""

    agency: str
    kind: str
    payload: dict[str, Any]
    key: str | None = None
    run_at: datetime | None = None  # UTC; None: at once


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job this worker holds until its lease ends; `attempt` is the fence."""

    id: str
    agency: str
    kind: str
    payload: dict[str, Any]
    attempt: int


def claim(
    connection: sa.Connection,
    kind: str,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    only: sa.ColumnElement[bool] | None = None,
) -> list[Claimed]:
    """Take up to `limit` jobs of one kind whose time has come, oldest first; other workers skip them."""
    waiting = (
        sa.select(job.c.id)
        .where(job.c.kind == kind, unfinished(), free(now), job.c.run_at <= now)
        .order_by(job.c.run_at, job.c.id)
    )
    chosen = waiting if only is None else waiting.where(only)
    ids = list(connection.scalars(chosen.limit(limit).with_for_update(skip_locked=True)))
    if not ids:
        return []
    connection.execute(
        sa.update(job).where(job.c.id.in_(ids)).values(attempts=job.c.attempts + 1, lease_until=now + lease)
    )
    rows = connection.execute(sa.select(job).where(job.c.id.in_(ids)).order_by(job.c.run_at, job.c.id))
    return [Claimed(r.id, r.agency_id, r.kind, json.loads(r.payload), r.attempts) for r in rows]


def any_due(connection: sa.Connection, kinds: Sequence[str], *, now: datetime) -> bool:
    """Whether a job of one of these kinds could be claimed."""
    due = sa.select(job.c.id).where(job.c.kind.in_(kinds), unfinished(), free(now), job.c.run_at <= now)
    return connection.execute(due.limit(1)).first() is not None


def unfinished() -> sa.ColumnElement[bool]:
    """Neither done nor given up."""
    return job.c.done_at.is_(None) & job.c.dead_at.is_(None)


def free(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody holds it, or not any more."""
    return sa.or_(job.c.lease_until.is_(None), job.c.lease_until < now)


def release(connection: sa.Connection, jobs: Sequence[Claimed]) -> None:
    """Give back untried what is still ours."""
    for item in jobs:
        mine = (job.c.id == item.id) & (job.c.attempts == item.attempt) & job.c.done_at.is_(None)
        connection.execute(sa.update(job).where(mine).values(lease_until=None))


def finish(connection: sa.Connection, jobs: Sequence[Claimed], *, now: datetime) -> set[str]:
    """Mark done what is still ours; the ids that were. Someone else's lease is left alone."""
    done = set()
    for item in jobs:
        mine = (job.c.id == item.id) & (job.c.attempts == item.attempt) & job.c.done_at.is_(None)
        if connection.execute(sa.update(job).where(mine).values(done_at=now, lease_until=None)).rowcount:
            done.add(item.id)
    return done


def put_off(connection: sa.Connection, item: Claimed, *, until: datetime | None, error: str, now: datetime) -> None:
    """Try again at `until`; None ends the job as dead, visible and re-drivable."""
    mine = (job.c.id == item.id) & (job.c.attempts == item.attempt) & job.c.done_at.is_(None)
    values: dict[str, Any] = {"lease_until": None, "last_error": error[:500]}
    values |= {"run_at": until} if until is not None else {"dead_at": now}
    connection.execute(sa.update(job).where(mine).values(**values))


def rows_of(events: Iterable[tuple[str, Event]], now: datetime) -> list[dict[str, Any]]:
    """Event rows ready to insert."""
    return [
        {
            "id": event_id,
            "agency_id": item.agency,
            "kind": item.kind,
            "subject": item.subject,
            "body": json.dumps(item.body, ensure_ascii=False, sort_keys=True),
            "at": now,
            "fanned_out": False,
        }
        for event_id, item in events
    ]


def dead(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Jobs that were given up, oldest first."""
    columns = (job.c.id, job.c.agency_id, job.c.kind, job.c.attempts, job.c.dead_at, job.c.last_error)
    return list(connection.execute(sa.select(*columns).where(job.c.dead_at.is_not(None)).order_by(job.c.id)))


def revive(connection: sa.Connection, ids: Sequence[str], *, now: datetime) -> list[str]:
    """Let dead jobs run again at once; which of the ids were dead."""
    chosen = job.c.id.in_(ids) & job.c.dead_at.is_not(None)
    found = list(connection.scalars(sa.select(job.c.id).where(chosen).order_by(job.c.id)))
    connection.execute(sa.update(job).where(job.c.id.in_(found)).values(dead_at=None, run_at=now, lease_until=None))
    return found
