"""Write entries, many at once; the same kind and subject twice is a program error that the database stops."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel import bulk
from gateway.kernel.errors import Missing
from gateway.kernel.uow import UnitOfWork
from gateway.ledger import store
from gateway.ledger.lock import locked_days, open_day
from gateway.ledger.model import Entry, Posting


class EntryMissing(Missing):
    """No such entry at this agency."""

    code = "ledger.entry_missing"


def post(uow: UnitOfWork, entries: Iterable[Entry], insert: bulk.Insert | None = None) -> list[str]:
    """The ids of the entries written, in order; with `insert` they are written by it."""
    write = insert or partial(bulk.insert, uow.connection)
    kept = [(uow.mint("ent"), item) for item in entries]
    if not kept:
        return []
    days = _open_days(uow, [item for _, item in kept])
    heads = [
        {
            "id": entry_id,
            "agency_id": item.agency,
            "day": days[item.agency, item.day],
            "of_day": item.day if days[item.agency, item.day] != item.day else None,
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
    write(store.entry, heads)
    write(store.posting, lines)
    return [entry_id for entry_id, _ in kept]


def _open_days(uow: UnitOfWork, entries: list[Entry]) -> dict[tuple[str, date], date]:
    """Where each day's entries go: what belongs to a locked day is entered on the first open day after it."""
    found: dict[tuple[str, date], date] = {}
    for agency_id in {item.agency for item in entries}:
        days = {item.day for item in entries if item.agency == agency_id}
        locked = locked_days(uow.connection, agency_id, min(days))
        found |= {(agency_id, day): open_day(day, locked) for day in days}
    return found


def correct(
    uow: UnitOfWork, entry_id: str, agency_id: str, *, day: date, right: tuple[Posting, ...] | None
) -> list[str]:
    """Put an entry right by new ones that name it: its mirror image and, where there is one, what it should have been."""
    wrong = _postings(uow, entry_id, agency_id)
    mirror = tuple(Posting(p.account, -p.amount) for p in wrong)
    entries = [Entry(agency_id, day, "reversal", entry_id, mirror, corrects=entry_id)]
    if right is not None:
        entries.append(Entry(agency_id, day, "correction", entry_id, right, corrects=entry_id))
    return post(uow, entries)


def _postings(uow: UnitOfWork, entry_id: str, agency_id: str) -> list[Posting]:
    chosen = own(store.posting, agency_id) & (store.posting.c.entry_id == entry_id)
    rows = uow.connection.execute(sa.select(store.posting).where(chosen).order_by(store.posting.c.position)).all()
    if not rows:
        raise EntryMissing("Không có bút toán này.", "There is no such entry.", field="entry_id")
    return [Posting(row.account, row.amount) for row in rows]
