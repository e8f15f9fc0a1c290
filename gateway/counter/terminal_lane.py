"""The worker's lane to terminals: sales begun, sales taken up again after a crash or when their time has come, heartbeat.

One event loop in a thread of its own carries all of them side by side, so that a terminal whose customer looks for a
card holds nobody up. Whoever has claimed a sale renews its lease; when a process dies another takes the sale up and
asks the terminal what became of it. It never sends a payment that may have been sent.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from connectors.terminal.contract import ACQUIRER, Health
from gateway.counter import terminal_file, terminal_reverse_lane
from gateway.counter import terminal_store as store
from gateway.counter.terminal_drive import LEASE, WAYS, Ways, carry, driver_for
from gateway.counter.terminal_store import SaleRow, SaleState, TerminalRow, terminal, terminal_sale
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from gateway.payments import busy
from gateway.payments.busy import due_busy
from gateway.settlement.store import inbox

AT_ONCE = 64
HEARTBEAT = timedelta(minutes=1)
FILES_EVERY = timedelta(seconds=30)
LOOK_BACK = timedelta(days=10)
WAIT_S = 0.2

log = structlog.get_logger(__name__)


class TerminalLane:
    """Steps for the worker. `close` drops what is in hand; it is taken up where it stands, by anybody."""

    def __init__(self, environment: Environment, ways: Ways = WAYS) -> None:
        self._environment = environment
        self._ways = ways
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._in_hand: set[Future[int]] = set()
        self._resumed = False
        self._beaten: datetime | None = None
        self._read: datetime | None = None
        environment.before_closing(self.close)

    def serve(self) -> int:
        """Begin what is due; while something is in hand it is never nothing."""
        if not self._resumed:
            resume(self._environment)
            terminal_reverse_lane.resume(self._environment)
            self._resumed = True
        for sale in claim(self._environment, AT_ONCE - len(self._in_hand)):
            self._begin(_guarded(self._environment, sale, self._ways))
        for row in terminal_reverse_lane.claim(self._environment, AT_ONCE - len(self._in_hand)):
            self._begin(_reversing(self._environment, row, self._ways))
        done = self._collected()
        return max(done, int(bool(self._in_hand))) + release_booked(self._environment)

    def beat(self) -> int:
        """Ask every idle terminal how it is, once a minute."""
        now = self._environment.clock()
        if self._beaten is None or now - self._beaten >= HEARTBEAT:
            self._beaten = now
            for row in idle(self._environment):
                self._begin(_beat(self._environment, row, self._ways))
        return 0

    def read_files(self) -> int:
        """What the acquirers' files have decided since they were last looked at."""
        now = self._environment.clock()
        if self._read is not None and now - self._read < FILES_EVERY:
            return 0
        since, self._read = (self._read or now - LOOK_BACK) - FILES_EVERY, now
        return terminal_file.follow(self._environment, since)

    def close(self) -> None:
        """End the loop; a cut exchange is a broken link like any other."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop = self._thread = None
            self._in_hand.clear()

    def _begin(self, work: Coroutine[Any, Any, int]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_turn, args=(self._loop,), name="thuphi-terminals", daemon=True)
            self._thread.start()
        self._in_hand.add(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _collected(self) -> int:
        if not self._in_hand:
            return 0
        ended, self._in_hand = wait(self._in_hand, WAIT_S, FIRST_COMPLETED)
        return sum(piece.result() for piece in ended if not piece.cancelled())


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Run until stopped, and let what was cancelled end."""
    loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    loop.close()


def claim(environment: Environment, limit: int) -> list[SaleRow]:
    """Sales whose time has come and that nobody holds, oldest first; no write where there are none."""
    if limit <= 0:
        return []
    now = environment.clock()
    free = terminal_sale.c.lease_until.is_(None) | (terminal_sale.c.lease_until < now)
    due = store.unfinished() & (terminal_sale.c.next_at <= now) & free
    query = sa.select(terminal_sale.c.id).where(due).order_by(terminal_sale.c.next_at, terminal_sale.c.id).limit(limit)
    with environment.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return []
    with environment.begin(actor="worker") as uow:
        ids = list(uow.connection.scalars(query.with_for_update(skip_locked=True)))
        mine = terminal_sale.c.id.in_(ids)
        held = {"attempt": terminal_sale.c.attempt + 1, "lease_until": uow.now() + LEASE}
        uow.connection.execute(sa.update(terminal_sale).where(mine).values(**held))
        return store.sales(uow.connection, mine)


