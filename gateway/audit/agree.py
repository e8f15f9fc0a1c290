"""What the leaves say against what the tables say: receipts, settled dues, versions of dues, refunds, suspense.

The tree proves that leaves were not changed; this proves that nobody changed the books beside them. Forwards, what a
leaf names must stand in the tables as named; backwards, no receipt and no settled payment is without its leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.audit.leaves import BATCH, Flaw, Leaf
from gateway.dues.store import due, due_version
from gateway.kernel import bulk
from gateway.kernel.audit import leaf
from gateway.payments.store import payment
from gateway.settlement.refund.store import refund
from gateway.settlement.store import suspense
from receipts.store import receipt

PAID, SIGNED, SUSPENDED, REGISTERED = "payment.paid", "receipt.signed", "money.suspended", "dossier.registered"
VERSIONED = ("due.added", "due.amended", "due.withdrawn", "due.exempted")


def forwards(connection: sa.Connection, batch: Sequence[Leaf]) -> list[Flaw]:
    """What these leaves name and the tables have otherwise; a leaf that nobody of ours could have written is one too."""
    try:
        return list(_forwards(connection, batch))
    except (KeyError, TypeError, ValueError, AttributeError):
        if len(batch) == 1:
            return [Flaw("leaf.odd", batch[0].id, "its facts are not those of its kind")]
    return [flaw for one in batch for flaw in forwards(connection, [one])]


def _forwards(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    yield from _receipts(connection, batch)
    yield from _settled(connection, [one for one in batch if one.kind == PAID])
    yield from _versions(connection, batch)
    yield from _refunds(connection, [one for one in batch if "refund_id" in one.facts])
    yield from _suspense(connection, [one for one in batch if one.kind == SUSPENDED])


def _receipts(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    said: list[tuple[Leaf, dict[str, Any]]] = []
    for one in batch:
        if one.kind == PAID:
            said += [(one, {**named, "payment": one.ref}) for named in one.facts.get("receipts", ())]
        elif one.kind == SIGNED:
            named = {name: one.facts.get(name) for name in ("form", "symbol", "number", "amount", "lookup_code")}
            said.append((one, {"id": one.facts.get("receipt_id"), "payment": one.facts.get("payment_id"), **named}))
    rows = _by_id(connection, receipt, [named["id"] for _, named in said])
    for one, named in said:
        row = rows.get(named["id"])
        if row is None or row.owner != one.agency:
            yield Flaw("receipt.lost", str(named["id"]), f"named by {one.id}")
            continue
        for name, value in named.items():
            if row._mapping[name] != value:
                yield Flaw("receipt.differs", row.id, f"{name}: {row._mapping[name]}, {one.id} says {value}")


def _settled(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    """A payment's leaf names the dues it settled and their sum."""
    rows = _by_id(connection, due, [due_id for one in batch for due_id in one.facts.get("due_ids", ())])
    payments = _by_id(connection, payment, [one.ref for one in batch])
    for one in batch:
        paid = [rows[due_id] for due_id in one.facts.get("due_ids", ()) if due_id in rows]
        amount = sum(row.amount for row in paid if row.payment_id == one.ref)
        if one.ref not in payments or payments[one.ref].settled_at is None:
            yield Flaw("payment.differs", one.ref, f"not settled, {one.id} says it is")
        if amount != one.facts.get("amount"):
            yield Flaw("payment.differs", one.ref, f"dues {amount}, {one.id} says {one.facts.get('amount')}")


def _versions(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    """Every version of a due that was told of is kept with its amount."""
    said: dict[tuple[str, int], tuple[str, int]] = {}
    for one in batch:
        if one.kind == REGISTERED:
            said |= {(named["id"], 1): (one.id, named["amount"]) for named in one.facts.get("dues", ())}
        elif one.kind in VERSIONED:
            said[one.ref, one.facts["version"]] = (one.id, one.facts["amount"])
    if not said:
        return
    chosen = bulk.among(connection, due_version.c.due_id, {due_id for due_id, _ in said})
    columns = (due_version.c.due_id, due_version.c.version, due_version.c.amount)
    kept = {(row.due_id, row.version): row.amount for row in connection.execute(sa.select(*columns).where(chosen))}
    for (due_id, version), (leaf_id, amount) in said.items():
        if kept.get((due_id, version)) != amount:
            found = kept.get((due_id, version))
            yield Flaw("due.differs", due_id, f"version {version}: {found}, {leaf_id} says {amount}")


def _refunds(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    rows = _by_id(connection, refund, [one.facts["refund_id"] for one in batch])
    for one in batch:
        row = rows.get(one.facts["refund_id"])
        found = None if row is None else row.amount
        if "amount" in one.facts and found != one.facts["amount"]:
            yield Flaw("refund.differs", one.facts["refund_id"], f"{found}, {one.id} says {one.facts['amount']}")


def _suspense(connection: sa.Connection, batch: Sequence[Leaf]) -> Iterator[Flaw]:
    rows = _by_id(connection, suspense, [one.facts.get("suspense_id") for one in batch])
    for one in batch:
        if one.facts.get("suspense_id") not in rows:
            yield Flaw("suspense.lost", str(one.facts.get("suspense_id")), f"named by {one.id}")


def backwards(connection: sa.Connection) -> Iterator[Flaw]:
    """What stands in the tables and no leaf tells of; dues whose row is not their last version."""
    told = sa.exists().where(leaf.c.kind == PAID)
    unpaid = ~told.where(leaf.c.ref == receipt.c.payment)
    unsigned = ~sa.exists().where(leaf.c.kind == SIGNED, leaf.c.ref == receipt.c.id) & receipt.c.signed_at.is_not(None)
    for found in _pages(connection, receipt, sa.or_(unpaid, unsigned)):
        yield Flaw("receipt.without_leaf", found)
    settled = payment.c.settled_at.is_not(None)
    for found in _pages(connection, payment, settled & ~told.where(leaf.c.ref == payment.c.id)):
        yield Flaw("payment.without_leaf", found)
    same = (due_version.c.due_id == due.c.id) & (due_version.c.version == due.c.version)
    for found in _pages(connection, due, ~sa.exists().where(same, due_version.c.amount == due.c.amount)):
        yield Flaw("due.differs", found, "its amount is not that of its last version")


def _by_id(connection: sa.Connection, table: sa.Table, ids: Sequence[Any]) -> dict[str, sa.Row[Any]]:
    wanted = {one for one in ids if isinstance(one, str)}
    if not wanted:
        return {}
    rows = connection.execute(sa.select(table).where(bulk.among(connection, table.c.id, wanted)))
    return {row.id: row for row in rows}


def _pages(connection: sa.Connection, table: sa.Table, wrong: sa.ColumnElement[bool]) -> Iterator[str]:
    """Ids of the rows that are wrong, a page of the table at a time: each page is one consistent look."""
    last = ""
    while True:
        page = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH * 5).subquery()
        end = connection.scalar(sa.select(sa.func.max(page.c.id)))
        if end is None:
            return
        chosen = table.c.id.between(last, end) & (table.c.id != last)
        yield from connection.scalars(sa.select(table.c.id).where(chosen, wrong).order_by(table.c.id))
        last = end
