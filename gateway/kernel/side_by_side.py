"""Lines of work served side by side, each in a thread of its own: a slow one holds up itself and nobody else.

A line is a name (an endpoint, a provider); at most `of_one` pieces of it are in hand at once, `most` of all together.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

Piece = Callable[[], int]  # does a piece of work, and says how much that was


class SideBySide:
    """Starts pieces without waiting for them; `collect` says what has been done meanwhile."""

    def __init__(self, name: str, *, most: int = 16, of_one: int = 1) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=f"thuphi-{name}")
        self._most, self._of_one = most, of_one
        self._lock = threading.Lock()
        self._in_hand: dict[Future[int], Hashable] = {}

    @property
    def free(self) -> int:
        """How many more pieces could be started."""
        with self._lock:
            return self._most - len(self._in_hand)

    def may_start(self, line: Hashable) -> bool:
        """Whether the line has room for another piece."""
        with self._lock:
            return Counter(self._in_hand.values())[line] < self._of_one and len(self._in_hand) < self._most

    def start(self, line: Hashable, piece: Piece) -> bool:
        """Begin a piece, if the line has room."""
        if not self.may_start(line):
            return False
        with self._lock:
            self._in_hand[self._pool.submit(piece)] = line
        return True

    def collect(self, patience_s: float = 0.0) -> int:
        """What was done since the last time, after waiting so long for the first to end. Raises what a piece raised."""
        with self._lock:
            waited = list(self._in_hand)
        ended, _ = wait(waited, patience_s, FIRST_COMPLETED) if waited else (set(), set())
        with self._lock:
            for future in ended:
                del self._in_hand[future]
        return sum(future.result() for future in ended)

    @property
    def busy(self) -> bool:
        """Whether anything is in hand."""
        with self._lock:
            return bool(self._in_hand)

    def close(self) -> None:
        """Wait for what is in hand; nothing more is started."""
        self._pool.shutdown(wait=True)
