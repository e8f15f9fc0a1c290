"""How a provider is doing, from a few kept facts: four states, the circuit that spares it, and when silence is silence.

- failing: three calls in a row brought no answer (no connection, time-out, half an answer, HTTP 5xx). No call is made
  until the circuit lets one through as a probe: after 30 s, then 1, 2, 4, 8, 10 minutes.
- slow: the average of recent answers is above three seconds.
- silent: its notices are missing. Proven: money came that only a question or a statement told of, and no notice of
  anything has come since. Expected: in office hours nothing has come for six times its usual gap (15 minutes at least)
  while three payments or more were begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from gateway.kernel.clock import VIETNAM

OPENS_AFTER = 3  # calls without an answer
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
SLOW_MS = 3_000
WEIGHT = 5  # of the past in an average

NOTICE_GRACE = timedelta(minutes=1)  # a notice may come that much later than the answer to a question
USUAL_GAPS = 6
SHORTEST_SILENCE = timedelta(minutes=15)
LONGEST_GAP = timedelta(hours=4)  # a longer one is a break, not a rhythm
EXPECTED_PAYMENTS = 3
OPENS, CLOSES = time(7, 30), time(17, 0)


class State(StrEnum):
    """The worst that is true of it."""

    OK = "ok"
    SLOW = "slow"
    FAILING = "failing"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Health:
    """What is kept of one agency's connector. Moments in UTC."""

    failures: int = 0
    failing_since: datetime | None = None
    open_until: datetime | None = None
    average_ms: int | None = None
    slow_since: datetime | None = None
    last_call_at: datetime | None = None
    last_notice_at: datetime | None = None
    usual_gap_s: int | None = None
    silent_since: datetime | None = None

    @property
    def state(self) -> State:
        """ok | slow | failing | silent"""
        if self.failures >= OPENS_AFTER:
            return State.FAILING
        if self.silent_since is not None:
            return State.SILENT
        return State.SLOW if self.slow_since is not None else State.OK

    @property
    def since(self) -> datetime | None:
        """Since when the state holds; None where all is well."""
        moments = {State.FAILING: self.failing_since, State.SILENT: self.silent_since, State.SLOW: self.slow_since}
        return moments.get(self.state)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was expected of one connector since its last notice."""

    unheard_since: datetime | None = None  # the first money that only a question or a statement told of
    payments: int = 0  # begun since then


def pause(failures: int) -> timedelta:
    """How long no call is made after so many without an answer."""
    doublings: int = min(failures - OPENS_AFTER, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def averaged(before: int | None, now_ms: int) -> int:
    """A running average that forgets."""
    return now_ms if before is None else (before * (WEIGHT - 1) + now_ms) // WEIGHT


def silent_since(health: Health, traffic: Traffic, now: datetime) -> datetime | None:
    """Since when its notices are missing; None while nothing says so."""
    heard, missed = health.last_notice_at, traffic.unheard_since
    if missed is not None and now - missed >= NOTICE_GRACE and (heard is None or heard < missed):
        return missed
    if heard is None or health.usual_gap_s is None or not (in_office(now) and in_office(heard)):
        return None
    if heard.astimezone(VIETNAM).date() != now.astimezone(VIETNAM).date():
        return None
    patience = max(SHORTEST_SILENCE, timedelta(seconds=health.usual_gap_s * USUAL_GAPS))
    return heard if now - heard > patience and traffic.payments >= EXPECTED_PAYMENTS else None


def usual_gap(health: Health, heard: int, last: datetime) -> int | None:
    """The usual gap in seconds after `heard` more notices, the newest at `last`; nights and breaks teach nothing."""
    before = health.last_notice_at
    if before is None or heard == 0 or not (in_office(before) and in_office(last)):
        return health.usual_gap_s
    if not timedelta(0) < last - before <= LONGEST_GAP:
        return health.usual_gap_s
    return averaged(health.usual_gap_s, max(1, int((last - before).total_seconds() / heard)))


def in_office(moment: datetime) -> bool:
    """Monday to Friday, 07:30 to 17:00 in Vietnam."""
    local = moment.astimezone(VIETNAM)
    return local.weekday() < 5 and OPENS <= local.time() < CLOSES
