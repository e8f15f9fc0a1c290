"""Work: take what waits in the inbox, in batches, and settle it; a poison row is found by halving and kept apart.

Rows are locked with SKIP LOCKED, so several workers share the inbox; their marks commit with the money they moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from connectors.contract import Notice, Outcome
from connectors.reference import holds, references
from connectors.terminal.contract import ACQUIRER
from gateway import providers
from gateway.kernel import bulk
from gateway.kernel.clock import business_day
from gateway.kernel.db import TROUBLE
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.providers import Provider
from gateway.settlement import poison, undone
from gateway.settlement.inbox import read_notice
from gateway.settlement.model import Arrival, Proof
from gateway.settlement.settle import settle
from gateway.settlement.store import inbox
from gateway.settlement.unpaid import came_to_nothing

BATCH = 200
EMBEDDED_BATCH = 100  # SQLite: the doors wait for the gate meanwhile
# The agency knows better than the provider's message who issues; where it says nothing, the message counts.
SWITCH = {"true": True, "false": False}

log = structlog.get_logger(__name__)


def drain(environment: Environment, *, limit: int | None = None) -> int:
    """Work off one batch of up to `limit`; how many rows left the inbox. Database trouble is raised: nothing was done, try again."""
    if not _waiting_ids(environment, 1):
        return 0  # without a write, which would wake every sleeper for nothing
    limit = limit or (EMBEDDED_BATCH if environment.embedded else BATCH)
    try:
        return _work(environment, limit)
    except TROUBLE:
        raise
    except Exception as error:
        log.warning("inbox.batch_failed", error=type(error).__name__)
        return _halve(environment, _waiting_ids(environment, limit))


def help_out(environment: Environment) -> int:
    """The same beside another hand, where more waits than that one can take: it reads while the other one writes.

    A few rows are left to the one, for two small batches cost more than one. SQLite has one writer.
    """
    if environment.embedded or len(_waiting_ids(environment, 2 * BATCH)) < 2 * BATCH:
        return 0
    return drain(environment)


def _work(environment: Environment, limit: int, only: Sequence[str] | None = None) -> int:
    with environment.begin(actor="worker") as uow:
        rows = _take(uow, limit, only)
        for agency_id in sorted({row.agency_id for row in rows}):
            _settle(environment, uow, agency_id, [row for row in rows if row.agency_id == agency_id])
        if rows:
            done = bulk.among(uow.connection, inbox.c.id, [row.id for row in rows])
            uow.connection.execute(sa.update(inbox).where(done).values(state="done"))
        return len(rows)


def _take(uow: UnitOfWork, limit: int, only: Sequence[str] | None) -> list[sa.Row[Any]]:
    query = sa.select(inbox).where(poison.due(uow.now())).order_by(inbox.c.id).limit(limit)
    if only is not None:
        query = query.where(inbox.c.id.in_(only))
    return list(uow.connection.execute(query.with_for_update(skip_locked=True)))


def _settle(environment: Environment, uow: UnitOfWork, agency_id: str, rows: Sequence[sa.Row[Any]]) -> None:
    known: dict[str, Provider] = {}
    arrivals = []
    for row in rows:
        if row.connector not in known:
            known[row.connector] = providers.find(uow.connection, environment, agency_id, row.connector)
        notice = read_notice(uow, row)
        if notice.outcome is Outcome.PAID:
            arrivals.append(arrival_of(row, notice, known[row.connector]))
        else:
            if notice.outcome in (Outcome.FAILED, Outcome.CANCELLED):
                came_to_nothing(uow, agency_id, row.connector, notice.order_code, notice.outcome.value)
            if notice.outcome is Outcome.REVERSED:
                kind: undone.Kind = "voided" if row.connector.startswith(ACQUIRER) else "reversed"
                undone.of_reference(uow, agency_id, notice.order_code, notice.bank_reference or row.event_key, kind)
            uow.emit([Event(agency_id, f"notice.{notice.outcome.value}", row.id, {"connector": row.connector})])
    if arrivals:
        settle(uow, agency_id, arrivals)


def arrival_of(row: sa.Row[Any], notice: Notice, provider: Provider) -> Arrival:
    """What the settlement needs of a stored notice."""
    return Arrival(
        id=row.id,
        agency=row.agency_id,
        connector=row.connector,
        proof=Proof.NOTICE,
        amount=notice.amount,
        currency=notice.currency,
        incoming=notice.direction == "CRDT",
        account=notice.account,
        day=notice.booked_on or business_day(row.received_at),
        at=notice.occurred_at or row.received_at,
        references=_references(notice),
        bank_reference=notice.bank_reference,
        payer_bank=notice.payer_bank,
        settles=provider.issue_on == "notice",
        amount_sure=provider.connector.capabilities.amount_unambiguous,
        receipted_elsewhere=SWITCH.get(provider.settings.get("receipted_elsewhere", ""), notice.receipted_elsewhere),
    )


def _references(notice: Notice) -> tuple[str, ...]:
    """The code the provider carries beside the memo comes first, if it is one of ours at all."""
    carried = [notice.order_code] if holds(notice.order_code) else []
    return tuple(dict.fromkeys([*carried, *references(notice.memo)]))


def _waiting_ids(environment: Environment, limit: int) -> list[str]:
    with environment.read() as connection:
        query = sa.select(inbox.c.id).where(poison.due(environment.clock())).order_by(inbox.c.id).limit(limit)
        return list(connection.scalars(query))


def _halve(environment: Environment, ids: list[str]) -> int:
    """Each half alone, down to the row that breaks; the neighbours go through."""
    if not ids:
        return 0
    try:
        return _work(environment, len(ids), ids)
    except TROUBLE:
        raise
    except Exception as error:
        if len(ids) == 1:
            poison.hold(environment, ids[0], error)
            return 1
    middle = len(ids) // 2
    return _halve(environment, ids[:middle]) + _halve(environment, ids[middle:])
