"""The simulated terminal's memory: payments and how far each has come, advices still to be told to the host.

A terminal that loses power finds here what it had sent before. No card data but the masked number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.simulators.book_file import BookFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    service_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    ours TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    step TEXT NOT NULL DEFAULT 'card' CHECK (step IN ('card', 'host', 'done')),
    due_ms INTEGER NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    stamp TEXT NOT NULL DEFAULT '',
    poi_time TEXT NOT NULL DEFAULT '',
    sent INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '',
    condition TEXT NOT NULL DEFAULT '',
    rrn TEXT NOT NULL DEFAULT '',
    approval TEXT NOT NULL DEFAULT '',
    card TEXT NOT NULL DEFAULT '',
    undone TEXT NOT NULL DEFAULT '' CHECK (undone IN ('', 'done', 'refused')),
    PRIMARY KEY (sale_id, service_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS advice (
    stan TEXT NOT NULL,
    stamp TEXT NOT NULL,
    batch TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (stan, stamp)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the terminal remembers it; amount in đồng."""

    service_id: str
    sale_id: str
    ours: str  # SaleTransactionID as the till gave it
    reference: str
    amount: int
    step: str  # card | host | done
    due_ms: int
    batch: str
    stan: str
    stamp: str = ""
    poi_time: str = ""
    sent: int = 0  # 1: the host may know of it
    result: str = ""  # Success | Failure
    condition: str = ""
    rrn: str = ""
    approval: str = field(default="", repr=False)
    card: str = field(default="", repr=False)  # masked
    undone: str = ""  # done | refused

    @property
    def stands(self) -> bool:
        return self.result == "Success" and self.undone != "done"


_NAMES = tuple(Payment.__dataclass_fields__)


class Memory(BookFile):
    """Payments as the terminal remembers them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def add(self, payment: Payment) -> None:
        places = ", ".join("?" * len(_NAMES))
        row = [getattr(payment, name) for name in _NAMES]
        self._db.execute(f"INSERT INTO payment ({', '.join(_NAMES)}) VALUES ({places})", row)  # noqa: S608 - constant

    def change(self, payment: Payment, **values: Any) -> Payment:
        names = ", ".join(f"{name} = ?" for name in values)
        where = (payment.sale_id, payment.service_id)
        self._db.execute(
            f"UPDATE payment SET {names} WHERE sale_id = ? AND service_id = ?",  # noqa: S608 - names of our own
            [*values.values(), *where],
        )
        again = self.by_service(*where)
        assert again is not None
        return again

    def by_service(self, sale_id: str, service_id: str) -> Payment | None:
        return self._one("sale_id = ? AND service_id = ?", sale_id, service_id)

    def by_stan(self, stan: str, poi_time: str) -> Payment | None:
        return self._one("stan = ? AND poi_time = ?", stan, poi_time)

    def by_ours(self, sale_id: str, ours: str) -> Payment | None:
        return self._one("sale_id = ? AND ours = ?", sale_id, ours)

    def running(self) -> Payment | None:
        return self._one("step <> ?", "done")

    def in_batch(self, batch: str) -> list[Payment]:
        return self._many("batch = ? AND result = 'Success'", batch)

    def advise(self, payment: Payment) -> None:
        """A reversal to be told to the host until it acknowledges."""
        row = (payment.stan, payment.stamp, payment.batch, payment.amount)
        self._db.execute("INSERT OR IGNORE INTO advice VALUES (?, ?, ?, ?)", row)

    def advices(self) -> list[tuple[str, str, str, int]]:
        return [tuple(row) for row in self._db.execute("SELECT stan, stamp, batch, amount FROM advice ORDER BY 2, 1")]

    def acknowledged(self, stan: str, stamp: str) -> None:
        self._db.execute("DELETE FROM advice WHERE stan = ? AND stamp = ?", (stan, stamp))

    def fact(self, name: str, default: int = 0) -> int:
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return default if row is None else int(row[0])

    def set_fact(self, name: str, value: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def arm(self, kind: str) -> None:
        self._db.execute("INSERT INTO fault (kind) VALUES (?)", (kind,))

    def fault(self, kind: str) -> bool:
        """Whether this fault is armed; it hits once."""
        chosen = "SELECT min(id) FROM fault WHERE kind = ?"
        return self._db.execute(f"DELETE FROM fault WHERE id = ({chosen})", (kind,)).rowcount == 1  # noqa: S608

    def _one(self, where: str, *values: str) -> Payment | None:
        found = self._many(where, *values)
        return found[0] if found else None

    def _many(self, where: str, *values: str) -> list[Payment]:
        query = f"SELECT {', '.join(_NAMES)} FROM payment WHERE {where} ORDER BY due_ms, stan"  # noqa: S608 - constant
        return [Payment(*row) for row in self._db.execute(query, values)]
