"""The trial's clock: a working day that is over, and the morning after it, so that a day can be closed and nothing is in
the future. Both pass in seconds.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from gateway.kernel.clock import VIETNAM, Clock, business_day, system_clock
from reconciliation.workdays import next_working_day, working

OPENS, MORNING = time(8), time(7)
MORNING_TAKES = timedelta(minutes=90)  # all that happens on the second day, with room


class TrialClock:
    """Real time, moved back; `skip_to` passes over waiting."""

    def __init__(self, real: Clock = system_clock) -> None:
        self._real = real
        self._offset = at(trial_day(real()), OPENS) - real()

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def today(self) -> date:
        """The business day outside."""
        return business_day(self._real())

    def skip_to(self, moment: datetime) -> None:
        """Let the time be `moment`, if that is later than now."""
        self._offset = max(self._offset, moment - self._real())

    def skip(self, span: timedelta) -> None:
        """Let `span` pass."""
        self._offset += span

    def next_morning(self) -> None:
        """Let the night pass: banks pay out, and print their statements, on the next working day."""
        self.skip_to(at(next_working_day(business_day(self())), MORNING))


def trial_day(now: datetime) -> date:
    """The last working day whose next working morning is over."""
    day = business_day(now)
    while not working(day) or at(next_working_day(day), MORNING) + MORNING_TAKES > now:
        day -= timedelta(days=1)
    return day


def at(day: date, hour: time) -> datetime:
    """An hour of a day in Vietnam."""
    return datetime.combine(day, hour, VIETNAM)
