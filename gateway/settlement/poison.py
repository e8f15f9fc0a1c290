"""What could not be worked: bad data is set apart for a person, anything else is tried again, and both can be seen.

A notice is poison when reading or placing it is refused (a code and a kind, or the ValueError of a reader): no try will
change it. Any other error is ours, not the notice's: it waits with growing patience until the program is mended, and
its neighbours go through meanwhile.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.kernel.vault import SealBroken
from gateway.settlement.store import inbox

PATIENCE_S = (2, 10, 60, 300)

log = structlog.get_logger(__name__)


def is_data(error: Exception) -> bool:
    """Whether the notice is at fault."""
    if isinstance(error, (ValueError, SealBroken, sa.exc.DataError)):
        return True
    return isinstance(getattr(error, "code", None), str) and getattr(error, "kind", "unavailable") != "unavailable"


def due(now: datetime) -> sa.ColumnElement[bool]:
    """Rows that wait for the worker, and not for a later moment."""
    return (inbox.c.state == "waiting") & (inbox.c.retry_at.is_(None) | (inbox.c.retry_at <= now))


def hold(environment: Environment, inbox_id: str, error: Exception) -> None:
    """Out of the way, with the kind of error and no data of it."""
    name = type(error).__name__[:500]
    with environment.begin(actor="worker") as uow:
        still = (inbox.c.id == inbox_id) & (inbox.c.state == "waiting")
        row = uow.connection.execute(sa.select(inbox).where(still).with_for_update()).one_or_none()
        if row is None:
            return
        if is_data(error):
            log.error("inbox.poison", row=inbox_id, error=name)
            values: dict[str, Any] = {"state": "poison", "error": name}
            uow.emit([Event(row.agency_id, "notice.poison", inbox_id, {"connector": row.connector})])
        else:
            log.error("inbox.put_off", row=inbox_id, error=name, tries=row.tries + 1, where=_where(error))
            patience = timedelta(seconds=PATIENCE_S[min(row.tries, len(PATIENCE_S) - 1)])
            values = {"error": name, "tries": row.tries + 1, "retry_at": uow.now() + patience}
        uow.connection.execute(sa.update(inbox).where(still).values(**values))


def _where(error: Exception) -> str:
    """Module and line, for whoever mends it; no value."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def set_apart(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Rows of the inbox that are poison, or are tried again and again, oldest first and without their content."""
    columns = (inbox.c.id, inbox.c.agency_id, inbox.c.connector, inbox.c.received_at, inbox.c.error, inbox.c.state)
    stuck = (inbox.c.state == "poison") | ((inbox.c.state == "waiting") & inbox.c.retry_at.is_not(None))
    return list(connection.execute(sa.select(*columns).where(stuck).order_by(inbox.c.id)))


def put_back(uow: UnitOfWork, ids: Collection[str]) -> list[str]:
    """Let the worker try these again at once; which of them it may. A message that was never read stays apart."""
    poison = (inbox.c.state == "poison") & inbox.c.notice_sealed.is_not(None)
    held = (inbox.c.state == "waiting") & inbox.c.retry_at.is_not(None)
    chosen = inbox.c.id.in_(list(ids)) & (poison | held)
    rows = list(uow.connection.execute(sa.select(inbox.c.id, inbox.c.agency_id).where(chosen).with_for_update()))
    again = sa.update(inbox).where(inbox.c.id.in_([row.id for row in rows]))
    uow.connection.execute(again.values(state="waiting", error=None, retry_at=None))
    uow.emit(Event(row.agency_id, "notice.put_back", row.id, {}) for row in rows)
    return [row.id for row in rows]
