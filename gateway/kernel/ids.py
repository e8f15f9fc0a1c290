"""Identifiers and randomness, from one place so that a seeded run repeats itself.

An id is `<prefix>_<26 characters>`: 48 bits of milliseconds and 80 random bits in Crockford's base 32, so text order
is creation order (to the millisecond) and keyset pagination needs no second column.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

RandomBits = Callable[[int], int]


def encode(number: int, width: int) -> str:
    """`number` in Crockford's base 32, `width` characters."""
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (width - 1), -1, -5))


class Ids:
    """Makes ids and random values; give it a seeded `random.Random().getrandbits` to repeat a run."""

    def __init__(self, getrandbits: RandomBits = secrets.randbits) -> None:
        self._bits = getrandbits

    def new(self, prefix: str, now: datetime) -> str:
        """A new id, ordered by `now`."""
        millis = int(now.timestamp() * 1000)
        return f"{prefix}_{encode(millis, 10)}{encode(self._bits(80), 16)}"

    def below(self, bound: int) -> int:
        """A uniform number in 0..bound-1 (rejection sampling, no modulo bias)."""
        width = (bound - 1).bit_length()
        if width == 0:
            return 0
        while (drawn := self._bits(width)) >= bound:
            pass
        return drawn

    def code(self, length: int) -> str:
        """Unguessable text of `length` base-32 characters (5 bits each)."""
        return encode(self._bits(5 * length), length)
