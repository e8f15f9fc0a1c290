"""Random bits from the operating system, fetched by the page: one system call a value would give the GIL away each time.

Beside a busy thread every such call waits for its turn again, up to 5 ms. No byte is used twice, and what a process has
fetched is not used by its children.
"""

from __future__ import annotations

import os
import threading

PAGE = 4096


class Chance:
    """Draws like `secrets.randbits`, from bytes fetched in advance."""

    def __init__(self, page: int = PAGE) -> None:
        self._lock = threading.Lock()
        self._page = page
        self._bytes = b""
        self._used = 0
        os.register_at_fork(after_in_child=self._forget)

    def bits(self, count: int) -> int:
        """A uniform number of `count` bits."""
        size = (count + 7) // 8
        with self._lock:
            if self._used + size > len(self._bytes):
                self._bytes, self._used = os.urandom(max(self._page, size)), 0
            drawn = self._bytes[self._used : self._used + size]
            self._used += size
        return int.from_bytes(drawn, "big") >> (8 * size - count)

    def _forget(self) -> None:
        self._lock = threading.Lock()  # another thread of the parent may have held it
        self._bytes, self._used = b"", 0


randbits = Chance().bits
