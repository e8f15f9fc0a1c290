"""RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, as the text has them: slow, and nothing shared with the product."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(hashes: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    k = _k(len(hashes))
    return hashlib.sha256(b"\x01" + root(hashes[:k]) + root(hashes[k:])).digest()


def inclusion(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH."""
    if len(hashes) == 1:
        return []
    k = _k(len(hashes))
    if m < k:
        return [*inclusion(m, hashes[:k]), root(hashes[k:])]
    return [*inclusion(m - k, hashes[k:]), root(hashes[:k])]


def consistency(m: int, hashes: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF."""
    if m == len(hashes):
        return [] if whole else [root(hashes)]
    k = _k(len(hashes))
    if m <= k:
        return [*consistency(m, hashes[:k], whole), root(hashes[k:])]
    return [*consistency(m - k, hashes[k:], False), root(hashes[:k])]


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k
