"""The settlement calendar: weekends, and the holidays of article 112 of the Labour Code."""

from __future__ import annotations

from datetime import date

import pytest

from reconciliation.workdays import calendar, next_working_day, working


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),  # Friday
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 22), date(2026, 11, 23)),
        (date(2026, 2, 13), date(2026, 2, 23)),  # Tết
        (date(2025, 1, 24), date(2025, 2, 3)),
        (date(2027, 2, 4), date(2027, 2, 12)),
        (date(2026, 4, 24), date(2026, 4, 28)),  # Hùng Kings' day on a Sunday, made up on Monday
        (date(2026, 4, 29), date(2026, 5, 4)),
        (date(2026, 8, 31), date(2026, 9, 3)),  # National Day
        (date(2025, 12, 31), date(2026, 1, 2)),
    ],
)
def test_next_working_day(day: date, expected: date) -> None:
    assert next_working_day(day) == expected


def test_a_calendar_has_every_day_once() -> None:
    days = list(calendar(date(2026, 11, 20), date(2026, 11, 24)))
    assert [day.day for day, _ in days] == [20, 21, 22, 23, 24]
    assert all(working(after) and after > day for day, after in days)
    assert list(calendar(date(2026, 11, 2), date(2026, 11, 1))) == []