def resume(environment: Environment) -> None:
    """At start: embedded, nobody else can hold a sale, so what was held when the process died is free at once."""
    if not environment.embedded:
        return
    held = store.unfinished() & terminal_sale.c.lease_until.is_not(None)
    with environment.read() as connection:
        if connection.execute(sa.select(terminal_sale.c.id).where(held).limit(1)).first() is None:
            return
    with environment.begin(actor="worker") as uow:
        uow.connection.execute(sa.update(terminal_sale).where(held).values(lease_until=None))


def release_booked(environment: Environment) -> int:
    """Dues whose approval has been booked are free again: what is open of them, after a part, may be paid."""
    booked = (
        sa.select(due_busy.c.payment_id)
        .join(terminal_sale, terminal_sale.c.payment_id == due_busy.c.payment_id)
        .join(terminal, terminal.c.id == terminal_sale.c.terminal_id)
        .join(
            inbox,
            sa.and_(
                inbox.c.agency_id == terminal_sale.c.agency_id,
                inbox.c.connector == sa.literal(ACQUIRER).concat(terminal.c.acquirer),
                inbox.c.event_key == terminal_sale.c.notice_key,
            ),
        )
        .where(terminal_sale.c.state == SaleState.APPROVED.value, inbox.c.state == "done")
        .distinct()
    )
    with environment.read() as connection:
        found = list(connection.scalars(booked))
    if found:
        with environment.begin(actor="worker") as uow:
            still_open = terminal_sale.c.payment_id.in_(found) & store.unfinished()
            held = set(uow.connection.scalars(sa.select(terminal_sale.c.payment_id).where(still_open)))
            busy.free(uow, [payment_id for payment_id in found if payment_id not in held])
    return len(found)


def idle(environment: Environment) -> list[TerminalRow]:
    """Terminals in use at which nothing is under way."""
    asked = sa.exists().where(
        terminal_sale.c.terminal_id == terminal.c.id, terminal_sale.c.state == SaleState.ASKED.value
    )
    query = sa.select(terminal.c.id).where(terminal.c.retired_at.is_(None), ~asked, terminal.c.model != "pull")
    with environment.read() as connection:
        return [store.terminal_by_id(connection, found) for found in connection.scalars(query).all()]


async def check(environment: Environment, row: TerminalRow, ways: Ways = WAYS) -> Health:
    """Diagnosis now, written down: the heartbeat, and the button of an administrator."""
    health = await driver_for(environment, row, ways).diagnose()
    alive = health.ready or health.reason == "Busy"  # a payment has begun meanwhile
    flaw = "" if alive else health.reason or "not_ready"
    with environment.begin(actor="worker", agency=row.agency_id) as uow:
        seen = {"seen_at": uow.now()} if alive else {}
        values = {"checked_at": uow.now(), "flaw": flaw, **seen}
        uow.connection.execute(sa.update(terminal).where(terminal.c.id == row.id).values(**values))
        if bool(flaw) != bool(row.flaw):
            kind = "terminal.lost" if flaw else "terminal.back"
            uow.emit([Event(row.agency_id, kind, row.id, {"name": row.name, "reason": flaw})])
    return health


async def _guarded(environment: Environment, sale: SaleRow, ways: Ways) -> int:
    """One sale. Whatever breaks here, the lease ends and the sale is taken up again."""
    try:
        await carry(environment, sale, ways)
    except Exception:
        log.exception("terminal.broken_off", sale=sale.id)
    return 1


async def _reversing(environment: Environment, row: terminal_reverse_lane.Reversal, ways: Ways) -> int:
    """One reversal. Whatever breaks here, the lease ends and it is asked again."""
    try:
        await terminal_reverse_lane.carry(environment, row, ways)
    except Exception:
        log.exception("terminal.reversal_broken_off", reversal=row.id)
    return 1


async def _beat(environment: Environment, row: TerminalRow, ways: Ways) -> int:
    try:
        await check(environment, row, ways)
    except Exception:
        log.exception("terminal.heartbeat", terminal=row.id)
    return 0
