"""Processes of the product that a test starts, kills and starts again; only what it started itself, by process id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def eventually(holds: Callable[[], bool], seconds: float, *, pause: float = 0.02) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


class Zygote:
    """The loaded parent (zygote.py); closing it ends every process that came from it."""

    def __init__(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("THUPHI_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.zygote"],
            cwd=ROOT,
            env=clean | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        assert self._answer() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, argv: Sequence[str], env: Mapping[str, str], log: Path, most_pages: int = 0) -> int:
        """The pid of a new `thuphi ARGV`."""
        order = {"argv": list(argv), "env": dict(env), "log": str(log), "most_pages": most_pages}
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._answer())

    def close(self) -> None:
        """End it and all its children."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if not said:
            raise RuntimeError(f"the zygote ended with {self._process.poll()}")
        return said


class Running:
    """One process of the product, again and again."""

    def __init__(
        self, zygote: Zygote, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path, *, most_pages: int = 0
    ) -> None:
        self.name = name
        self.most_pages = most_pages
        self._zygote = zygote
        self._argv, self._env, self._log = argv, env, log
        self._pid: int | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        assert self._pid is None
        self._pid = self._zygote.start(self._argv, self._env, self._log, self.most_pages)

    @property
    def alive(self) -> bool:
        if self._pid is None:
            return False
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL, 10)

    def stop(self, seconds: float = 20) -> bool:
        """Ask it to end; whether it did so by itself."""
        if self._end(signal.SIGTERM, seconds):
            return True
        self.kill()
        return False

    def _end(self, number: signal.Signals, seconds: float) -> bool:
        if self._pid is None:
            return True
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)
        if not eventually(lambda: not self.alive, seconds):
            return False
        self._pid = None
        return True
