"""New debit lines of a statement that name a refund or its payment order: the refunds are returned, and `book` is told
which ledger account each line debits.

A debit that names a refund and does not fit it (paid twice, another amount, refused) is explained by nobody but a
person: it raises an alarm and stays unexplained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund import returned, source, store
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import RefundRow, refund, refund_order
from reconciliation.store import line_ref

CHUNK = 5_000


def explain(uow: UnitOfWork, agency_id: str, lines: Sequence[sa.Row[Any]]) -> dict[str, str]:
    """Line id -> ledger account, for those of the statement lines (all of this agency) that refunds explain."""
    debits = [line for line in lines if line.direction == "DBIT" and not line.reversal]
    named = _named(uow.connection, agency_id, [line.id for line in debits])
    if not named:
        return {}
    source.lock_refunds(uow.connection, agency_id, {refund_id for ids in named.values() for refund_id in ids})
    accounts = {}
    for line in debits:
        if line.id in named:
            rows = store.lock(uow.connection, agency_id, named[line.id])  # as the line before left them
            account = _account(uow, line, rows)
            if account is None:
                uow.emit([_alarm(agency_id, line, rows)])
            else:
                accounts[line.id] = account
    return accounts


def _account(uow: UnitOfWork, line: sa.Row[Any], rows: Sequence[RefundRow]) -> str | None:
    """All that the line names and that still has to leave, or of these what the bank has not handed back; where nothing
    has to leave, what a provider told of before."""
    waiting = [row for row in rows if returned.may_return(row)] or list(rows)
    under_way = [row for row in waiting if row.status is RefundStatus.ORDERED]
    for those in (waiting, under_way):
        if those and sum(row.amount for row in those) == line.amount:
            return returned.gone_with(uow, those, line.id)
    return None


def _alarm(agency_id: str, line: sa.Row[Any], rows: Sequence[RefundRow]) -> Event:
    body = {
        "line_id": line.id,
        "amount": line.amount,
        "refunds": [{"refund_id": row.id, "amount": row.amount, "status": row.status.value} for row in rows],
    }
    return Event(agency_id, "refund.debit_unexplained", line.id, body)


def _named(connection: sa.Connection, agency_id: str, line_ids: Sequence[str]) -> dict[str, list[str]]:
    """The refunds each line names: by their own references, else all of the order it names."""
    by_refund: dict[str, list[str]] = {}
    by_order: dict[str, list[str]] = {}
    for at in range(0, len(line_ids), CHUNK):
        chunk = line_ref.c.line_id.in_(line_ids[at : at + CHUNK]) & line_ref.c.how.in_((1, 2))
        pair = sa.select(line_ref.c.line_id, refund.c.id).where(chunk, own(refund, agency_id))
        own_name = pair.join(refund, refund.c.reference == line_ref.c.ref)
        order_name = pair.join(refund_order, refund_order.c.reference == line_ref.c.ref).join(
            refund, refund.c.order_id == refund_order.c.id
        )
        for query, found in ((own_name, by_refund), (order_name, by_order)):
            for line_id, refund_id in connection.execute(query.order_by(line_ref.c.line_id, refund.c.id)):
                found.setdefault(line_id, []).append(refund_id)
    return by_order | by_refund
