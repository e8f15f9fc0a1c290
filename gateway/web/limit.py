"""How often one place may look things up: a token bucket per client address, in this process's memory.

A lookup code has 60 random bits, so guessing is hopeless even without this; it keeps the database calm and the
temptation small. An IPv6 client counts by its /64, the least a customer is given (RFC 6177).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from ipaddress import IPv6Address, ip_address

PER_MINUTE = 30
MOST_PLACES = 20_000


class Limiter:
    """Allows `per_minute` acts a minute and place, all at once if need be."""

    def __init__(self, per_minute: int = PER_MINUTE, most_places: int = MOST_PLACES) -> None:
        self._full = per_minute * 60  # a token is worth 60, so that a second gives back `per_minute`
        self._per_second = per_minute
        self._most = most_places
        self._guard = threading.Lock()
        self._left: OrderedDict[str, tuple[int, int]] = OrderedDict()  # place: what is left, when (Unix seconds)

    def allows(self, address: str, now: datetime) -> bool:
        """Take one token of `address`, if there is one."""
        place, second = _place(address), int(now.timestamp())
        with self._guard:
            left, since = self._left.pop(place, (self._full, second))
            left = min(self._full, left + max(0, second - since) * self._per_second)
            allowed = left >= 60
            self._left[place] = (left - 60 if allowed else left, second)
            if len(self._left) > self._most:
                self._left.popitem(last=False)
        return allowed


def _place(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
