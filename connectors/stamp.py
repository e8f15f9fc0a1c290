"""`yyyyMMddHHmmss` in Vietnam time: how VietinBank, VNPAY and VNPT write a moment.

Vietnam has kept UTC+07:00 since 1975, so a fixed offset is exact and needs no time-zone database.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

_STAMP = re.compile(r"20[0-9]{12}")  # where texts are signed without separator, a year 1220 is a shifted one


def moment_of(stamp: str) -> datetime | None:
    """UTC; None where the text is no moment of this century."""
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM).astimezone(UTC)
    except ValueError:
        return None


def stamp_of(moment: datetime) -> str:
    """Whole seconds, as `moment_of` reads them."""
    return f"{moment.astimezone(VIETNAM):%Y%m%d%H%M%S}"


def business_day(moment: datetime) -> date:
    """The Vietnamese calendar day in which `moment` falls."""
    return moment.astimezone(VIETNAM).date()
