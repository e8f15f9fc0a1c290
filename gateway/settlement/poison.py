"""What the worker set apart: listed for a person, and put back when the cause is mended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.store import inbox


def set_apart(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Poison rows of the inbox, oldest first, without their content."""
    columns = (inbox.c.id, inbox.c.agency_id, inbox.c.connector, inbox.c.received_at, inbox.c.error)
    return list(connection.execute(sa.select(*columns).where(inbox.c.state == "poison").order_by(inbox.c.id)))


def put_back(uow: UnitOfWork, ids: Collection[str]) -> list[str]:
    """Let the worker try these again; which of them it may. A message that was never read stays apart."""
    poison = inbox.c.id.in_(list(ids)) & (inbox.c.state == "poison") & inbox.c.notice_sealed.is_not(None)
    rows = list(uow.connection.execute(sa.select(inbox.c.id, inbox.c.agency_id).where(poison).with_for_update()))
    chosen = inbox.c.id.in_([row.id for row in rows])
    uow.connection.execute(sa.update(inbox).where(chosen).values(state="waiting", error=None))
    uow.emit(Event(row.agency_id, "notice.put_back", row.id, {}) for row in rows)
    return [row.id for row in rows]
