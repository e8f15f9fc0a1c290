"""Hear on PostgreSQL that another process has committed: LISTEN rings this process's bell. Polling stays the truth.

A connection that breaks is made again; until then the sleepers wake by their own time-out, so nothing is ever missed,
only later.
"""

from __future__ import annotations

import threading

import structlog

from gateway.kernel.uow import CHANNEL, Environment

WAIT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Listener:
    """A thread that passes notifications on to the bell. On the embedded database there is nobody else to hear."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        if not self._environment.embedded:
            self._thread = threading.Thread(target=self._run, name="thuphi-listen", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except Exception as error:
                log.warning("listen.broken", error=type(error).__name__)
                self._stop.wait(WAIT_SECONDS)

    def _listen(self) -> None:
        import psycopg

        url = self._environment.writer.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stop.is_set():
                for _ in connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                    self._environment.bell.ring()
