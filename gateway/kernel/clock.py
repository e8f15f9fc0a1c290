"""Time: UTC inside, the business day of Asia/Ho_Chi_Minh for anything a person or the law counts in days.

Vietnam has kept UTC+07:00 without daylight saving since 1975, so a fixed offset is exact for every date handled here
and needs no time-zone database on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time in UTC: the one place that asks for it."""
    return datetime.now(UTC)  # noqa: TID251


def business_day(moment: datetime) -> date:
    """The Vietnamese calendar day in which `moment` falls."""
    return moment.astimezone(VIETNAM).date()


def day_start(day: date) -> datetime:
    """00:00 in Vietnam, as UTC."""
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-11-24T08:15:00.123Z`: fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
