"""Two databases, one text: engines for SQLite (embedded) and PostgreSQL, and the column types both share.

SQLite runs in WAL with synchronous=FULL; every write begins with BEGIN IMMEDIATE and passes the process's gate
(`gate.py`). PostgreSQL runs READ COMMITTED: every decision is taken on rows locked with FOR UPDATE in a fixed order
(payments, dues, series; each by id), so nothing stronger is needed.
"""

from __future__ import annotations

import select
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING)

SERVER_ANSWERS_FIRST = 1.0  # seconds that a client waits longer than the server lets a statement run
# The database, not what was asked of it, is at fault: nothing was done, and another try is right.
TROUBLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused. `timestamptz` on PostgreSQL, ISO text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Dong = sa.BigInteger  # amounts, int đồng


def make_engine(
    url: str, *, read_only: bool = False, pool_size: int = 8, statement_timeout_ms: int = 30_000
) -> sa.Engine:
    """An engine for `url`; a read-only one cannot write even by mistake."""
    if url.startswith("sqlite"):
        return _sqlite(url, read_only)
    return _postgresql(url, read_only, pool_size, statement_timeout_ms)


def _sqlite(url: str, read_only: bool) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event below opens the transaction
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}").close()
        if read_only:
            connection.execute("PRAGMA query_only=ON").close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, read_only: bool, pool_size: int, statement_timeout_ms: int) -> sa.Engine:
    options = f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={statement_timeout_ms // 2} -c timezone=UTC"
    if read_only:
        options += " -c default_transaction_read_only=on"
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"connect_timeout": 5, "options": options},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
        from gateway.kernel.patience import PatientConnection

        connection = PatientConnection.connect(*arguments, **named)
        connection.patience = statement_timeout_ms / 1000 + SERVER_ANSWERS_FIRST
        return connection

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        """Arrays (`bulk.py`) travel as binary: in text every quote of a JSON body is escaped by a call in Python."""
        from psycopg.types.array import ListBinaryDumper

        connection.adapters.register_dumper(list, ListBinaryDumper)

    @event.listens_for(engine, "checkout")
    def look(connection: Any, _record: Any, _fairy: Any) -> None:
        """A server that went away has closed its end, and an end of file waits to be read: no ping has to ask."""
        if connection.closed or select.select([connection], [], [], 0)[0]:
            raise sa.exc.InvalidatePoolError

    return engine
