"""All that hangs on a receipt: whom it replaced and who replaced it, its refunds, error notices, tasks, stamp and prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.access import own
from gateway.settlement.refund.store import refund
from receipts import store
from receipts.life_tables import change, printing, stamp, task

Rows = tuple[store.Row, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """Ids and states only; nothing that names a person."""

    replaces: str | None
    replaced_by: str | None
    refunds: Rows  # id, status, amount, reference
    notices: Rows  # id, state
    changes: Rows  # id, state
    tasks: Rows  # id, kind, outcome
    stamped_at: datetime | None
    prints: int  # of the receipt itself
    conversions: int


def linked(connection: sa.Connection, agency_id: str, receipt_id: str) -> Linked:
    """Of one receipt of the agency. Raises ReceiptMissing."""
    row = store.find(connection, receipt_id, agency_id)
    if row is None:
        raise store.ReceiptMissing(f"no receipt {receipt_id}")
    replaces = sa.select(store.replacement.c.old_id).where(store.replacement.c.new_id == receipt_id)
    notice = store.error_notice
    printed = sa.select(printing.c.kind, sa.func.count().label("n")).where(printing.c.receipt_id == receipt_id)
    counts = {row.kind: row.n for row in connection.execute(printed.group_by(printing.c.kind))}
    return Linked(
        connection.execute(replaces).scalar_one_or_none(),
        row.replaced_by,
        _refunds(connection, agency_id, row),
        _rows(connection, notice, receipt_id, "id", "state"),
        _rows(connection, change, receipt_id, "id", "state"),
        _rows(connection, task, receipt_id, "id", "kind", "outcome"),
        connection.execute(sa.select(stamp.c.stamped_at).where(stamp.c.receipt_id == receipt_id)).scalar_one_or_none(),
        counts.get("print", 0),
        counts.get("conversion", 0),
    )


def _rows(connection: sa.Connection, table: sa.Table, receipt_id: str, *columns: str) -> Rows:
    query = sa.select(*(table.c[name] for name in columns)).where(table.c.receipt_id == receipt_id)
    return tuple(connection.execute(query.order_by(table.c.id)))


def _refunds(connection: sa.Connection, agency_id: str, row: store.Row) -> Rows:
    """The refunds that name the receipt, or one that it replaces through any number of steps: they go on counting."""
    names = {row.id, *_replaced_before(connection, row)}
    columns = (refund.c.id, refund.c.status, refund.c.amount, refund.c.reference, refund.c.receipt_ids)
    query = sa.select(*columns).where(own(refund, agency_id), refund.c.payment_id == row.payment)
    found = connection.execute(query.order_by(refund.c.id))
    return tuple(one for one in found if names & set(json.loads(one.receipt_ids)))


def _replaced_before(connection: sa.Connection, row: store.Row) -> set[str]:
    of_payment = store.of_payments(connection, [row.payment])
    before, found = {one.replaced_by: one.id for one in of_payment if one.replaced_by}, set[str]()
    at = row.id
    while at in before and before[at] not in found:
        at = before[at]
        found.add(at)
    return found
