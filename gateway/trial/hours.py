"""The trial's clock: it starts some hours ago, so that a whole day can pass in seconds and nothing is in the future."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from gateway.kernel.clock import VIETNAM, Clock, business_day, system_clock

HEAD_START = timedelta(hours=3)
LATEST_EVENING = time(19, 0)


class TrialClock:
    """Real time, moved back; `skip_to` passes over waiting."""

    def __init__(self, real: Clock = system_clock) -> None:
        self._real = real
        self._offset = morning(real()) - real()

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def skip_to(self, moment: datetime) -> None:
        """Let the time be `moment`, if that is later than now."""
        self._offset = max(self._offset, moment - self._real())

    def skip(self, span: timedelta) -> None:
        """Let `span` pass."""
        self._offset += span


def morning(now: datetime) -> datetime:
    """Three hours ago; shortly after midnight the evening before, so that the trial stays within one business day."""
    start = now - HEAD_START
    if business_day(start) == business_day(now):
        return start
    evening = datetime.combine(business_day(start), LATEST_EVENING, VIETNAM)
    return min(start, evening.astimezone(now.tzinfo))
