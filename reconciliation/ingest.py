"""P0: a statement file into stored lines, each of them once, whatever is sent again or overlaps; in bounded memory.

The caller has had the whole file looked through (`connectors.statement.Reading`): what cannot be used is known from the
statements' heads before the first line is stored. Lines come in batches and are judged against the database, not against
a list in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from connectors.statement import Entry, Head, Problem, Reading
from reconciliation.balances import INTERIM, interim_statements, moved, span_of, statements_of
from reconciliation.chain import ends, gaps
from reconciliation.interim import Covered, Foretold
from reconciliation.keys import Ordinals, base_key, direction_of
from reconciliation.lines import CURRENCY, Draft, Unusable, account_key, drafts, problem, whole_balances
from reconciliation.model import InvariantBroken
from reconciliation.store import line_ref, statement, statement_file, statement_line

Mint = Callable[[str], str]  # prefix -> a new id
Sealer = Callable[[str, bytes], bytes]  # place `table.column.id` and bytes -> sealed bytes

VIETNAM = timezone(timedelta(hours=7))
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    new: int  # lines that were not known before
    known: int  # lines that were
    statements: tuple[str, ...]  # ids of the statements stored; the new lines are those that belong to them
    problems: tuple[Problem, ...]


def store_statements(
    connection: sa.Connection,
    reading: Reading,
    *,
    owner: str,
    name: str,
    digest: str,
    now: datetime,
    mint: Mint,
    sealer: Sealer | None = None,
    own_accounts: Collection[str] = (),
) -> Imported:
    """Store a file's statements and those of its lines that are new; `digest` is the SHA-256 of its bytes.

    The same file again adds nothing. A statement in another currency or with an unusable entry is left out as a whole
    and named in `problems`; a break in the chain of balances is stored, flagged and named. `own_accounts` are further
    accounts of ours: with those already known, a movement between two of them is an internal transfer. The caller lets
    one import of an owner run at a time. Raises InvariantBroken where the file does not hold what its heads say.
    """
    if _file_known(connection, owner, digest):
        return Imported(0, sum(head.booked for head in reading.heads), (), (problem("file.known"),))
    desk = _Desk(connection, owner, _own(connection, owner, reading, own_accounts), now, mint, sealer)
    ready, problems = _readied(reading.heads)
    if not ready:
        return Imported(0, 0, (), (*reading.problems, *problems))
    file_id = mint("stf")
    connection.execute(
        sa.insert(statement_file).values(
            id=file_id, owner=owner, sha256=digest, format=reading.format, name=name, imported_at=now
        )
    )
    interim = reading.format in INTERIM
    books = {number: _open(desk, item, file_id, interim) for number, item in ready.items()}
    for number, entries in reading.batches():
        if number in books:
            books[number].store(entries)
    if any(book.new + book.known + book.waiting != book.ready.head.booked for book in books.values()):
        raise InvariantBroken("the file changed while it was read")
    return _told(desk, list(books.values()), file_id, interim, (*reading.problems, *problems))


def _told(desk: _Desk, books: Sequence[_Book], file_id: str, interim: bool, problems: tuple[Problem, ...]) -> Imported:
    accounts = dict.fromkeys(book.account for book in books)
    flagged = [] if interim else [a for a in accounts if _flag_gaps(desk.connection, desk.owner, a, file_id)]
    waiting = [problem("entry.interim", book.account) for book in books if book.waiting]
    return Imported(
        sum(book.new for book in books),
        sum(book.known for book in books),
        tuple(book.statement_id for book in books),
        (*problems, *(problem("statement.gap", account) for account in flagged), *waiting),
    )


def _file_known(connection: sa.Connection, owner: str, digest: str) -> bool:
    same = sa.select(statement_file.c.id).where(statement_file.c.owner == owner, statement_file.c.sha256 == digest)
    return connection.execute(same).first() is not None


def _own(connection: sa.Connection, owner: str, reading: Reading, more: Collection[str]) -> frozenset[str]:
    stored = connection.scalars(sa.select(statement.c.account).where(statement.c.owner == owner).distinct())
    stated = (account_key(account) for account in (*more, *(head.statement.account for head in reading.heads)))
    return frozenset(account for account in (*stored, *stated) if account)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement whose every booked entry can be stored."""

    head: Head
    account: str
    opening: int | None
    closing: int | None

    def days(self, now: datetime) -> tuple[date, date]:
        """The period it speaks of: as stated, else that of its lines, else today."""
        today = now.astimezone(VIETNAM).date()
        said, first, last = self.head.statement, self.head.first_day or today, self.head.last_day or today
        return said.from_date or first, said.to_date or last


