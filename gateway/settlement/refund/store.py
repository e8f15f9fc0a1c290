"""How refunds and their payment orders are kept; what two persons and the amount there allow is enforced here too.

The destination and its evidence are sealed (`refund.destination.<id>`); only a keyed digest of the account is compared.
A CHECK keeps requester and approvers apart, a trigger keeps the refunds of a due within the due, and the CHECK on
`notice.refunding` keeps what is set aside within what is suspended.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.outbox import Event
from gateway.settlement.refund.model import OUTER, RefundEvent, RefundMissing, RefundStatus, sources_of

__all__ = ["metadata"]

_STATES = ", ".join(f"'{status.value}'" for status in RefundStatus)
_PERSONS = (
    "(endorsed_by IS NULL OR endorsed_by <> requested_by) AND (approved_by IS NULL OR approved_by <> requested_by) "
    "AND (endorsed_by IS NULL OR approved_by IS NULL OR endorsed_by <> approved_by)"
)

refund_order = sa.Table(
    "refund_order",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("reference", sa.Text, nullable=False, unique=True),  # a lump debit names it
    sa.Column("account", sa.Text, nullable=False),  # ours, to be debited
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("ordered_by", sa.Text, nullable=False),
    sa.Column("ordered_at", UtcTime, nullable=False),
    sa.CheckConstraint("total > 0", name="total"),
    sa.Index("ix_refund_order_agency", "agency_id", "id"),
)

refund = sa.Table(
    "refund",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False, unique=True),  # in the memo of every attempt to send it
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notice.id")),  # money that waits in suspense
    sa.Column("suspense_id", sa.Text, sa.ForeignKey("suspense.id")),  # its task; after approval the one it ended
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id")),  # or money of a settled due
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id")),
    sa.Column("account", sa.Text, nullable=False),  # ours, where the money stands
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("receipt_ids", sa.Text, nullable=False),  # JSON: the receipts it belongs to; they stay as they are
    sa.Column("destination_sealed", sa.LargeBinary, nullable=False),
    sa.Column("destination_digest", sa.Text, nullable=False),
    sa.Column("to_origin", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),  # how often it was ordered: the fence
    sa.Column("order_id", sa.Text, sa.ForeignKey("refund_order.id")),  # of the last attempt, if a payment order
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("endorsed_by", sa.Text),
    sa.Column("endorsed_at", UtcTime),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", UtcTime),
    sa.Column("ordered_at", UtcTime),
    sa.Column("failed_at", UtcTime),
    sa.Column("refused_by", sa.Text),
    sa.Column("refused_at", UtcTime),
    sa.Column("why", sa.Text),  # of the last failure or the refusal
    sa.Column("returned_at", UtcTime),
    sa.Column("line_id", sa.Text),
    sa.Column("provider_id", sa.Text),
    sa.UniqueConstraint("agency_id", "key"),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint(f"status IN ({_STATES})", name="status"),
    sa.CheckConstraint("(due_id IS NULL) = (notice_id IS NOT NULL)", name="source"),
    sa.CheckConstraint("due_id IS NULL OR (ground <> '' AND payment_id IS NOT NULL)", name="ground"),
    sa.CheckConstraint(_PERSONS, name="persons"),
    sa.CheckConstraint(
        "status IN ('requested', 'endorsed', 'refused') "
        "OR (approved_by IS NOT NULL AND (to_origin OR endorsed_by IS NOT NULL))",
        name="approved",
    ),
    sa.CheckConstraint("(status = 'returned') = (returned_at IS NOT NULL)", name="returned"),
    sa.CheckConstraint("status <> 'returned' OR line_id IS NOT NULL OR provider_id IS NOT NULL", name="proof"),
    sa.Index("ix_refund_status", "agency_id", "status", "id"),
    sa.Index("ix_refund_payment", "payment_id"),
    sa.Index("ix_refund_due", "due_id"),
    sa.Index("ix_refund_notice", "notice_id"),
    sa.Index("ix_refund_order", "order_id"),
    sa.Index("ix_refund_line", "line_id"),
    sa.Index("ix_refund_destination", "agency_id", "destination_digest", "requested_at"),
)

refund_part = sa.Table(
    "refund_part",
    metadata,
    sa.Column("refund_id", sa.Text, sa.ForeignKey("refund.id"), primary_key=True),
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notice.id"), primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),  # what approval set aside of this money
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.Index("ix_refund_part_notice", "notice_id"),
)

refund_order_row = sa.Table(
    "refund_order_row",
    metadata,
    sa.Column("order_id", sa.Text, sa.ForeignKey("refund_order.id"), primary_key=True),
    sa.Column("refund_id", sa.Text, sa.ForeignKey("refund.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint("refund_id", "attempt"),  # one attempt stands in one order
)

_BEYOND_DUE = (
    "(SELECT sum(r.amount) FROM refund r WHERE r.due_id = NEW.due_id AND r.status <> 'refused') "
    "> (SELECT d.amount FROM due d WHERE d.id = NEW.due_id)"
)


def _keep_within_due() -> None:
    """Beyond what a CHECK can see: all refunds of a due together. The due's row lock orders their writers."""
    for act in ("INSERT", "UPDATE"):
        _after_create(
            "sqlite",
            f"CREATE TRIGGER refund_within_due_{act.lower()} AFTER {act} ON refund WHEN {_BEYOND_DUE} "
            "BEGIN SELECT RAISE(ABORT, 'refunds exceed the due'); END",
        )
    _after_create(
        "postgresql",
        "CREATE OR REPLACE FUNCTION refund_within_due() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_BEYOND_DUE} THEN RAISE EXCEPTION 'refunds exceed the due' USING ERRCODE = '23514'; END IF; "
        "RETURN NULL; END $$",
    )
    _after_create(
        "postgresql",
        "CREATE TRIGGER refund_within_due AFTER INSERT OR UPDATE ON refund "
        "FOR EACH ROW EXECUTE FUNCTION refund_within_due()",
    )


