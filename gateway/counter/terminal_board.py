"""The board where the messages of a terminal that comes for them hang, in a table: any process serves it, none has to live.

A message is given away once and never after its time: nobody is charged because a process died and its bill stayed on the
board. Bodies are sealed, without card data (PCI DSS 3.3.1), and an answer goes as soon as it has been read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.terminal.cleansed import cleansed
from gateway.access import own
from gateway.counter.terminal_store import TerminalRow, terminal
from gateway.counter.terminal_tables import terminal_note
from gateway.kernel.uow import Environment, UnitOfWork

KEPT = timedelta(days=1)  # so that a number is not used again

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GONE = {"state": "gone", "answer_sealed": None}


class TableBoard:
    """`connectors.terminal.board.Board` for one terminal, as whoever asks the terminal sees it."""

    def __init__(self, environment: Environment, row: TerminalRow) -> None:
        self._environment = environment
        self._row = row

    def put(self, message: bytes, timeout_s: float) -> int:
        with self._environment.begin(actor=f"terminal:{self._row.name}", agency=self._row.agency_id) as uow:
            uow.connection.execute(sa.select(terminal.c.id).where(terminal.c.id == self._row.id).with_for_update())
            old = _of(self._row) & (terminal_note.c.until < uow.now() - KEPT)
            uow.connection.execute(sa.delete(terminal_note).where(old))
            number = _next_number(uow, self._row)
            values = {
                "terminal_id": self._row.id,
                "number": number,
                "agency_id": self._row.agency_id,
                "state": "hung",
                "message_sealed": uow.vault.seal(_place("message", self._row, number), message),
                "until": uow.now() + timedelta(seconds=timeout_s),
            }
            uow.connection.execute(sa.insert(terminal_note).values(**values))
        return number

    def answer(self, number: int) -> bytes | None:
        sealed = sa.select(terminal_note.c.answer_sealed).where(_of(self._row), terminal_note.c.number == number)
        with self._environment.read() as connection:
            found = connection.execute(sealed).scalar_one_or_none()
        return None if found is None else self._environment.vault.unseal(_place("answer", self._row, number), found)

    def take_down(self, number: int) -> bool:
        with self._environment.begin(actor=f"terminal:{self._row.name}", agency=self._row.agency_id) as uow:
            mine = _of(self._row) & (terminal_note.c.number == number)
            hung = sa.update(terminal_note).where(mine, terminal_note.c.state == "hung").values(**_GONE)
            if uow.connection.execute(hung).rowcount:
                return True
            uow.connection.execute(sa.update(terminal_note).where(mine).values(**_GONE))
            return False


def pull(environment: Environment, row: TerminalRow) -> tuple[int, bytes] | None:
    """The oldest message the terminal has not seen and somebody still waits for; it is the terminal's now."""
    hung = _of(row) & (terminal_note.c.state == "hung")
    with environment.read() as connection:  # terminals come every second or so: no write where nothing hangs
        if connection.execute(sa.select(terminal_note.c.number).where(hung).limit(1)).first() is None:
            return None
    with environment.begin(actor=f"terminal:{row.name}", agency=row.agency_id) as uow:
        over = hung & (terminal_note.c.until < uow.now())
        uow.connection.execute(sa.update(terminal_note).where(over).values(**_GONE))
        oldest = sa.select(terminal_note).where(hung).order_by(terminal_note.c.number).limit(1)
        note = uow.connection.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
        if note is None:
            return None
        mine = hung & (terminal_note.c.number == note.number)
        if not uow.connection.execute(sa.update(terminal_note).where(mine).values(state="pulled")).rowcount:
            return None  # taken down in this moment
        return note.number, uow.vault.unseal(_place("message", row, note.number), note.message_sealed)


def bring(uow: UnitOfWork, row: TerminalRow, number: int, answer: bytes) -> bool:
    """The terminal's answer; whether anybody still waits for it. The first one counts."""
    sealed = uow.vault.seal(_place("answer", row, number), cleansed(answer, ids=True))
    mine = _of(row) & (terminal_note.c.number == number) & (terminal_note.c.state == "pulled")
    values: dict[str, Any] = {"state": "answered", "answer_sealed": sealed}
    return bool(uow.connection.execute(sa.update(terminal_note).where(mine).values(**values)).rowcount)


def _of(row: TerminalRow) -> sa.ColumnElement[bool]:
    return own(terminal_note, row.agency_id) & (terminal_note.c.terminal_id == row.id)


def _next_number(uow: UnitOfWork, row: TerminalRow) -> int:
    """Rising, and never one that was given before: milliseconds, or the next one."""
    last = uow.connection.scalar(sa.select(sa.func.max(terminal_note.c.number)).where(_of(row))) or 0
    return max(int(last) + 1, (uow.now() - _EPOCH) // timedelta(milliseconds=1))


def _place(what: str, row: TerminalRow, number: int) -> str:
    return f"terminal_note.{what}.{row.id}.{number}"
