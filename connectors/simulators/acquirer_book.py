"""The acquirer host's book on disk: what it approved, for whom, and what became of it; one SQLite file.

Amounts in đồng.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from connectors.simulators.book_file import BookFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS sale (
    rrn TEXT PRIMARY KEY,
    tid TEXT NOT NULL,
    mid TEXT NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    stamp TEXT NOT NULL,
    reference TEXT NOT NULL,
    card TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    approval TEXT NOT NULL,
    traded_on TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'stands' CHECK (state IN ('stands', 'voided', 'reversed')),
    settled_in TEXT NOT NULL DEFAULT '',
    UNIQUE (tid, batch, stan)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sale_by_day ON sale (traded_on, rrn);
CREATE TABLE IF NOT EXISTS undone (
    tid TEXT NOT NULL,
    original TEXT NOT NULL,
    PRIMARY KEY (tid, original)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL
);
"""
COLUMNS = "rrn, tid, mid, batch, stan, stamp, reference, card, amount, approval, traded_on, state, settled_in"


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase the host approved."""

    rrn: str
    tid: str
    mid: str
    batch: str
    stan: str
    stamp: str  # MMDDhhmmss, as in DE7
    reference: str
    card: str = field(repr=False)  # masked
    amount: int
    approval: str = field(repr=False)
    traded_on: date
    state: str = "stands"  # | voided | reversed
    settled_in: str = ""


class Book(BookFile):
    """Sales, voids and batches."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def next_number(self) -> int:
        return int(self._db.execute("SELECT count(*) + 1 FROM sale").fetchone()[0])

    def add(self, sale: Sale) -> None:
        values = (
            sale.rrn, sale.tid, sale.mid, sale.batch, sale.stan, sale.stamp, sale.reference, sale.card, sale.amount,
            sale.approval, sale.traded_on.isoformat(), sale.state, sale.settled_in,
        )  # fmt: skip
        self._db.execute(f"INSERT INTO sale ({COLUMNS}) VALUES ({', '.join('?' * 13)})", values)  # noqa: S608 - constant

    def by_stan(self, tid: str, batch: str, stan: str) -> Sale | None:
        return self._one("tid = ? AND batch = ? AND stan = ?", tid, batch, stan)

    def by_rrn(self, rrn: str) -> Sale | None:
        return self._one("rrn = ?", rrn)

    def by_original(self, tid: str, stan: str, stamp: str) -> Sale | None:
        return self._one("tid = ? AND stan = ? AND stamp = ?", tid, stan, stamp)

    def undo(self, rrn: str, state: str) -> None:
        self._db.execute("UPDATE sale SET state = ? WHERE rrn = ?", (state, rrn))

    def remember_undone(self, tid: str, original: str) -> None:
        """A reversal that came before its purchase."""
        self._db.execute("INSERT OR IGNORE INTO undone VALUES (?, ?)", (tid, original))

    def was_undone(self, tid: str, original: str) -> bool:
        found = self._db.execute("SELECT 1 FROM undone WHERE tid = ? AND original = ?", (tid, original)).fetchone()
        return found is not None

    def standing(self, tid: str, batch: str) -> list[Sale]:
        return self._many("tid = ? AND batch = ? AND state = 'stands'", tid, batch)

    def of_day(self, day: date) -> list[Sale]:
        """What stands of a trading day."""
        return self._many("traded_on = ? AND state = 'stands'", day.isoformat())

    def all(self) -> list[Sale]:
        return self._many("rrn <> ?", "")

    def settle(self, tid: str, batch: str) -> None:
        self._db.execute("UPDATE sale SET settled_in = ? WHERE tid = ? AND batch = ?", (batch, tid, batch))

    def arm(self, kind: str) -> None:
        self._db.execute("INSERT INTO fault (kind) VALUES (?)", (kind,))

    def fault(self, kind: str) -> bool:
        """Whether this fault is armed; it hits once."""
        chosen = "SELECT min(id) FROM fault WHERE kind = ?"
        done = self._db.execute(f"DELETE FROM fault WHERE id = ({chosen})", (kind,))  # noqa: S608 - constant
        return done.rowcount == 1

    def _one(self, where: str, *values: str) -> Sale | None:
        found = self._many(where, *values)
        return found[0] if found else None

    def _many(self, where: str, *values: str) -> list[Sale]:
        query = f"SELECT {COLUMNS} FROM sale WHERE {where} ORDER BY rrn"  # noqa: S608 - constant conditions
        return [_sale(row) for row in self._db.execute(query, values)]


def _sale(row: tuple[Any, ...]) -> Sale:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    return Sale(**values | {"traded_on": date.fromisoformat(values["traded_on"])})
