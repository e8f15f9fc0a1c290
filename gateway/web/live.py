"""News for open pages: one tailer per process reads the new events once and wakes the pages they concern.

Server-sent events (HTML Living Standard, 9.2). On the embedded database the tailer sleeps on the process's bell, on
PostgreSQL on LISTEN with a look each second; an idle page costs no query. Ids are ordered by time only roughly (several
processes, open transactions), so a window of the past is read again each time and known ids are dropped.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce

import sqlalchemy as sa
import structlog
from starlette.concurrency import run_in_threadpool

from gateway.kernel.ids import ALPHABET, encode
from gateway.kernel.outbox import event
from gateway.kernel.uow import CHANNEL, Environment

HEARTBEAT = 15.0  # seconds; proxies close what is silent for longer
RETRY_MS = 3_000
OVERLAP = timedelta(seconds=10)  # longer than a business transaction stays open
POLL = 1.0
SELDOM = 15.0  # the bell is enough in one process; this look is for what nobody foresaw
BREATH = 0.05  # many commits in a row are read together
MOST_STREAMS = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stream tells: the status, the page's version, whose events to listen for, whether it is the last word."""

    status: str
    version: str
    subjects: frozenset[str]
    final: bool


class Follower:
    """One open page; belongs to the event loop it was made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.subjects: frozenset[str] = frozenset()

    def wake(self) -> None:
        """From any thread. A loop that has ended has no pages left."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def woken(self, seconds: float) -> bool:
        """Sleep until there is news, or `seconds`."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Tailer:
    """Follows the event table as long as somebody listens."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._guard = threading.Lock()
        self._followers: set[Follower] = set()
        self._running = False
        self.closed = False

    def __len__(self) -> int:
        return len(self._followers)

    @contextmanager
    def follow(self) -> Iterator[Follower]:
        """A place among the followers, given back at the end."""
        follower = Follower()
        with self._guard:
            self._followers.add(follower)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="thuphi-live", daemon=True).start()
        try:
            yield follower
        finally:
            with self._guard:
                self._followers.discard(follower)

    def close(self) -> None:
        """End every stream: the process is going down."""
        self.closed = True
        for follower in self._listeners():
            follower.wake()

    def _listeners(self) -> list[Follower]:
        with self._guard:
            return list(self._followers)

    def _run(self) -> None:
        recent = Recent(encode(int((self._environment.clock() - OVERLAP).timestamp() * 1000), 10))
        while True:
            try:
                with ear(self._environment) as listen:
                    while self._wanted():
                        self._tell(recent)
                        listen()
                return
            except Exception as error:  # the database is away: try again until it is back
                log.warning("live.deaf", error=type(error).__name__)
                time.sleep(POLL)
                if not self._wanted():
                    return

    def _wanted(self) -> bool:
        """Whether to go on; decided together with `follow`, so that there is never a second thread nor none."""
        with self._guard:
            self._running = bool(self._followers) and not self.closed
            return self._running

    def _tell(self, recent: Recent) -> None:
        with self._environment.read() as connection:
            subjects = recent.read(connection)
        if not subjects:
            return
        for follower in self._listeners():
            if not subjects.isdisjoint(follower.subjects):
                follower.wake()


class Recent:
    """Which event rows are new. `moment` is the ten characters of an id that say when (gateway/kernel/ids.py)."""

    def __init__(self, moment: str) -> None:
        self._floor = f"evt_{moment}"
        self._seen: set[str] = set()

    def read(self, connection: sa.Connection) -> set[str]:
        """The subjects of events not seen before."""
        rows = connection.execute(sa.select(event.c.id, event.c.subject).where(event.c.id > self._floor)).all()
        fresh = {row.subject for row in rows if row.id not in self._seen}
        self._seen.update(row.id for row in rows)
        if rows:
            self._forget(max(self._seen))
        return fresh

    def _forget(self, newest: str) -> None:
        """Move the window up to `OVERLAP` before the newest event."""
        prefix, _, code = newest.partition("_")
        millis = reduce(lambda number, character: number * 32 + ALPHABET.index(character), code[:10], 0)
        floor = f"{prefix}_{encode(max(0, millis - int(OVERLAP.total_seconds() * 1000)), 10)}"
        if floor > self._floor:
            self._floor = floor
            self._seen = {known for known in self._seen if known > floor}


@contextmanager
def ear(environment: Environment) -> Iterator[Callable[[], None]]:
    """A function that returns when there may be something to read."""
    if environment.embedded:
        yield _bell(environment)
        return
    import psycopg

    url = environment.reader.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"LISTEN {CHANNEL}")

        def listen() -> None:
            if list(connection.notifies(timeout=POLL, stop_after=1)):
                time.sleep(BREATH)
                list(connection.notifies(timeout=0))

        yield listen


def _bell(environment: Environment) -> Callable[[], None]:
    heard = environment.bell.wait(-1, 0)

    def listen() -> None:
        nonlocal heard
        before = heard
        heard = environment.bell.wait(before, SELDOM)
        if heard != before:
            time.sleep(BREATH)

    return listen


async def stream(tailer: Tailer, look: Callable[[], Standing | None], known: str) -> AsyncIterator[str]:
    """The body of an event stream: `status` whenever the version is another than the one last told (`known` at first).

    `look` reads the database and runs in a thread; it is asked at the start and on news, never while idle.
    """
    with tailer.follow() as follower:
        yield f"retry: {RETRY_MS}\n\n"
        while not tailer.closed:
            standing = await _current(follower, look)
            if standing is None:
                return
            if standing.version != known:
                known = standing.version
                yield _message(standing)
            if standing.final:
                return
            while not await follower.woken(HEARTBEAT):
                yield ": \n\n"


async def _current(follower: Follower, look: Callable[[], Standing | None]) -> Standing | None:
    """What holds now, looked at after the follower listens to all it concerns, so that no event falls between."""
    while (standing := await run_in_threadpool(look)) is not None:
        if standing.subjects <= follower.subjects:
            break
        follower.subjects = standing.subjects
    return standing


def _message(standing: Standing) -> str:
    data = json.dumps({"status": standing.status, "version": standing.version}, separators=(",", ":"))
    return f"id: {standing.version}\nevent: status\ndata: {data}\n\n"
