"""What the stored statements of an account say its balance did, and what its stored lines did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from reconciliation.chain import Span, ends
from reconciliation.store import statement, statement_line


def statements_of(connection: sa.Connection, owner: str, account: str) -> Sequence[sa.Row[Any]]:
    """All statements of an account."""
    mine = sa.and_(statement.c.owner == owner, statement.c.account == account)
    return connection.execute(sa.select(statement).where(mine)).all()


def span_of(row: sa.Row[Any]) -> Span:
    """A stored statement's place in the chain."""
    return Span(row.id, row.from_day, row.to_day, row.number, row.opening, row.closing, row.balances)


def moved(connection: sa.Connection, owner: str, account: str) -> int:
    """Credits minus debits of the account's stored lines."""
    c = statement_line.c
    signed = sa.case((c.direction == "CRDT", c.amount), else_=-c.amount)
    total = sa.select(sa.func.coalesce(sa.func.sum(signed), 0)).where(c.owner == owner, c.account == account)
    return int(connection.scalar(total) or 0)


def stated(connection: sa.Connection, owner: str, account: str) -> int | None:
    """Closing minus opening over all statements; None where the chain is broken or a balance is missing."""
    rows = statements_of(connection, owner, account)
    if any(row.gap for row in rows):
        return None
    between = ends([span_of(row) for row in rows])
    return between and between[1] - between[0]
