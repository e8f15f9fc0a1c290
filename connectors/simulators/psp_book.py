"""The simulated payment service's book on disk: orders, refunds, notifications still to send, in one SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.simulators.book_file import BookFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS sale (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    page TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    expires TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    number TEXT NOT NULL DEFAULT '',
    bank TEXT NOT NULL DEFAULT '',
    ended TEXT NOT NULL DEFAULT '',
    ended_on TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sale_by_day ON sale (ended_on, id);
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY,
    sale INTEGER NOT NULL REFERENCES sale,
    amount INTEGER NOT NULL CHECK (amount > 0),
    asked_on TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS refund_by_sale ON refund (sale);
CREATE TABLE IF NOT EXISTS request (
    day TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (day, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ipn (
    id INTEGER PRIMARY KEY,
    sale INTEGER NOT NULL REFERENCES sale,
    method TEXT NOT NULL,
    query TEXT NOT NULL,
    body BLOB NOT NULL,
    content_type TEXT NOT NULL,
    retried INTEGER NOT NULL CHECK (retried IN (0, 1)),
    due_ms INTEGER NOT NULL,
    leased INTEGER NOT NULL DEFAULT 0 CHECK (leased IN (0, 1)),
    tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answered', 'given_up'))
);
CREATE INDEX IF NOT EXISTS ipn_waiting ON ipn (due_ms, id) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class New:
    """An order as the merchant asked for it; moments are stamps, `yyyyMMddHHmmss` in Vietnam."""

    reference: str
    created: str
    amount: int  # đồng
    description: str
    page: str = ""  # what leads the payer to it; empty: its reference
    return_url: str = ""
    expires: str = ""  # empty: never


@dataclass(frozen=True, slots=True)
class Sale:
    """An order and what became of it."""

    id: int
    reference: str
    page: str
    created: str
    amount: int
    description: str
    return_url: str
    expires: str
    code: str = ""  # empty: open; 00: paid; else why not
    number: str = ""  # the service's number of the payment
    bank: str = ""
    ended: str = ""

    @property
    def paid(self) -> bool:
        return self.code == "00"


@dataclass(frozen=True, slots=True)
class Message:
    """A notification as it goes out."""

    method: str
    query: str = ""
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """How it stands with a notification."""

    waiting: bool  # neither answered nor given up
    tries: int
    retried: bool  # whether its sender calls again


_SALE = "id, reference, page, created, amount, description, return_url, expires, code, number, bank, ended"


class Book(BookFile):
    """Orders, refunds and notifications to send."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA, "UPDATE ipn SET leased = 0, due_ms = 0 WHERE leased = 1")  # its sender is dead

    def add(self, new: New) -> Sale:
        self._db.execute(
            "INSERT INTO sale (reference, page, created, amount, description, return_url, expires)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                new.reference,
                new.page or new.reference,
                new.created,
                new.amount,
                new.description,
                new.return_url,
                new.expires,
            ),
        )
        sale = self.by_reference(new.reference)
        assert sale is not None
        return sale

    def by_reference(self, reference: str) -> Sale | None:
        return self._sale(f"SELECT {_SALE} FROM sale WHERE reference = ?", reference)  # noqa: S608 - constant columns

    def by_page(self, page: str) -> Sale | None:
        return self._sale(f"SELECT {_SALE} FROM sale WHERE page = ?", page)  # noqa: S608 - constant columns

    def end(self, sale: Sale, *, code: str, number: str, bank: str, ended: str, day: date) -> Sale:
        """Paid (00) or failed."""
        self._db.execute(
            "UPDATE sale SET code = ?, number = ?, bank = ?, ended = ?, ended_on = ? WHERE id = ?",
            (code, number, bank, ended, day.isoformat(), sale.id),
        )
        again = self.by_reference(sale.reference)
        assert again is not None
        return again

    def paid_on(self, day: date) -> list[Sale]:
        """What was paid on a business day, in the order of the book."""
        query = f"SELECT {_SALE} FROM sale WHERE ended_on = ? AND code = '00' ORDER BY id"  # noqa: S608 - constant
        return [Sale(*row) for row in self._db.execute(query, (day.isoformat(),))]

    def refunded_on(self, day: date) -> list[tuple[str, str, int]]:
        """Reference, number and amount of each refund asked for on a business day."""
        query = (
            "SELECT reference, number, refund.amount FROM refund JOIN sale ON sale.id = refund.sale"
            " WHERE asked_on = ? ORDER BY refund.id"
        )
        return [(row[0], row[1], row[2]) for row in self._db.execute(query, (day.isoformat(),))]

    def refunds(self, sale: Sale) -> list[tuple[int, date]]:
        """Amount and day of each refund of a sale."""
        rows = self._db.execute("SELECT amount, asked_on FROM refund WHERE sale = ? ORDER BY id", (sale.id,))
        return [(row[0], date.fromisoformat(row[1])) for row in rows]

    def add_refund(self, sale: Sale, amount: int, day: date) -> None:
        self._db.execute(
            "INSERT INTO refund (sale, amount, asked_on) VALUES (?, ?, ?)", (sale.id, amount, day.isoformat())
        )

    def first_time(self, request_id: str, day: date) -> bool:
        """Whether this request id is new today; from now on it is not."""
        done = self._db.execute("INSERT OR IGNORE INTO request VALUES (?, ?)", (day.isoformat(), request_id))
        return done.rowcount == 1

    def announce(self, sale: Sale, message: Message, *, due_ms: int, retried: bool) -> None:
        self._db.execute(
            "INSERT INTO ipn (sale, method, query, body, content_type, retried, due_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (sale.id, message.method, message.query, message.body, message.content_type, retried, due_ms),
        )

    def first_due(self) -> int | None:
        """When the next waiting notification may leave, in milliseconds since 1970."""
        row = self._db.execute("SELECT min(due_ms) FROM ipn WHERE state = 'waiting'").fetchone()
        return None if row[0] is None else int(row[0])

    def lease(self, now_ms: int, until_ms: int, limit: int) -> list[tuple[int, Message]]:
        """Take due notifications, earliest first; unanswered, they are due again at `until_ms`."""
        rows = self._db.execute(
            "SELECT id, method, query, body, content_type FROM ipn WHERE state = 'waiting' AND due_ms <= ?"
            " ORDER BY due_ms, id LIMIT ?",
            (now_ms, limit),
        ).fetchall()
        self._db.executemany(
            "UPDATE ipn SET leased = 1, tries = tries + 1, due_ms = ? WHERE id = ?",
            [(until_ms, row[0]) for row in rows],
        )
        return [(row[0], Message(*row[1:])) for row in rows]

    def sending(self, ipn: int) -> Sending | None:
        row = self._db.execute("SELECT state, tries, retried FROM ipn WHERE id = ?", (ipn,)).fetchone()
        return Sending(row[0] == "waiting", row[1], bool(row[2])) if row else None

    def finish(self, ipn: int, state: str) -> None:
        self._db.execute("UPDATE ipn SET state = ?, leased = 0 WHERE id = ?", (state, ipn))

    def again(self, ipn: int, due_ms: int) -> None:
        self._db.execute("UPDATE ipn SET due_ms = ?, leased = 0 WHERE id = ?", (due_ms, ipn))

    def arm(self, kinds: Sequence[str]) -> None:
        self._db.executemany("INSERT INTO fault (kind) VALUES (?)", [(kind,) for kind in kinds])

    def next_fault(self) -> str:
        """The fault of this call, empty if none is armed; it hits once."""
        row = self._db.execute("DELETE FROM fault WHERE id = (SELECT min(id) FROM fault) RETURNING kind").fetchone()
        return str(row[0]) if row else ""

    def _sale(self, query: str, value: str) -> Sale | None:
        row = self._db.execute(query, (value,)).fetchone()
        return Sale(*row) if row else None
