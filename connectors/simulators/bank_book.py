"""The simulated bank's book on disk: accounts, lines and the notices still to be sent, in one SQLite file."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.simulators.book_file import BookFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    number TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hook TEXT NOT NULL,
    opening INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    transfer_id TEXT NOT NULL UNIQUE,
    booked_on TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount <> 0),
    memo TEXT NOT NULL,
    code TEXT NOT NULL,
    reversal INTEGER NOT NULL CHECK (reversal IN (0, 1)),
    payer_name TEXT NOT NULL,
    payer_account TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS line_by_day ON line (account, booked_on, id, amount);
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY,
    line INTEGER NOT NULL REFERENCES line,
    account TEXT NOT NULL REFERENCES account,
    body BLOB NOT NULL,
    retried INTEGER NOT NULL CHECK (retried IN (0, 1)),
    due_ms INTEGER NOT NULL,
    leased INTEGER NOT NULL DEFAULT 0 CHECK (leased IN (0, 1)),
    tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answered', 'given_up'))
);
CREATE INDEX IF NOT EXISTS notice_waiting ON notice (due_ms, id) WHERE state = 'waiting';
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the book; `amount` in đồng, credit positive."""

    id: int
    account: str
    transfer_id: str
    booked_on: date
    amount: int
    memo: str
    code: str
    reversal: bool = False
    payer_name: str = field(default="", repr=False)
    payer_account: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is due, with where it goes."""

    id: int
    hook: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sending:
    """How it stands with a notice."""

    waiting: bool  # neither answered nor given up
    tries: int
    retried: bool  # whether its sender calls again


class Book(BookFile):
    """Accounts, lines and notices to send."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, SCHEMA, "UPDATE notice SET leased = 0, due_ms = 0 WHERE leased = 1"
        )  # its sender is dead
        self._db.row_factory = sqlite3.Row

    def open_account(self, number: str, name: str, hook: str, opening: int) -> None:
        """The opening balance of an account that exists stays what it was."""
        self._db.execute(
            "INSERT INTO account VALUES (?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET name = ?2, hook = ?3",
            (number, name, hook, opening),
        )

    def has_account(self, number: str) -> bool:
        return self._number("SELECT count(*) FROM account WHERE number = ?", number) == 1

    def next_line(self) -> int:
        return self._number("SELECT coalesce(max(id), 0) + 1 FROM line")

    def next_notice(self) -> int:
        return self._number("SELECT coalesce(max(id), 0) + 1 FROM notice")

    def last_day(self, account: str) -> date | None:
        row = self._db.execute("SELECT max(booked_on) FROM line WHERE account = ?", (account,)).fetchone()
        return date.fromisoformat(row[0]) if row[0] else None

    def add(self, line: Line) -> None:
        self._db.execute(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                line.id,
                line.account,
                line.transfer_id,
                line.booked_on.isoformat(),
                line.amount,
                line.memo,
                line.code,
                line.reversal,
                line.payer_name,
                line.payer_account,
            ),
        )

    def announce(self, notice: int, line: Line, body: bytes, *, due_ms: int, retried: bool) -> None:
        self._db.execute(
            "INSERT INTO notice (id, line, account, body, retried, due_ms) VALUES (?, ?, ?, ?, ?, ?)",
            (notice, line.id, line.account, body, retried, due_ms),
        )

    def first_due(self) -> int | None:
        """When the next waiting notice may leave, in milliseconds since 1970."""
        row = self._db.execute("SELECT min(due_ms) FROM notice WHERE state = 'waiting'").fetchone()
        return None if row[0] is None else int(row[0])

    def lease(self, now_ms: int, until_ms: int, limit: int) -> list[Waiting]:
        """Take due notices, earliest first; unanswered, they are due again at `until_ms`."""
        rows = self._db.execute(
            "SELECT notice.id, hook, body FROM notice JOIN account ON number = account"
            " WHERE state = 'waiting' AND due_ms <= ? ORDER BY due_ms, notice.id LIMIT ?",
            (now_ms, limit),
        ).fetchall()
        self._db.executemany(
            "UPDATE notice SET leased = 1, tries = tries + 1, due_ms = ? WHERE id = ?",
            [(until_ms, row[0]) for row in rows],
        )
        return [Waiting(*row) for row in rows]

    def sending(self, notice: int) -> Sending | None:
        """How it stands with a notice; None where there is no such notice."""
        row = self._db.execute("SELECT state, tries, retried FROM notice WHERE id = ?", (notice,)).fetchone()
        return Sending(row["state"] == "waiting", row["tries"], bool(row["retried"])) if row else None

    def finish(self, notice: int, state: str) -> None:
        self._db.execute("UPDATE notice SET state = ?, leased = 0 WHERE id = ?", (state, notice))

    def again(self, notice: int, due_ms: int) -> None:
        self._db.execute("UPDATE notice SET due_ms = ?, leased = 0 WHERE id = ?", (due_ms, notice))

    def balance_before(self, account: str, day: date) -> int:
        """The opening balance of a day: where the day before closed."""
        return self._number(
            "SELECT opening + (SELECT coalesce(sum(amount), 0) FROM line WHERE account = number AND booked_on < ?)"
            " FROM account WHERE number = ?",
            day.isoformat(),
            account,
        )

    def lines(self, account: str, day: date) -> list[Line]:
        """The lines of a day in booking order."""
        rows = self._db.execute(
            "SELECT * FROM line WHERE account = ? AND booked_on = ? ORDER BY id", (account, day.isoformat())
        )
        return [_line(row) for row in rows]

    def _number(self, statement: str, *values: object) -> int:
        return int(self._db.execute(statement, values).fetchone()[0])


def _line(row: sqlite3.Row) -> Line:
    return Line(
        id=row["id"],
        account=row["account"],
        transfer_id=row["transfer_id"],
        booked_on=date.fromisoformat(row["booked_on"]),
        amount=row["amount"],
        memo=row["memo"],
        code=row["code"],
        reversal=bool(row["reversal"]),
        payer_name=row["payer_name"],
        payer_account=row["payer_account"],
    )
