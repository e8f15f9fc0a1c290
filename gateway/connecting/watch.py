"""Look how the notices come: note the newest and their rhythm, and whether any are missing (rules in `model.py`).

Set-based over what came since the last look; a provider of whom nothing has changed costs no write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from connectors import registry
from gateway.access import own
from gateway.agencies import account
from gateway.connecting import health
from gateway.connecting.model import Health, Traffic, silent_since, usual_gap
from gateway.connecting.store import health as kept
from gateway.kernel.ids import encode
from gateway.kernel.uow import Environment
from gateway.payments.provider_start import provider_start
from gateway.payments.store import payment
from gateway.settlement.store import inbox, notice

FIRST_LOOK = timedelta(hours=1)
OVERLAP = timedelta(minutes=2)  # a row may be committed later than its id says
REMEMBERED = timedelta(days=1)  # older money says nothing of today's notices

Key = tuple[str, str]  # agency, connector


@dataclass(frozen=True, slots=True)
class Heard:
    """Notices since the last one that was noted."""

    number: int
    last: datetime


def look(environment: Environment, since: datetime | None = None) -> int:
    """Note what has changed since the last look; of how many providers something had."""
    now = environment.clock()
    with environment.read() as connection:
        known = health.all_of(connection)
        heard = _heard(connection, (since or now - FIRST_LOOK) - OVERLAP)
        unheard = _unheard(connection, now - REMEMBERED)
        seen = {key: known.get(key, Health()) for key in known.keys() | heard.keys() | unheard.keys()}
        after = {key: _after(connection, key, before, heard, unheard, now) for key, before in seen.items()}
    changed = {key: found for key, found in after.items() if found != seen[key]}
    if changed:
        _note(environment, changed)
    return len(changed)


def _note(environment: Environment, changed: Mapping[Key, Health]) -> None:
    """The fields of this look alone: calls go on meanwhile."""
    with environment.begin(actor="worker") as uow:
        for (agency, connector), found in sorted(changed.items()):
            fresh = {name: getattr(found, name) for name in ("last_notice_at", "usual_gap_s", "silent_since")}
            health.change(uow, agency, connector, lambda before, fresh=fresh: replace(before, **fresh))  # type: ignore[misc]


def _after(
    connection: sa.Connection,
    key: Key,
    before: Health,
    heard: Mapping[Key, Heard],
    unheard: Mapping[Key, datetime],
    now: datetime,
) -> Health:
    came = heard.get(key)
    found = before
    if came is not None:
        found = replace(before, last_notice_at=came.last, usual_gap_s=usual_gap(before, came.number, came.last))
    traffic = Traffic(unheard.get(key), _begun(connection, key, found))
    return replace(found, silent_since=silent_since(found, traffic, now))


def _heard(connection: sa.Connection, since: datetime) -> dict[Key, Heard]:
    """Ids grow with time: only the young end of the inbox is looked at."""
    young = inbox.c.id >= f"in_{encode(int(since.timestamp() * 1000), 10)}"
    newer = sa.or_(kept.c.last_notice_at.is_(None), inbox.c.received_at > kept.c.last_notice_at)
    query = (
        sa.select(inbox.c.agency_id, inbox.c.connector, sa.func.count(), sa.func.max(inbox.c.received_at))
        .outerjoin(kept, (kept.c.agency_id == inbox.c.agency_id) & (kept.c.connector == inbox.c.connector))
        .where(young, newer, inbox.c.origin == "notice", inbox.c.notice_sealed.is_not(None))
        .group_by(inbox.c.agency_id, inbox.c.connector)
    )
    return {(agency, name): Heard(number, last) for agency, name, number, last in connection.execute(query)}


def _unheard(connection: sa.Connection, since: datetime) -> dict[Key, datetime]:
    """The first money after the last notice that only a question or a statement told of."""
    found: dict[Key, datetime] = {}
    for agency, connector, moment in (*connection.execute(_asked(since)), *connection.execute(_proven(since))):
        if _notifies(connector):
            key = (agency, connector)
            found[key] = min(found.get(key, moment), moment)
    return found


def _asked(since: datetime) -> sa.Select[tuple[str, str, datetime]]:
    at = inbox.c.received_at
    return _first(inbox, at).where(inbox.c.origin == "query", at > since)


def _proven(since: datetime) -> sa.Select[tuple[str, str, datetime]]:
    """A statement knows days only: the payment's beginning says from when on its notice was missing."""
    query = _first(notice, payment.c.created_at).join(payment, payment.c.id == notice.c.payment_id)
    return query.where(notice.c.noticed_at.is_(None), notice.c.created_at > since, notice.c.counted > 0)


def _first(table: sa.Table, moment: sa.Column[datetime]) -> sa.Select[tuple[str, str, datetime]]:
    """Of each provider the first `moment` after its last notice."""
    newer = sa.or_(kept.c.last_notice_at.is_(None), moment > kept.c.last_notice_at)
    same = (kept.c.agency_id == table.c.agency_id) & (kept.c.connector == table.c.connector)
    return (
        sa.select(table.c.agency_id, table.c.connector, sa.func.min(moment))
        .outerjoin(kept, same)
        .where(newer)
        .group_by(table.c.agency_id, table.c.connector)
    )


def _begun(connection: sa.Connection, key: Key, found: Health) -> int:
    """Payments by this provider since its last notice; counted only where it could matter."""
    agency, connector = key
    if found.last_notice_at is None or found.usual_gap_s is None:
        return 0
    collects = sa.func.coalesce(provider_start.c.connector, account.c.connector) == connector
    young = payment.c.id >= f"pay_{encode(int(found.last_notice_at.timestamp() * 1000), 10)}"
    query = (
        sa.select(sa.func.count())
        .select_from(payment)
        .join(account, account.c.id == payment.c.account_id)
        .outerjoin(provider_start, provider_start.c.payment_id == payment.c.id)
        .where(own(payment, agency), young, payment.c.created_at > found.last_notice_at, collects)
    )
    return int(connection.scalar(query) or 0)


def _notifies(connector: str) -> bool:
    listed = next((entry.connector for entry in registry.all() if entry.name == connector), None)
    return listed is not None and listed.capabilities.notifies
