"""Prove the ledger by itself: every entry has postings and they sum to zero."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.ledger.store import entry, posting


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be, and where."""

    rule: str
    subject: str
    detail: str


def violations(connection: sa.Connection) -> list[Violation]:
    """Every broken rule; empty means proven."""
    return [*_unbalanced(connection), *_empty(connection)]


def _unbalanced(connection: sa.Connection) -> list[Violation]:
    total = sa.func.sum(posting.c.amount)
    query = sa.select(posting.c.entry_id, total).group_by(posting.c.entry_id).having(total != 0)
    return [Violation("entry.unbalanced", entry_id, f"{amount} đồng") for entry_id, amount in connection.execute(query)]


def _empty(connection: sa.Connection) -> list[Violation]:
    query = sa.select(entry.c.id).where(~sa.exists().where(posting.c.entry_id == entry.c.id))
    return [Violation("entry.empty", entry_id, "no postings") for entry_id in connection.scalars(query)]
