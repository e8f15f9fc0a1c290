"""Forget raw messages past their date (Luật 91/2025/QH15: personal data no longer than needed); what was decided stays.

Of an inbox row its identity stays, so that a repeat is a repeat for ever. Nothing that still waits for somebody goes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa

from gateway.connecting.store import exchange
from gateway.kernel.clock import business_day
from gateway.kernel.ids import encode
from gateway.kernel.uow import Environment
from gateway.settlement.inbox import KEEP
from gateway.settlement.store import inbox, inbox_refused

BATCH = 500

Overdue = Callable[[datetime], sa.Select[tuple[str]]]
Forget = Callable[[Collection[str]], sa.Update | sa.Delete]


def purge(environment: Environment) -> int:
    """Everything past its date, batch by batch; how many messages that were."""
    return sum(_all(environment, overdue, forget) for overdue, forget in KINDS)


def _all(environment: Environment, overdue: Overdue, forget: Forget) -> int:
    gone = 0
    while ids := _some(environment, overdue):
        with environment.begin(actor="worker") as uow:
            gone += uow.connection.execute(forget(ids)).rowcount
    return gone


def _some(environment: Environment, overdue: Overdue) -> list[str]:
    with environment.read() as connection:
        return list(connection.scalars(overdue(environment.clock()).limit(BATCH)))


def _exchanges(now: datetime) -> sa.Select[tuple[str]]:
    return sa.select(exchange.c.id).where(exchange.c.retain_until < business_day(now))


def _refused(now: datetime) -> sa.Select[tuple[str]]:
    return sa.select(inbox_refused.c.id).where(inbox_refused.c.keep_until < business_day(now))


def _worked(now: datetime) -> sa.Select[tuple[str]]:
    """Ids grow with time, so that only the old end of a long table is looked at."""
    old = inbox.c.id < f"in_{encode(int((now - KEEP).timestamp() * 1000), 10)}"
    past = inbox.c.keep_until < business_day(now)
    return sa.select(inbox.c.id).where(old, past, inbox.c.state == "done", inbox.c.notice_sealed.is_not(None))


KINDS: tuple[tuple[Overdue, Forget], ...] = (
    (_exchanges, lambda ids: sa.delete(exchange).where(exchange.c.id.in_(ids))),
    (_refused, lambda ids: sa.delete(inbox_refused).where(inbox_refused.c.id.in_(ids))),
    (_worked, lambda ids: sa.update(inbox).where(inbox.c.id.in_(ids)).values(raw_sealed=b"", notice_sealed=None)),
)
