"""A PostgreSQL connection that does not wait for ever: statement_timeout lives on the server, this one on our side.

A line over which nothing comes back any more (a black hole, a frozen host) ends as an OperationalError, and the
connection is closed, so that the pool makes a new one.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.errors import _WaitTimeout

Result = TypeVar("Result")

LOOK_IN_SECONDS = 0.1  # psycopg's own interval


class SilentDatabase(psycopg.OperationalError):
    """Nothing came back within the time that the server itself would allow a statement."""


class PatientConnection(psycopg.Connection[Any]):
    """`patience` in seconds for each exchange with the server."""

    patience: float = 60.0

    def wait(
        self, gen: Generator[Any, Any, Result], interval: float = LOOK_IN_SECONDS, timeout: float | None = None
    ) -> Result:
        """As psycopg waits, but never beyond the patience."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is not None:
                raise
            self.close()
            raise SilentDatabase("the database fell silent") from None