def _readied(heads: Sequence[Head]) -> tuple[dict[int, _Ready], list[Problem]]:
    ready: dict[int, _Ready] = {}
    problems: list[Problem] = []
    for number, head in enumerate(heads):
        try:
            balances = whole_balances(head.statement)
            ready[number] = _Ready(head, _usable(head), *balances)
        except Unusable as flaw:
            problems.append(problem(flaw.code, f"statement {number + 1}"))
    return ready, problems


def _usable(head: Head) -> str:
    """The account of a statement all of whose booked entries can be lines. Raises Unusable."""
    account = account_key(head.statement.account)
    if not account:
        raise Unusable("account.missing")
    if head.statement.currency not in ("", CURRENCY) or head.currencies - {CURRENCY}:
        raise Unusable("currency.not_vnd")
    if not head.dated:
        raise Unusable("date.missing")
    if not head.whole:
        raise Unusable("amount.not_whole")
    return account


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all statements of a file share."""

    connection: sa.Connection
    owner: str
    own: frozenset[str]
    now: datetime
    mint: Mint
    sealer: Sealer | None

    def stored(self, keys: Collection[str]) -> set[str]:
        """Those of the natural keys that are stored."""
        c, listed = statement_line.c, list(keys)
        found: set[str] = set()
        for at in range(0, len(listed), _CHUNK):
            chosen = sa.and_(c.owner == self.owner, c.natural_key.in_(listed[at : at + _CHUNK]))
            found.update(self.connection.scalars(sa.select(c.natural_key).where(chosen)))
        return found

    def sealed(self, column: str, line_id: str, value: str) -> bytes | None:
        """A personal value as it is kept."""
        if not self.sealer or not value:
            return None
        return self.sealer(f"statement_line.{column}.{line_id}", value.encode("utf-8", "replace"))


@dataclass(slots=True)
class _Book:
    """One statement while its lines are stored."""

    desk: _Desk
    ready: _Ready
    statement_id: str
    account: str
    goes_on: bool
    foretold: Foretold | None  # of a statement: what interim reports told before
    covered: Covered | None  # of an interim report: the days that statements told
    ordinals: Ordinals = field(default_factory=Ordinals)
    new: int = 0
    known: int = 0
    waiting: int = 0  # entries of an interim report that only the statement can tell

    def store(self, entries: Sequence[Entry]) -> None:
        """Those of the entries that are lines and new."""
        found = drafts(replace(self.ready.head.statement, entries=tuple(entries)), self.desk.own)
        if self.covered is not None:
            found = self._of_the_day(found, self.covered)
        bases = [base_key(draft) for draft in found]
        if self.goes_on:
            self.ordinals.pass_over(
                bases, self.foretold.beside(self.desk.stored) if self.foretold else self.desk.stored
            )
        pairs = list(zip(self.ordinals.keys(bases), found, strict=True))
        if self.foretold:
            told = self.foretold.claim(pairs, self.statement_id, self.desk.stored)
            self.known += len(told)
            pairs = [pair for at, pair in enumerate(pairs) if at not in told]
        self._insert(pairs)

    def _of_the_day(self, found: list[Draft], covered: Covered) -> list[Draft]:
        open_ = [draft for draft in found if draft.booking_date not in covered]
        self.known += len(found) - len(open_)
        named = [draft for draft in open_ if draft.bank_reference]
        self.waiting += len(open_) - len(named)
        return named

    def _insert(self, pairs: Sequence[tuple[str, Draft]]) -> None:
        known = self.desk.stored([key for key, _ in pairs])
        fresh = [(self.desk.mint("stl"), key, draft) for key, draft in pairs if key not in known]
        rows = [self._row(line_id, key, draft) for line_id, key, draft in fresh]
        refs = [
            {"line_id": line_id, "ref": ref, "how": how} for line_id, _, draft in fresh for ref, how in draft.references
        ]
        insert_rows(self.desk.connection, statement_line, rows)
        insert_rows(self.desk.connection, line_ref, refs)
        self.new += len(fresh)
        self.known += len(pairs) - len(fresh)

    def _row(self, line_id: str, key: str, draft: Draft) -> dict[str, Any]:
        return {
            "id": line_id,
            "owner": self.desk.owner,
            "statement_id": self.statement_id,
            "account": draft.account,
            "natural_key": key,
            "line_no": draft.line_no,
            "booking_date": draft.booking_date,
            "value_date": draft.value_date,
            "direction": direction_of(draft),
            "amount": draft.amount,
            "reversal": draft.reversal,
            "nature": draft.nature,
            "bank_ref": draft.bank_reference,
            "memo": draft.memo,
            "counterparty_name": self.desk.sealed("counterparty_name", line_id, draft.counterparty_name),
            "counterparty_account": self.desk.sealed("counterparty_account", line_id, draft.counterparty_account),
        }


def _open(desk: _Desk, item: _Ready, file_id: str, interim: bool) -> _Book:
    """The statement's own row, and the book its lines go into."""
    goes_on = not interim and _goes_on(desk.connection, item, desk.owner, desk.now)
    statement_id, (from_day, to_day) = desk.mint("stm"), item.days(desk.now)
    covered = Covered(desk.connection, desk.owner, item.account) if interim else None
    first, last = item.head.first_day or from_day, item.head.last_day or to_day
    foretold = None if interim else Foretold(desk.connection, desk.owner, item.account, (first, last))
    desk.connection.execute(
        sa.insert(statement).values(
            id=statement_id,
            owner=desk.owner,
            file_id=file_id,
            account=item.account,
            currency=item.head.statement.currency or CURRENCY,
            number=item.head.statement.number,
            from_day=from_day,
            to_day=to_day,
            opening=item.opening,
            closing=item.closing,
            balances=item.head.balances,
            gap=False,
        )
    )
    return _Book(desk, item, statement_id, item.account, goes_on, foretold, covered)


