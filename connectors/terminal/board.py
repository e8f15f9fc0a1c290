"""The model where the terminal comes for its bill: messages wait on a board until it pulls them and brings answers.

The messages are the same, so the driver is the same; only the transport waits for a visitor instead of calling.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Protocol

from connectors.contract import Failure
from connectors.terminal.contract import LinkFailed


class Board(Protocol):
    """Where messages for one terminal hang, in the order they were put there."""

    def put(self, message: bytes, timeout_s: float) -> int:
        """Hang one up; its number. After that time nobody waits for it: it must not be given away any more."""
        ...

    def answer(self, number: int) -> bytes | None:
        """What the terminal brought for it; None while there is nothing."""
        ...

    def take_down(self, number: int) -> bool:
        """Take it down; whether the terminal had never seen it."""
        ...


@dataclass(slots=True)
class Note:
    """A message on the board."""

    message: bytes = field(repr=False)
    pulled: bool = False
    answer: bytes | None = field(default=None, repr=False)


class MemoryBoard:
    """A board in this process, for any thread: for a check by hand. A restart loses it, as a cut link loses a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: dict[int, Note] = {}
        self._last = 0

    def put(self, message: bytes, timeout_s: float) -> int:
        with self._lock:
            self._last += 1
            self._notes[self._last] = Note(message)
            return self._last

    def answer(self, number: int) -> bytes | None:
        with self._lock:
            note = self._notes.get(number)
            return note.answer if note else None

    def take_down(self, number: int) -> bool:
        with self._lock:
            note = self._notes.pop(number, None)
            return note is not None and not note.pulled

    def pull(self) -> tuple[int, bytes] | None:
        """The oldest message the terminal has not seen; it is the terminal's now."""
        with self._lock:
            for number, note in self._notes.items():
                if not note.pulled:
                    note.pulled = True
                    return number, note.message
        return None

    def bring(self, number: int, answer: bytes) -> bool:
        """The terminal's answer; whether anybody still waits for it. The first one counts."""
        with self._lock:
            note = self._notes.get(number)
            if note is None or not note.pulled or note.answer is not None:
                return False
            note.answer = answer
            return True


@dataclass(frozen=True, slots=True)
class Pulled:
    """A transport over a board."""

    board: Board
    look_every_s: float = 0.2

    async def send(self, message: bytes, timeout_s: float) -> bytes:
        number, waited = self.board.put(message, timeout_s), 0.0
        while (answer := self.board.answer(number)) is None:
            if waited >= timeout_s:
                raise LinkFailed(Failure.NOT_SENT if self.board.take_down(number) else Failure.TIMEOUT)
            await asyncio.sleep(self.look_every_s)
            waited += self.look_every_s
        self.board.take_down(number)
        return answer
