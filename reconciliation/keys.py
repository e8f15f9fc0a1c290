"""What makes a line the same line when it is sent again: its natural key, and its ordinal among equals.

Account and the bank's own reference; without one, account, booking date, direction, amount and the hash of the memo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence

from reconciliation.lines import Draft

Stored = Callable[[Collection[str]], Collection[str]]  # keys -> those of them that are stored


def base_key(draft: Draft) -> str:
    """The key without its ordinal."""
    direction = direction_of(draft)
    if draft.bank_reference:
        return f"{draft.account}|{draft.bank_reference}|{direction}|{draft.amount}"
    memo = hashlib.sha256(draft.memo.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{draft.account}|{draft.booking_date}|{direction}|{draft.amount}|{memo}"


def direction_of(draft: Draft) -> str:
    """CRDT or DBIT."""
    return "CRDT" if draft.credit else "DBIT"


class Ordinals:
    """Counts equal lines of one statement. A million different ones are a set of 64-bit digests, not of texts."""

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._often: dict[int, int] = {}  # digest -> the last ordinal given

    def keys(self, bases: Sequence[str]) -> list[str]:
        """A key for each, the equals of earlier calls counted on."""
        return [f"{base}#{self._next(base)}" for base in bases]

    def pass_over(self, bases: Iterable[str], stored: Stored) -> None:
        """Begin behind the ordinals that are stored: of lines that are known to be new, however equal they look."""
        asked = {base: 1 for base in bases if not self._seen(base)}
        while asked:
            taken = set(stored([f"{base}#{ordinal}" for base, ordinal in asked.items()]))
            asked = {base: ordinal for base, ordinal in asked.items() if f"{base}#{ordinal}" in taken}
            for base, ordinal in asked.items():
                self._often[_digest(base)] = ordinal
                asked[base] = ordinal + 1

    def _next(self, base: str) -> int:
        digest = _digest(base)
        if digest in self._often:
            self._often[digest] += 1
            return self._often[digest]
        if digest in self._once:
            self._often[digest] = 2
            return 2
        self._once.add(digest)
        return 1

    def _seen(self, base: str) -> bool:
        digest = _digest(base)
        return digest in self._once or digest in self._often


def _digest(base: str) -> int:
    return int.from_bytes(hashlib.blake2b(base.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
