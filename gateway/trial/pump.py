"""Carries the notices of the simulated bank and services to the callback door, as often as they want to send them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from connectors.contract import Reply, Request

Deliver = Callable[[Request], Reply]

POLL_SECONDS = 0.05

log = structlog.get_logger(__name__)


class Outgoing(Protocol):
    """A call that somebody makes."""

    @property
    def id(self) -> int: ...

    @property
    def request(self) -> Request: ...


class Calls(Protocol):
    """Whoever sends notices: the bank, a payment service."""

    def due_notices(self) -> Sequence[Outgoing]:
        """What is due now."""
        ...

    def answered(self, outgoing_id: int, status: int, body: bytes) -> None:
        """What was said to it; `status` 0 where nothing was."""
        ...


def deliver_due(bank: Calls, deliver: Deliver) -> int:
    """Send what is due now, each once; how many calls were made. A call that fails comes again, as the bank decides."""
    calls = bank.due_notices()
    for call in calls:
        try:
            reply = deliver(call.request)
        except Exception as error:
            log.warning("bank.call_failed", error=type(error).__name__)
            bank.answered(call.id, 0, b"")
        else:
            bank.answered(call.id, reply.status, reply.body)
    return len(calls)


class Pump:
    """A thread that delivers for as long as the server lives."""

    def __init__(self, bank: Calls, deliver: Deliver) -> None:
        self._bank = bank
        self._deliver = deliver
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="thuphi-bank", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the call in hand."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not deliver_due(self._bank, self._deliver):
                self._stop.wait(POLL_SECONDS)
