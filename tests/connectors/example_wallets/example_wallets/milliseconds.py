"""A stamp of Vietnam's clock as the milliseconds since 1970 that wallets write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.stamp import VIETNAM

START = datetime(1970, 1, 1, tzinfo=UTC)


def since_1970(stamp: str) -> int:
    """`yyyyMMddHHmmss` in Vietnam -> milliseconds."""
    moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
    return (moment - START) // timedelta(milliseconds=1)