def _after_create(dialect: str, statement: str) -> None:
    ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]
    sa.event.listen(refund, "after_create", ddl.execute_if(dialect=dialect))


_keep_within_due()


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund as it is kept. Amounts in đồng; who did what is in the audit trail too."""

    id: str
    agency_id: str
    fingerprint: str = field(repr=False)
    reference: str
    notice_id: str | None
    suspense_id: str | None
    due_id: str | None
    payment_id: str | None
    account: str = field(repr=False)
    amount: int
    reason_sealed: bytes = field(repr=False)
    ground: str
    receipt_ids: tuple[str, ...]
    destination_sealed: bytes = field(repr=False)
    destination_digest: str = field(repr=False)
    to_origin: bool
    status: RefundStatus
    attempt: int
    order_id: str | None
    requested_by: str
    requested_at: datetime
    endorsed_by: str | None
    approved_by: str | None
    approved_at: datetime | None
    ordered_at: datetime | None
    failed_at: datetime | None
    refused_at: datetime | None
    why: str | None
    returned_at: datetime | None
    line_id: str | None
    provider_id: str | None


_FIELDS = tuple(RefundRow.__dataclass_fields__)


def rows(connection: sa.Connection, query: sa.Select[Any]) -> list[RefundRow]:
    """Refunds chosen by `query` over the refund table."""
    return of_rows(connection.execute(query))


def of_rows(found: Iterable[sa.Row[Any]]) -> list[RefundRow]:
    """The same of rows that carry the table's columns beside others."""
    return [_row(row) for row in found]


def by_id(connection: sa.Connection, agency_id: str, refund_id: str) -> RefundRow:
    """One refund of the agency, or RefundMissing."""
    found = rows(connection, sa.select(refund).where(own(refund, agency_id), refund.c.id == refund_id))
    if not found:
        raise missing("refund_id")
    return found[0]


def by_key(connection: sa.Connection, agency_id: str, key: str) -> RefundRow | None:
    """The refund that was requested under this key."""
    found = rows(connection, sa.select(refund).where(own(refund, agency_id), refund.c.key == key))
    return found[0] if found else None


def page(
    connection: sa.Connection,
    agency_id: str,
    *,
    statuses: Collection[RefundStatus] = tuple(RefundStatus),
    after: str | None = None,
    limit: int = 50,
) -> list[RefundRow]:
    """The agency's refunds in these states by id, from `after` on: an officer's list of work."""
    query = sa.select(refund).where(own(refund, agency_id), refund.c.status.in_([s.value for s in statuses]))
    query = query.order_by(refund.c.id).limit(limit)
    return rows(connection, query.where(refund.c.id > after) if after else query)


def lock(connection: sa.Connection, agency_id: str, refund_ids: Collection[str]) -> list[RefundRow]:
    """These refunds as they are now, held until the end of the unit of work, in id order; RefundMissing for any."""
    wanted = sorted(set(refund_ids))
    chosen = sa.select(refund).where(own(refund, agency_id), refund.c.id.in_(wanted))
    found = rows(connection, chosen.order_by(refund.c.id).with_for_update())
    if len(found) != len(wanted):
        raise missing("refund_id")
    return found


def move(
    connection: sa.Connection, refund_ids: Sequence[str], event: RefundEvent, status: RefundStatus, **values: Any
) -> None:
    """Write what `follow` allowed; a row that another has moved meanwhile is a program error and stops the unit."""
    may = refund.c.status.in_([source.value for source in sources_of(event)])
    chosen = sa.update(refund).where(refund.c.id.in_(list(refund_ids)), may)
    moved = connection.execute(chosen.values(status=status.value, **values)).rowcount
    assert moved == len(refund_ids), f"{event.value}: {moved} of {len(refund_ids)} refunds moved"


def event_of(row: RefundRow, kind: str, **more: Any) -> Event:
    """What others may hear: ids, amount and the payer's word for the state. Subject: the payment where there is one."""
    body = {
        "refund_id": row.id,
        "payment_id": row.payment_id,
        "due_id": row.due_id,
        "amount": row.amount,
        "receipt_ids": list(row.receipt_ids),
        "state": OUTER[row.status],
    }
    return Event(row.agency_id, kind, row.payment_id or row.id, body | more)


def missing(name: str) -> RefundMissing:
    """The refusal for what is not there, or not this agency's."""
    return RefundMissing("Không tìm thấy yêu cầu hoàn trả.", "There is no such refund or source.", field=name)


def _row(row: sa.Row[Any]) -> RefundRow:
    values = {name: row._mapping[name] for name in _FIELDS}
    values["status"] = RefundStatus(values["status"])
    values["receipt_ids"] = tuple(json.loads(values["receipt_ids"]))
    return RefundRow(**values)
