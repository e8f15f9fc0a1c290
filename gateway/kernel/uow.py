"""One unit of work, one hand that commits: the door opens it, verbs write into it, leaving it commits or undoes all."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.kernel import audit, bulk, outbox
from gateway.kernel.clock import Clock, system_clock
from gateway.kernel.db import make_engine
from gateway.kernel.gate import Gate, ProcessLock
from gateway.kernel.ids import Ids
from gateway.kernel.settings import Settings
from gateway.kernel.vault import Vault, load_or_create

CHANNEL = "thuphi"


class UnitOfWork:
    """A database transaction with its time, ids, vault, actor and tenant."""

    def __init__(self, connection: sa.Connection, environment: Environment, actor: str, agency: str | None) -> None:
        self.connection = connection
        self.actor = actor
        self.agency = agency
        self.vault = environment.vault
        self.settings = environment.settings
        self.ids = environment.ids
        self._now = environment.clock()

    def now(self) -> datetime:
        """The time of this unit of work, UTC: one moment for all it writes."""
        return self._now

    def mint(self, prefix: str) -> str:
        """A new id."""
        return self.ids.new(prefix, self._now)

    def acting(self, actor: str) -> UnitOfWork:
        """The same transaction in another's name: a batch carries the commands of several callers."""
        other = copy.copy(self)
        other.actor = actor
        return other

    def emit(self, events: Iterable[outbox.Event], *, after: Sequence[tuple[sa.Table, bulk.Rows]] = ()) -> None:
        """Write outbox rows and their audit leaves in this transaction; `after` rows that go along and come first."""
        items = [(self.mint("evt"), item) for item in events]
        leaves = [
            audit.leaf_row(self.mint("leaf"), e.agency, e.kind, e.subject, e.actor or self.actor, e.body, self._now)
            for _, e in items
        ]
        told = ((outbox.event, outbox.rows_of(items, self._now)), (audit.leaf, leaves))
        bulk.insert_all(self.connection, (*after, *told))

    def enqueue(self, jobs: Iterable[outbox.Job]) -> None:
        """Leave work for the worker; a key that is already there is left as it is."""
        rows = [
            {
                "id": self.mint("job"),
                "agency_id": item.agency,
                "kind": item.kind,
                "key": item.key,
                "payload": json.dumps(item.payload, ensure_ascii=False, sort_keys=True),
                "run_at": item.run_at or self._now,
                "attempts": 0,
            }
            for item in jobs
        ]
        if rows:
            self.connection.execute(insert_new(self.connection, outbox.job), rows)


def insert_new(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    """INSERT .. ON CONFLICT DO NOTHING in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table).on_conflict_do_nothing()


def insert_if_new(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert one row unless a unique key of it is there already; whether it was inserted."""
    statement = insert_new(connection, table).values(**row).returning(sa.literal(1))
    return connection.execute(statement).first() is not None


def _confine(connection: sa.Connection, agency: str | None) -> None:
    """Behind the tenant filter, PostgreSQL's row-level security hides other agencies' rows (migration 0006)."""
    if agency is not None and connection.dialect.name == "postgresql":
        connection.execute(_CONFINE, {"agency": agency})


_CONFINE = sa.text("SELECT set_config('thuphi.agency', :agency, true)")


class Bell:
    """Wakes sleepers in this process; polling stays the truth."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Sleep until a ring after `seen`, or `seconds`; the count of rings."""
        with self._condition:
            if self._rings == seen:
                self._condition.wait(seconds)
            return self._rings


class Environment:
    """What a process works with: settings, engines, clock, ids, vault."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.ids = ids or Ids()
        self.vault = vault or load_or_create(settings.keys / "vault.key")
        self.writer = self._engine(read_only=False)
        self.reader = self._engine(read_only=True)
        self.bell = Bell()
        self.embedded = self.writer.dialect.name == "sqlite"
        self._gate: AbstractContextManager[None] = Gate() if self.embedded else nullcontext()
        self._lock = ProcessLock(Path(f"{self.writer.url.database}.lock")) if self.embedded else None
        self._last_acts: list[Callable[[], None]] = []

    def _engine(self, *, read_only: bool) -> sa.Engine:
        settings = self.settings
        return make_engine(
            settings.url,
            read_only=read_only,
            pool_size=settings.pool_size,
            statement_timeout_ms=settings.statement_timeout_ms,
        )

    @contextmanager
    def begin(self, *, actor: str, agency: str | None = None) -> Iterator[UnitOfWork]:
        """A unit of work: commits on leaving, or nothing happened."""
        if self._lock is not None:
            self._lock.take()
        with self._gate, self.writer.begin() as connection:
            _confine(connection, agency)
            uow = UnitOfWork(connection, self, actor, agency)
            yield uow
            if not self.embedded:
                connection.execute(sa.text(f"NOTIFY {CHANNEL}"))
        self.bell.ring()

    @contextmanager
    def sole_writer(self) -> Iterator[None]:
        """The right to write outside a unit of work (migrations); SecondWriter when another process has it."""
        if self._lock is not None:
            self._lock.take()
        with self._gate:
            yield

    @contextmanager
    def read(self, agency: str | None = None) -> Iterator[sa.Connection]:
        """A consistent look, without the right to write; with `agency`, at its rows alone (PostgreSQL's second wall)."""
        with self.reader.begin() as connection:
            _confine(connection, agency)
            yield connection

    def before_closing(self, act: Callable[[], None]) -> None:
        """Have `act` done while there still are connections, for instance a queue drained."""
        self._last_acts.append(act)

    def close(self) -> None:
        """Give connections and the process lock back."""
        while self._last_acts:
            self._last_acts.pop()()
        self.writer.dispose()
        self.reader.dispose()
        if self._lock is not None:
            self._lock.release()
