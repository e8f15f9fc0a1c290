"""P0: a parsed statement file into stored lines, each of them once, whatever is sent again or overlaps.

A line's natural key is its account and the bank's own reference; without one, its account, booking date, direction,
amount and the hash of its memo, and always its ordinal among equals: two citizens may pay the same fee in one second.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from connectors.statement import Parsed, Problem, Statement
from reconciliation.balances import moved, span_of, statements_of
from reconciliation.chain import ends, gaps
from reconciliation.lines import CURRENCY, Draft, Unusable, account_key, drafts, problem, whole_balances
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
    lines: tuple[str, ...]  # ids of the new ones
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement whose every booked entry can be stored."""

    head: Statement
    account: str
    opening: int | None
    closing: int | None
    drafts: list[Draft]

    def days(self, now: datetime) -> tuple[date, date]:
        """The period it speaks of: as stated, else that of its lines, else today."""
        booked = [draft.booking_date for draft in self.drafts] or [now.astimezone(VIETNAM).date()]
        return self.head.from_date or min(booked), self.head.to_date or max(booked)


def store_statements(
    connection: sa.Connection,
    parsed: Parsed,
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
    accounts of ours: with those already known, a movement between two of them is an internal transfer.
    """
    if _file_known(connection, owner, digest):
        count = sum(entry.status == "BOOK" for head in parsed.statements for entry in head.entries)
        return Imported(0, count, (), (problem("file.known"),))
    own = _own(connection, owner, parsed, own_accounts)
    ready, problems = _readied(parsed, own)
    if not ready:
        return Imported(0, 0, (), (*parsed.problems, *problems))
    file_id = mint("stf")
    connection.execute(
        sa.insert(statement_file).values(
            id=file_id, owner=owner, sha256=digest, format=parsed.format, name=name, imported_at=now
        )
    )
    new, known = [], 0
    for item in ready:
        added, repeated = _store(connection, item, owner, file_id, now, mint, sealer)
        new += added
        known += repeated
    flagged = [
        problem("statement.gap", account)
        for account in dict.fromkeys(item.account for item in ready)
        if _flag_gaps(connection, owner, account, file_id)
    ]
    return Imported(len(new), known, tuple(new), (*parsed.problems, *problems, *flagged))


def _file_known(connection: sa.Connection, owner: str, digest: str) -> bool:
    same = sa.select(statement_file.c.id).where(statement_file.c.owner == owner, statement_file.c.sha256 == digest)
    return connection.execute(same).first() is not None


def _own(connection: sa.Connection, owner: str, parsed: Parsed, more: Collection[str]) -> frozenset[str]:
    stored = connection.scalars(sa.select(statement.c.account).where(statement.c.owner == owner).distinct())
    stated = (account_key(account) for account in (*more, *(head.account for head in parsed.statements)))
    return frozenset(account for account in (*stored, *stated) if account)


def _readied(parsed: Parsed, own: Collection[str]) -> tuple[list[_Ready], list[Problem]]:
    ready: list[_Ready] = []
    problems: list[Problem] = []
    for number, head in enumerate(parsed.statements, 1):
        try:
            ready.append(_Ready(head, account_key(head.account), *whole_balances(head), drafts(head, own)))
        except Unusable as flaw:
            problems.append(problem(flaw.code, f"statement {number}"))
    return ready, problems


def _store(
    connection: sa.Connection,
    item: _Ready,
    owner: str,
    file_id: str,
    now: datetime,
    mint: Mint,
    sealer: Sealer | None,
) -> tuple[list[str], int]:
    """One statement: its row, and its lines that are not there yet. Returns the new ids and how many were known."""
    stored = _stored_keys(connection, item, owner)
    keys = _natural_keys(item.drafts, stored if _goes_on(connection, item, owner, now) else frozenset())
    statement_id, (from_day, to_day) = mint("stm"), item.days(now)
    connection.execute(
        sa.insert(statement).values(
            id=statement_id,
            owner=owner,
            file_id=file_id,
            account=item.account,
            currency=item.head.currency or CURRENCY,
            number=item.head.number,
            from_day=from_day,
            to_day=to_day,
            opening=item.opening,
            closing=item.closing,
            balances=item.head.balances,
            gap=False,
        )
    )
    fresh = [(mint("stl"), key, draft) for key, draft in zip(keys, item.drafts, strict=True) if key not in stored]
    rows = [_line_row(line_id, key, draft, owner, statement_id, sealer) for line_id, key, draft in fresh]
    refs = [
        {"line_id": line_id, "ref": ref, "how": how} for line_id, _, draft in fresh for ref, how in draft.references
    ]
    _insert(connection, statement_line, rows)
    _insert(connection, line_ref, refs)
    return [line_id for line_id, _, _ in fresh], len(item.drafts) - len(fresh)


def _stored_keys(connection: sa.Connection, item: _Ready, owner: str) -> frozenset[str]:
    """Natural keys of the account in the days of this statement."""
    if not item.drafts:
        return frozenset()
    booked = [draft.booking_date for draft in item.drafts]
    keys = sa.select(statement_line.c.natural_key).where(
        statement_line.c.owner == owner,
        statement_line.c.account == item.account,
        statement_line.c.booking_date.between(min(booked), max(booked)),
    )
    return frozenset(connection.scalars(keys))


def _goes_on(connection: sa.Connection, item: _Ready, owner: str, now: datetime) -> bool:
    """Whether it opens exactly where a stored statement closed that it is not a copy of.

    Then none of its lines can be among those stored, and what looks equal is one more line.
    """
    if item.opening is None or item.closing is None:
        return False
    from_day, to_day = item.days(now)
    c = statement.c
    same_account = sa.and_(c.owner == owner, c.account == item.account)
    copy = sa.and_(c.opening == item.opening, c.closing == item.closing, c.from_day == from_day, c.to_day == to_day)
    covering = sa.and_(c.from_day <= from_day, c.to_day >= to_day, c.to_day > c.from_day)
    if connection.execute(sa.select(c.id).where(same_account, sa.or_(copy, covering))).first():
        return False
    before = sa.select(c.id).where(same_account, c.closing == item.opening, c.to_day <= from_day)
    return connection.execute(before).first() is not None


def _natural_keys(entries: Sequence[Draft], taken: frozenset[str]) -> list[str]:
    """A key for each, counting equals; ordinals in `taken` are passed over."""
    seen: Counter[str] = Counter()
    keys = []
    for draft in entries:
        base = _base_key(draft)
        seen[base] += 1
        while f"{base}#{seen[base]}" in taken:
            seen[base] += 1
        keys.append(f"{base}#{seen[base]}")
    return keys


def _base_key(draft: Draft) -> str:
    direction = _direction(draft)
    if draft.bank_reference:
        return f"{draft.account}|{draft.bank_reference}|{direction}|{draft.amount}"
    memo = hashlib.sha256(draft.memo.encode()).hexdigest()[:32]
    return f"{draft.account}|{draft.booking_date}|{direction}|{draft.amount}|{memo}"


def _direction(draft: Draft) -> str:
    return "CRDT" if draft.credit else "DBIT"


def _line_row(
    line_id: str, key: str, draft: Draft, owner: str, statement_id: str, sealer: Sealer | None
) -> dict[str, Any]:
    return {
        "id": line_id,
        "owner": owner,
        "statement_id": statement_id,
        "account": draft.account,
        "natural_key": key,
        "line_no": draft.line_no,
        "booking_date": draft.booking_date,
        "value_date": draft.value_date,
        "direction": _direction(draft),
        "amount": draft.amount,
        "reversal": draft.reversal,
        "nature": draft.nature,
        "bank_ref": draft.bank_reference,
        "memo": draft.memo,
        "counterparty_name": _sealed(sealer, "counterparty_name", line_id, draft.counterparty_name),
        "counterparty_account": _sealed(sealer, "counterparty_account", line_id, draft.counterparty_account),
    }


def _sealed(sealer: Sealer | None, column: str, line_id: str, value: str) -> bytes | None:
    return sealer(f"statement_line.{column}.{line_id}", value.encode()) if sealer and value else None


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    for at in range(0, len(rows), _CHUNK):
        connection.execute(sa.insert(table), rows[at : at + _CHUNK])


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
