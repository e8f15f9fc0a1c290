"""When money of a rail is due: the settlement calendar of Vietnam's banks (holidays.json, weekends besides)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

_DAY = timedelta(days=1)
_SATURDAY = 5


def working(day: date) -> bool:
    """Whether banks settle on this day."""
    return day.weekday() < _SATURDAY and day not in _holidays()


def next_working_day(day: date) -> date:
    """The first working day after this one."""
    day += _DAY
    while not working(day):
        day += _DAY
    return day


def calendar(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Each day from first to last with the next working day after it."""
    day = first
    while day <= last:
        yield day, next_working_day(day)
        day += _DAY


@lru_cache(maxsize=1)
def _holidays() -> frozenset[date]:
    data = json.loads(files(__package__).joinpath("holidays.json").read_text("utf-8"))
    return frozenset(date.fromisoformat(day) for day in data["announced"] + data["expected"])
