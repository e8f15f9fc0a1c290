"""Quiet hours of text messages: none between 21:00 and 07:00, Vietnam time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from gateway.kernel.clock import VIETNAM

LAST, FIRST = time(21), time(7)


def awake(moment: datetime) -> datetime:
    """The moment itself in the daytime, else the next 07:00; UTC."""
    local = moment.astimezone(VIETNAM)
    if FIRST <= local.time() < LAST:
        return moment
    day = local.date() + timedelta(days=1) if local.time() >= LAST else local.date()
    return datetime.combine(day, FIRST, VIETNAM).astimezone(UTC)
