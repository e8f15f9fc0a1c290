"""The feed of what became true, for those who would rather ask than be called: read on after the last id seen.

Ids follow the time at which a unit of work began, but units of work end in another order. So an event is shown only
when nothing older can still appear: no reader ever passes over one.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gateway.access import Caller, own
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import ID_PATTERN, Given, Limit, Listed, page
from gateway.kernel.clock import rfc3339
from gateway.kernel.outbox import event

router = APIRouter(prefix="/api/v1/events", tags=["events"])

Reader = Annotated[Caller, Depends(needs("webhooks"))]
After = Annotated[str | None, Query(pattern=ID_PATTERN, description="The last id seen")]

ONE_WRITER = timedelta(milliseconds=2)  # SQLite: units of work follow one another, ids only within a millisecond do not
CLOCKS = timedelta(seconds=1)  # PostgreSQL: how far the clocks of several machines may lie apart

_OLDEST_WRITER = sa.text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class Event(Given):
    """Something that became true; webhooks carry the same `type`, `timestamp` and `data`."""

    id: str
    type: str
    timestamp: str
    subject: str
    data: dict[str, Any]


class EventList(Listed):
    """Events after `after`, oldest first; `next_cursor` is where to read on, now or later."""

    data: list[Event]


@router.get("", response_model=EventList, responses=READ)
def list_events(installed: Installed, caller: Reader, after: After = None, limit: Limit = 50) -> Response:
    """What happened at the agency after the event `after`."""
    with installed.read(caller.agency) as connection:
        query = sa.select(event).where(own(event, caller.agency), event.c.at < _final(connection, installed.clock()))
        if after is not None:
            query = query.where(event.c.id > after)
        rows = list(connection.execute(query.order_by(event.c.id).limit(limit + 1)))
    found = page(rows, limit, lambda shown: [_worded(row) for row in shown])
    return answer(found | {"next_cursor": found["data"][-1]["id"] if found["data"] else after})


def _final(connection: sa.Connection, now: datetime) -> datetime:
    """Before this moment no event can appear any more."""
    if connection.dialect.name == "sqlite":
        return now - ONE_WRITER
    return now - CLOCKS - timedelta(seconds=float(connection.scalar(_OLDEST_WRITER) or 0))


def _worded(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.kind,
        "timestamp": rfc3339(row.at),
        "subject": row.subject,
        "data": json.loads(row.body),
    }
