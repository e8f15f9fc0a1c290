"""A counterpart's memory on disk: one SQLite file that a killed process leaves as its last completed call left it.

WAL and synchronous=FULL: what a call returned is on disk. One connection per book and a lock around it make it safe for
threads; other processes may have the file open too.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


class BookFile:
    """Every method of a book but `writing`, `reading` and `close` wants to be called inside one of the first two.

    `schema` is run at opening and says IF NOT EXISTS; `after` are statements for what a dead process left behind.
    """

    def __init__(self, path: Path, schema: str, *after: str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}").close()
        with self.writing():
            for statement in (*schema.split(";"), *after):
                self._db.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of it on disk on leaving, or nothing."""
        yield from self._within("BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One moment of the book."""
        yield from self._within("BEGIN")

    def _within(self, begin: str) -> Iterator[None]:
        with self._lock:
            self._db.execute(begin)
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
