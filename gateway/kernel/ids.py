"""Identifiers and randomness, from one place so that a seeded run repeats itself.

An id is `<prefix>_<26 characters>`: 48 bits of milliseconds and 80 random bits in Crockford's base 32. Within a process
ids only grow (in the same millisecond the random part counts on), so text order is creation order and keyset pagination
needs no second column.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from gateway.kernel import chance

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]

RandomBits = Callable[[int], int]


def encode(number: int, width: int) -> str:
    """`number` in Crockford's base 32, `width` characters."""
    odd = ALPHABET[(number >> 5 * (width - 1)) & 31] if width % 2 else ""
    return odd + "".join([_PAIRS[(number >> shift) & 1023] for shift in range(10 * (width // 2 - 1), -1, -10)])


class Ids:
    """Makes ids and random values; give it a seeded `random.Random().getrandbits` to repeat a run."""

    def __init__(self, getrandbits: RandomBits = chance.randbits) -> None:
        self._bits = getrandbits
        self._lock = threading.Lock()
        self._last = (0, 0)
        self._stamp = ""  # the last moment, written out

    def new(self, prefix: str, now: datetime) -> str:
        """A new id, ordered by `now` and then by when it was asked for."""
        millis = int(now.timestamp() * 1000)
        with self._lock:
            last_millis, last_random = self._last
            fresh = millis > last_millis
            if fresh:
                self._stamp = encode(millis, 10)
            drawn = self._bits(79) if fresh else last_random + 1
            self._last = (max(millis, last_millis), drawn)
            return f"{prefix}_{self._stamp}{encode(drawn, 16)}"

    def below(self, bound: int) -> int:
        """A uniform number in 0..bound-1 (rejection sampling, no modulo bias)."""
        width = (bound - 1).bit_length()
        if width == 0:
            return 0
        while (drawn := self._bits(width)) >= bound:
            pass
        return drawn

    def code(self, length: int) -> str:
        """Unguessable text of `length` base-32 characters (5 bits each): keys and links, never from a seed."""
        return encode(chance.randbits(5 * length), length)