def _goes_on(connection: sa.Connection, item: _Ready, owner: str, now: datetime) -> bool:
    """Whether it opens exactly where a stored statement closed, and speaks of nothing that a stored one spoke of.

    Then none of its lines can be among those stored, and what looks equal is one more line. A stored statement of its
    days must lie before it, closing after closing; one that opens where it opens is a longer or shorter telling of it.
    Interim reports are no part of the chain: what they told is known by its own keys.
    """
    if item.opening is None or item.closing is None:
        return False
    from_day, to_day = item.days(now)
    c = statement.c
    earlier = sa.and_(c.closing == item.opening, c.to_day <= from_day)
    beside = sa.and_(c.from_day <= to_day, c.to_day >= from_day)
    final = c.id.not_in(interim_statements(owner, item.account))
    chosen = sa.and_(c.owner == owner, c.account == item.account, final, sa.or_(earlier, beside))
    rows = connection.execute(sa.select(c.opening, c.closing, c.from_day, c.to_day).where(chosen)).all()
    overlapping = {(row.opening, row.closing) for row in rows if row.from_day <= to_day and row.to_day >= from_day}
    starts = any(row.closing == item.opening and row.to_day <= from_day for row in rows)
    return starts and _all_before(item.opening, overlapping)


def _all_before(opening: int, others: set[tuple[int | None, int | None]]) -> bool:
    """Whether the balances lead from `opening` back through every other statement, and none begins where it begins."""
    if any(start == opening or start is None for start, _ in others):
        return False
    reached, left = {opening}, others
    while found := {other for other in left if other[1] in reached}:
        reached |= {start for start, _ in found if start is not None}
        left = left - found
    return not left


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows that all name the same columns: arrays through unnest on PostgreSQL, executemany on SQLite."""
    for at in range(0, len(rows), _CHUNK):
        chunk = rows[at : at + _CHUNK]
        if connection.dialect.name == "postgresql":
            connection.execute(_from_arrays(table, tuple(chunk[0])), _arrays(chunk))
        else:
            connection.execute(sa.insert(table), chunk)


@lru_cache(maxsize=8)
def _from_arrays(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    arrays = [sa.bindparam(f"a_{name}", type_=sa.ARRAY(table.c[name].type)) for name in names]
    columns = [sa.column(name, table.c[name].type) for name in names]
    given = sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    return sa.insert(table).from_select(list(names), sa.select(given))


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"a_{name}": [row[name] for row in rows] for name in rows[0]}


def _flag_gaps(connection: sa.Connection, owner: str, account: str, file_id: str) -> bool:
    """Judge the account's chain anew, which a late file may mend; whether a statement of this file breaks it."""
    rows = statements_of(connection, owner, account)
    spans = [span_of(row) for row in rows]
    broken, between = gaps(spans), ends(spans)
    if not broken and between and moved(connection, owner, account) != between[1] - between[0]:
        broken = frozenset(row.id for row in rows if row.file_id == file_id)  # a line was lost, or is there twice
    for flag in (True, False):
        changed = [row.id for row in rows if (row.id in broken) is flag and row.gap is not flag]
        if changed:
            connection.execute(sa.update(statement).where(statement.c.id.in_(changed)).values(gap=flag))
    return any(row.id in broken for row in rows if row.file_id == file_id)
