"""The circuit of each agency's connector, and what is noted of its answers. Rules: `model.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.connecting.model import OPENS_AFTER, SLOW_MS, Health, averaged, pause
from gateway.connecting.store import health
from gateway.kernel.errors import Unavailable
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new

PROBE_TAKES = timedelta(minutes=2)  # no second probe before
NEXT_LOOK = timedelta(seconds=5)  # while a probe is out

_FIELDS = tuple(item.name for item in fields(Health))


class CircuitOpen(Unavailable):
    """The provider has not answered of late: nothing was sent. `until` says when it may be tried."""

    code = "provider.failing"

    def __init__(self, connector: str, until: datetime) -> None:
        super().__init__(f"{connector} đang không trả lời.", f"{connector} is not answering.", connector=connector)
        self.until = until


def admit(environment: Environment, agency_id: str, connector: str) -> None:
    """Let a call through, or CircuitOpen. After the pause one call is let through: the probe."""
    now = environment.clock()
    with environment.read() as connection:
        known = of(connection, agency_id, connector)
    if known.failures < OPENS_AFTER or known.open_until is None:
        return
    if known.open_until > now:
        raise CircuitOpen(connector, known.open_until)
    with environment.begin(actor="worker", agency=agency_id) as uow:
        mine = _mine(agency_id, connector) & (health.c.open_until == known.open_until)
        probing = sa.update(health).where(mine).values(open_until=uow.now() + PROBE_TAKES)
        first = uow.connection.execute(probing).rowcount == 1
    if not first:
        raise CircuitOpen(connector, now + NEXT_LOOK)


def note_call(uow: UnitOfWork, agency_id: str, connector: str, *, answered: bool, elapsed_ms: int) -> None:
    """A call came to its end."""
    change(uow, agency_id, connector, lambda known: after_call(known, uow.now(), answered, elapsed_ms))


def after_call(known: Health, now: datetime, answered: bool, elapsed_ms: int) -> Health:
    """What is known after a call."""
    if not answered:
        failures = known.failures + 1
        until = now + pause(failures) if failures >= OPENS_AFTER else None
        since = known.failing_since or now
        return replace(known, failures=failures, failing_since=since, open_until=until, last_call_at=now)
    average = averaged(known.average_ms, elapsed_ms)
    slow = (known.slow_since or now) if average > SLOW_MS else None
    well = replace(known, failures=0, failing_since=None, open_until=None, last_call_at=now)
    return replace(well, average_ms=average, slow_since=slow)


def of(connection: sa.Connection, agency_id: str, connector: str) -> Health:
    """What is known; nothing yet is a state of health too."""
    row = connection.execute(sa.select(health).where(_mine(agency_id, connector))).one_or_none()
    return Health() if row is None else _health(row)


def all_of(connection: sa.Connection, agency_id: str | None = None) -> dict[tuple[str, str], Health]:
    """(agency, connector) -> health; of one agency, or of all for the worker."""
    query = sa.select(health) if agency_id is None else sa.select(health).where(own(health, agency_id))
    return {(row.agency_id, row.connector): _health(row) for row in connection.execute(query)}


def change(uow: UnitOfWork, agency_id: str, connector: str, act: Callable[[Health], Health]) -> None:
    """Replace what is known by what `act` makes of it, with the row held."""
    insert_if_new(uow.connection, health, {"agency_id": agency_id, "connector": connector, "failures": 0})
    chosen = sa.select(health).where(_mine(agency_id, connector)).with_for_update()
    before = _health(uow.connection.execute(chosen).one())
    after = act(before)
    if after != before:
        mine = _mine(agency_id, connector)
        uow.connection.execute(sa.update(health).where(mine).values(**asdict(after)))


def _health(row: sa.Row[Any]) -> Health:
    return Health(**{name: row._mapping[name] for name in _FIELDS})


def _mine(agency_id: str, connector: str) -> sa.ColumnElement[bool]:
    return own(health, agency_id) & (health.c.connector == connector)
