"""What the stored statements of an account say its balance did, and what its stored lines did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from reconciliation.chain import Span, ends
from reconciliation.store import statement, statement_file, statement_line

# Reports within the day and notifications (ISO 20022 camt.052, camt.054; SWIFT MT942): they open and close nothing.
INTERIM = ("camt.052", "camt.054", "mt942")


def interim_statements(owner: str, account: str) -> sa.Select[Any]:
    """Ids of the account's interim reports, as a subquery."""
    mine = sa.and_(statement.c.owner == owner, statement.c.account == account, statement_file.c.format.in_(INTERIM))
    return sa.select(statement.c.id).join(statement_file, statement_file.c.id == statement.c.file_id).where(mine)


def statements_of(connection: sa.Connection, owner: str, account: str) -> Sequence[sa.Row[Any]]:
    """All statements of an account, interim reports left out."""
    mine = sa.and_(statement.c.owner == owner, statement.c.account == account)
    final = statement.c.id.not_in(interim_statements(owner, account))
    return connection.execute(sa.select(statement).where(mine, final)).all()


def span_of(row: sa.Row[Any]) -> Span:
    """A stored statement's place in the chain."""
    return Span(row.id, row.from_day, row.to_day, row.number, row.opening, row.closing, row.balances)


def moved(connection: sa.Connection, owner: str, account: str) -> int:
    """Credits minus debits of the account's stored lines, as far as statements prove them."""
    return _sum(connection, owner, account, statement_line.c.statement_id.not_in(interim_statements(owner, account)))


def told_since(connection: sa.Connection, owner: str, account: str) -> int:
    """The same of the lines that only interim reports have told of so far."""
    return _sum(connection, owner, account, statement_line.c.statement_id.in_(interim_statements(owner, account)))


def _sum(connection: sa.Connection, owner: str, account: str, chosen: sa.ColumnElement[bool]) -> int:
    c = statement_line.c
    signed = sa.case((c.direction == "CRDT", c.amount), else_=-c.amount)
    total = sa.select(sa.func.coalesce(sa.func.sum(signed), 0)).where(c.owner == owner, c.account == account, chosen)
    return int(connection.scalar(total) or 0)


def stated(connection: sa.Connection, owner: str, account: str) -> int | None:
    """What all stored lines must come to: closing minus opening over all statements, and what interim reports told
    since; None where the chain is broken or a balance is missing."""
    rows = statements_of(connection, owner, account)
    if any(row.gap for row in rows):
        return None
    between = ends([span_of(row) for row in rows])
    return between and between[1] - between[0] + told_since(connection, owner, account)
