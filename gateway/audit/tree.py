"""The tree as it is kept, read at one size: roots, inclusion and consistency proofs (RFC 9162, sections 2.1.1 to 2.1.4).

What lies below a size never changes, so proofs are made beside the sequencer without a lock. A proof reads a few groups
of sixteen hashes for each kept level: O(log n).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.audit import verifier
from gateway.audit.store import GROUP, RISE, node
from gateway.kernel.audit import leaf
from gateway.kernel.errors import ThuPhiError


class TreeBroken(ThuPhiError):
    """Hashes that have to be there are not."""

    kind = "conflict"
    code = "audit.tree_broken"


def size_of(connection: sa.Connection) -> int:
    """How many leaves are numbered."""
    last = connection.scalar(sa.select(sa.func.max(leaf.c.position)))
    return 0 if last is None else int(last) + 1


def stored(connection: sa.Connection, level: int, start: int, stop: int) -> list[bytes]:
    """The hashes of a kept level, `start` to before `stop`; TreeBroken when one is missing."""
    table = leaf if level == 0 else node
    here = [] if level == 0 else [node.c.level == level]
    column = table.c.position
    query = sa.select(table.c.hash).where(*here, column >= start, column < stop).order_by(column)
    found = [bytes(value) for value in connection.scalars(query)]
    if len(found) != stop - start:
        raise TreeBroken(
            "Cây kiểm toán thiếu nút; hãy chạy `thuphi audit verify`.",
            "The audit tree lacks nodes; run `thuphi audit verify`.",
            level=level,
            start=start,
        )
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over a complete row of hashes, 2^n of them."""
    row = list(hashes)
    while len(row) > 1:
        row = [verifier.node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


def grown(connection: sa.Connection, size: int, fresh: Sequence[bytes]) -> list[dict[str, Any]]:
    """The rows of the nodes that `fresh` leaf hashes complete, appended to a tree of `size`."""
    rows: list[dict[str, Any]] = []
    level, first, hashes = 0, size, list(fresh)
    while (first + len(hashes)) // GROUP > first // GROUP:
        begun = first - first % GROUP
        children = stored(connection, level, begun, first) + hashes
        level, first = level + RISE, first // GROUP
        hashes = [fold(children[n : n + GROUP]) for n in range(0, len(children) // GROUP * GROUP, GROUP)]
        rows += [{"level": level, "position": first + n, "hash": value} for n, value in enumerate(hashes)]
    return rows


class Tree:
    """The first `size` leaves as a tree."""

    def __init__(self, connection: sa.Connection, size: int) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], list[bytes]] = {}
        self.size = size

    def root(self) -> bytes:
        """The root of all of it."""
        return self._root(0, self.size) if self.size else verifier.EMPTY_ROOT

    def inclusion(self, position: int) -> list[bytes]:
        """The path from a leaf to the root, lowest first (section 2.1.3.1)."""
        path: list[bytes] = []
        start, stop = 0, self.size
        while stop - start > 1:
            middle = start + _half(stop - start)
            if position < middle:
                path.append(self._root(middle, stop))
                stop = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, first: int) -> list[bytes]:
        """That the tree of `first` leaves is the beginning of this one (section 2.1.4.1)."""
        path: list[bytes] = []
        start, stop, whole = 0, self.size, True
        while first != stop:
            middle = start + _half(stop - start)
            if first <= middle:
                path.append(self._root(middle, stop))
                stop = middle
            else:
                path.append(self._root(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._root(start, stop))
        return path[::-1]

    def _root(self, start: int, stop: int) -> bytes:
        """Of a range that begins where a subtree of its size would."""
        width = stop - start
        if width & (width - 1) == 0:
            return self._complete(width.bit_length() - 1, start)
        middle = start + _half(width)
        return verifier.node_hash(self._root(start, middle), self._root(middle, stop))

    def _complete(self, level: int, start: int) -> bytes:
        """Of 2^level leaves from `start`: folded from the nearest kept level below."""
        kept = level - level % RISE
        place, count = start >> kept, 1 << (level - kept)
        group = self._group(kept, place // GROUP)
        return fold(group[place % GROUP : place % GROUP + count])

    def _group(self, level: int, number: int) -> list[bytes]:
        """Up to sixteen neighbours of a kept level, read once."""
        if (level, number) not in self._read:
            begin = number * GROUP
            self._read[level, number] = stored(self._connection, level, begin, min(begin + GROUP, self.size >> level))
        return self._read[level, number]


def _half(width: int) -> int:
    """The largest power of two below `width` (2 or more)."""
    return 1 << (width - 1).bit_length() - 1
