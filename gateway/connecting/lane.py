"""The worker's lane to providers: jobs by kind, several at once so that a provider that hangs holds up only its own.

A job that meets an open circuit waits for it; one that fails for a reason nobody foresaw is tried with growing patience
and is visible among the stuck when it is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from connectors.contract import SettingMissing
from gateway.connecting import ask, begin, purge, refunds, watch
from gateway.connecting.health import CircuitOpen
from gateway.connecting.job import LEASE, MOST_ATTEMPTS, LeaseLost, later
from gateway.connecting.questions import backoff
from gateway.kernel import outbox
from gateway.kernel.db import TROUBLE
from gateway.kernel.outbox import Claimed
from gateway.kernel.side_by_side import SideBySide
from gateway.kernel.uow import Environment
from gateway.payments import channels

HANDLERS: Mapping[str, Callable[[Environment, Claimed], None]] = {
    channels.START: begin.run,
    channels.ASK: ask.run,
    refunds.SEND: refunds.send,
    refunds.ASK: refunds.ask,
}
AT_ONCE, OF_ONE_PROVIDER = 16, 4
NO_ROOM = timedelta(seconds=2)
WAIT_S = 0.2
WATCH_EVERY = timedelta(seconds=30)
PURGE_EVERY = timedelta(days=1)

log = structlog.get_logger(__name__)


class ProviderLane:
    """Steps for the worker. `close` waits for what is in hand."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._crew = SideBySide("provider", most=AT_ONCE, of_one=OF_ONE_PROVIDER)
        self._watched: datetime | None = None
        self._purged: datetime | None = None
        environment.before_closing(self._crew.close)

    def speak(self) -> int:
        """Start what is due and has room; what was done meanwhile. While something is in hand it is never nothing."""
        for job in claim(self._environment, self._crew.free):
            line = (job.agency, job.payload.get("connector"))
            if not self._crew.start(line, partial(run, self._environment, job)):
                _put_off(self._environment, job, NO_ROOM, "busy")
        done = self._crew.collect(WAIT_S)
        return max(done, int(self._crew.busy))

    def watch(self) -> int:
        """How each provider is doing, from what was heard; writes only where that has changed."""
        now = self._environment.clock()
        if self._watched is not None and now - self._watched < WATCH_EVERY:
            return 0
        since, self._watched = self._watched, now
        return watch.look(self._environment, since)

    def purge(self) -> int:
        """Forget what is past its date."""
        now = self._environment.clock()
        if self._purged is not None and now - self._purged < PURGE_EVERY:
            return 0
        self._purged = now
        return purge.purge(self._environment)


def work(environment: Environment) -> int:
    """Everything that is due, one after the other in this thread; how many jobs were in hand."""
    done = 0
    while jobs := claim(environment, AT_ONCE):
        done += sum(run(environment, job) for job in jobs)
    return done


def claim(environment: Environment, limit: int) -> list[Claimed]:
    """Jobs for providers whose time has come; no write where there are none."""
    if limit <= 0 or not _anything_due(environment):
        return []
    found: list[Claimed] = []
    with environment.begin(actor="worker") as uow:
        for kind in HANDLERS:
            left = limit - len(found)
            if left > 0:
                found += outbox.claim(uow.connection, kind, now=uow.now(), limit=left, lease=LEASE)
    return found


def run(environment: Environment, job: Claimed) -> int:
    """One job, whatever becomes of it."""
    try:
        HANDLERS[job.kind](environment, job)
    except CircuitOpen as shut:
        _put_off_until(environment, job, shut.until, shut.code)
    except LeaseLost:
        log.warning("provider.lease_lost", job=job.id, kind=job.kind)
    except SettingMissing as missing:
        _put_off(environment, job, _patience(job), missing.code)
    except TROUBLE as error:
        log.warning("provider.database", job=job.id, error=type(error).__name__)  # the lease ends, another try follows
    except Exception as error:
        log.exception("provider.job_failed", job=job.id, kind=job.kind)
        _put_off(environment, job, _patience(job), type(error).__name__)
    return 1


def _patience(job: Claimed) -> timedelta | None:
    """None: it has been tried often enough, a person looks."""
    return backoff(job.attempt) if job.attempt < MOST_ATTEMPTS else None


def _anything_due(environment: Environment) -> bool:
    now = environment.clock()
    with environment.read() as connection:
        return outbox.any_due(connection, tuple(HANDLERS), now=now)


def _put_off(environment: Environment, job: Claimed, patience: timedelta | None, why: str) -> None:
    _put_off_until(environment, job, environment.clock() + patience if patience is not None else None, why)


def _put_off_until(environment: Environment, job: Claimed, until: datetime | None, why: str) -> None:
    with environment.begin(actor="worker") as uow:
        later(uow, job, until, why)
