"""The processes of an installation that THUPHI_* names: the application for `uvicorn --factory`, and the worker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI

from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.main import create_app

ROOT = Path(__file__).parents[2]


def app() -> FastAPI:
    """One process's application."""
    return create_app(Environment(Settings()))


@contextmanager
def serving(settings: Settings, workers: int) -> Iterator[tuple[int, int]]:
    """The application in `workers` processes; port and process id."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.bench.serving:app", "--factory", "--workers", str(workers)]
    command += ["--port", str(port), "--log-level", "error", "--no-access-log"]
    with _process(command, settings) as process:
        _await_port(port, process)
        yield port, process.pid


@contextmanager
def working(settings: Settings) -> Iterator[int]:
    """One worker, as `thuphi worker` runs it; its process id."""
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "worker"]
    with _process(command, settings) as process:
        yield process.pid
        assert process.poll() is None, "the worker has ended"


@contextmanager
def _process(command: list[str], settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    told = {"THUPHI_DATA": str(settings.data), "THUPHI_DATABASE_URL": settings.url}
    process = subprocess.Popen(command, env=os.environ | told, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
