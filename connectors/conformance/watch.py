"""Sees a connector reach for the clock, for chance or for the network while it works (`sys.setprofile`).

Calls into C are seen as they happen, so it makes no difference under which name a connector has imported them.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import PurePath
from types import FrameType

_CLOCK = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"}
_TODAY = {"now", "utcnow", "today"}
_NETWORK = {"socket.py", "ssl.py", "subprocess.py"}


@contextmanager
def watched() -> Iterator[list[str]]:
    """The forbidden calls made inside, by name."""
    seen: list[str] = []

    def profile(frame: FrameType, event: str, called: object) -> None:
        name = _outside(called) if event == "c_call" else _network(frame) if event == "call" else ""
        if name:
            seen.append(name)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def _outside(called: object) -> str:
    name = getattr(called, "__name__", "")
    owner = getattr(called, "__self__", None)
    clock = (owner is time and name in _CLOCK) or (
        isinstance(owner, type) and issubclass(owner, date) and name in _TODAY
    )
    chance = called is os.urandom or isinstance(owner, random.Random)
    return f"{getattr(owner, '__name__', type(owner).__name__)}.{name}" if clock or chance else ""


def _network(frame: FrameType) -> str:
    file = PurePath(frame.f_code.co_filename).name
    return f"{file}:{frame.f_code.co_name}" if file in _NETWORK else ""
