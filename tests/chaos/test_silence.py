"""Bounded failure: when the database falls silent, every call ends with an error a door can word, and comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from tests.chaos.proxy import Fault, FaultProxy, Weather
from tests.conftest import PgDatabases

STATEMENT_MS = 1_000
DEADLINE_SECONDS = 8  # beyond the statement's and the connection's own limits together
FOREVER = 600.0


@pytest.fixture
def database_url(pg_databases: PgDatabases, migrated_postgresql: str) -> Iterator[sa.URL]:
    url = pg_databases.create(migrated_postgresql)
    yield url
    pg_databases.drop(url)


@contextmanager
def behind(weather: Weather, url: sa.URL, place: Path) -> Iterator[Environment]:
    """An installation whose database is reached over this line."""
    info = psycopg.conninfo.conninfo_to_dict(url.set(drivername="postgresql").render_as_string(hide_password=False))
    host, port = str(info.get("host") or "127.0.0.1"), int(info.get("port") or 5432)
    upstream = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
    with FaultProxy(upstream, weather) as proxy:
        near = url.set(host="127.0.0.1", port=proxy.port, query={})
        secret = SecretStr(near.render_as_string(hide_password=False))
        settings = Settings(data=place, database_url=secret, statement_timeout_ms=STATEMENT_MS, pool_size=2)
        environment = Environment(settings)
        yield environment
    environment.close()


def attempt(environment: Environment) -> tuple[bool, Exception | None]:
    """Whether one look at the database ended in time, and its error."""
    errors: list[Exception] = []

    def look() -> None:
        try:
            with environment.read() as connection:
                connection.execute(sa.text("SELECT 1"))
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    return not thread.is_alive(), errors[0] if errors else None


def test_a_line_that_is_cut_is_one_error_and_no_more(database_url: sa.URL, tmp_path: Path) -> None:
    weather = Weather("cut", {Fault.CUT: 1.0}, most_bytes=1)
    weather.calm()
    with behind(weather, database_url, tmp_path) as environment:
        assert attempt(environment) == (True, None)
        weather.stormy = True
        in_time, error = attempt(environment)
        assert in_time and isinstance(error, sa.exc.OperationalError)
        weather.calm()
        assert attempt(environment) == (True, None)


def test_a_database_that_cannot_be_reached_is_an_error_in_time(database_url: sa.URL, tmp_path: Path) -> None:
    weather = Weather("dark", {Fault.BLACK_HOLE: 1.0}, most_bytes=1, hole_seconds=FOREVER)
    with behind(weather, database_url, tmp_path) as environment:
        in_time, error = attempt(environment)
        assert in_time and isinstance(error, sa.exc.OperationalError)


def test_a_database_that_falls_silent_is_an_error_in_time(database_url: sa.URL, tmp_path: Path) -> None:
    """An open connection over which nothing comes back any more: statement_timeout lives on the other side of it."""
    weather = Weather("silent", {Fault.BLACK_HOLE: 1.0}, most_bytes=1, hole_seconds=FOREVER)
    weather.calm()
    with behind(weather, database_url, tmp_path) as environment:
        assert attempt(environment) == (True, None)
        weather.stormy = True
        in_time, error = attempt(environment)
        assert in_time, f"still waiting after {DEADLINE_SECONDS} s"
        assert isinstance(error, sa.exc.OperationalError)
