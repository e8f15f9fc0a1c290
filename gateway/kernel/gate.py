"""SQLite has one writer: a fair gate inside the process, and an OS lock that keeps a second process out.

Waiting in `busy_timeout` is a lottery (the last in may win); the gate lets writers through in the order they came.
The lock file belongs to the process and goes with it, so a `kill -9` leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import IO

from gateway.kernel.errors import Unavailable


class SecondWriter(Unavailable):
    """Another process is writing this data directory."""

    code = "database.second_writer"


class Gate:
    """A lock that is handed over in order of arrival."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._busy = False
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._busy:
                self._busy = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._busy = False


class ProcessLock:
    """An exclusive lock on a file, taken at the first write and held as long as the process lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._guard = threading.Lock()  # two threads that come first at once are one process

    def take(self) -> None:
        """Hold the lock; SecondWriter when another process has it."""
        with self._guard:
            if self._file is None:
                self._file = self._locked()

    def _locked(self) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = self._path.open("ab")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise SecondWriter(
                "Một tiến trình khác đang ghi vào thư mục dữ liệu này.",
                "Another process is writing to this data directory.",
            ) from None
        return handle

    def release(self) -> None:
        """Let another process write."""
        if self._file is not None:
            self._file.close()
            self._file = None
