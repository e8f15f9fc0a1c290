"""Write entries, many at once; the same kind and subject twice is a program error that the database stops."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from gateway.kernel.uow import UnitOfWork
from gateway.ledger import store
from gateway.ledger.model import Entry


def post(uow: UnitOfWork, entries: Iterable[Entry]) -> list[str]:
    """The ids of the entries written, in order."""
    kept = [(uow.mint("ent"), item) for item in entries]
    if not kept:
        return []
    heads = [
        {
            "id": entry_id,
            "agency_id": item.agency,
            "day": item.day,
            "kind": item.kind,
            "subject": item.subject,
            "corrects": item.corrects,
            "posted_at": uow.now(),
        }
        for entry_id, item in kept
    ]
    lines = [
        {"entry_id": entry_id, "position": n, "agency_id": item.agency, "account": p.account, "amount": p.amount}
        for entry_id, item in kept
        for n, p in enumerate(item.postings)
    ]
    uow.connection.execute(sa.insert(store.entry), heads)
    uow.connection.execute(sa.insert(store.posting), lines)
    return [entry_id for entry_id, _ in kept]
