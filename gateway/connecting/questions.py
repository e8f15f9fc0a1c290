"""When a provider is asked again: so many seconds after it began, and once more when the payment's time is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

AFTER_EXPIRY = timedelta(minutes=1)  # the provider's page is closed by then

Delays = Iterable[int]


def next_question(since: datetime, delays_s: Delays, now: datetime, *, last: datetime | None = None) -> datetime | None:
    """The next moment after `now`; None when the questions are over. `last`: one more then, whatever the delays say."""
    moments = [since + timedelta(seconds=delay) for delay in delays_s]
    if last is not None:
        moments.append(max(since, last))
    return min((moment for moment in moments if moment > now), default=None)


def backoff(attempt: int, delays_s: tuple[int, ...] = (2, 10, 30, 120, 600)) -> timedelta:
    """How long to wait after the `attempt`-th try that came to nothing."""
    return timedelta(seconds=delays_s[min(attempt, len(delays_s)) - 1])
