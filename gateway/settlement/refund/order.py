"""Payment orders for refunds (lệnh chi hoàn trả): the approved ones of one account together, as a list for the bank.

The order's reference stands for all of its rows, a row's own for one; a debit line may name either.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from connectors.reference import make
from gateway.access import own
from gateway.kernel.uow import UnitOfWork
from gateway.kernel.vault import Vault
from gateway.payments.store import payment
from gateway.settlement.refund import destination, source, store, way
from gateway.settlement.refund.model import Destination, RefundEvent, RefundStatus, follow
from gateway.settlement.refund.store import RefundRow, refund, refund_order, refund_order_row

MOST = 500  # rows of one order

HEADINGS = ("stt", "so_tham_chieu", "ngan_hang_nhan", "so_tai_khoan_nhan", "ten_nguoi_nhan", "so_tien", "noi_dung")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One transfer to make. Names a person."""

    refund_id: str
    reference: str
    destination: Destination = field(repr=False)
    amount: int  # đồng
    memo: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A payment order; `account` is ours. Amounts in đồng."""

    id: str
    reference: str
    account: str = field(repr=False)
    total: int
    ordered_by: str
    ordered_at: datetime
    lines: tuple[OrderLine, ...]


def collect(uow: UnitOfWork, agency_id: str, *, most: int = MOST) -> list[RefundOrder]:
    """Order the agency's approved refunds, oldest first, one order per account of ours; failed ones are left alone, and
    so are those that a provider sends back (`execute`)."""
    waiting = own(refund, agency_id) & (refund.c.status == RefundStatus.APPROVED.value)
    ids = list(uow.connection.scalars(sa.select(refund.c.id).where(waiting).order_by(refund.c.id).limit(most)))
    held = source.lock_refunds(uow.connection, agency_id, ids) if ids else []
    provided = way.by_provider(uow.connection, held)
    return draw_up(uow, agency_id, [r for r in held if r.status is RefundStatus.APPROVED and r.id not in provided])


def draw_up(uow: UnitOfWork, agency_id: str, rows: Sequence[RefundRow]) -> list[RefundOrder]:
    """Locked refunds become orders; each for its next attempt. RefundClosed."""
    accounts: dict[str, list[RefundRow]] = {}
    for row in rows:
        follow(row.status, RefundEvent.ORDERED)
        accounts.setdefault(row.account, []).append(row)
    return [_draw_up(uow, agency_id, account, those) for account, those in accounts.items()]


def read(connection: sa.Connection, vault: Vault, agency_id: str, order_id: str) -> RefundOrder:
    """An order with its transfers in their order; RefundMissing."""
    chosen = own(refund_order, agency_id) & (refund_order.c.id == order_id)
    head = connection.execute(sa.select(refund_order).where(chosen)).one_or_none()
    if head is None:
        raise store.missing("order_id")
    query = (
        sa.select(refund, payment.c.reference.label("paid_under"))
        .join(refund_order_row, refund_order_row.c.refund_id == refund.c.id)
        .outerjoin(payment, payment.c.id == refund.c.payment_id)
        .where(own(refund, agency_id), refund_order_row.c.order_id == order_id)
        .order_by(refund_order_row.c.position)
    )
    found = list(connection.execute(query))
    rows = store.of_rows(found)
    lines = [_line(vault, row, one.paid_under) for row, one in zip(rows, found, strict=True)]
    return RefundOrder(
        head.id, head.reference, head.account, head.total, head.ordered_by, head.ordered_at, tuple(lines)
    )


def as_csv(order: RefundOrder) -> str:
    """The list as a spreadsheet opens it: UTF-8 text; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for number, line in enumerate(order.lines, 1):
        to = line.destination
        writer.writerow(
            [number, line.reference, *map(_cell, (to.bank, to.account, to.holder)), line.amount, _cell(line.memo)]
        )
    return out.getvalue()


def _draw_up(uow: UnitOfWork, agency_id: str, account: str, rows: Sequence[RefundRow]) -> RefundOrder:
    order_id, now = uow.mint("rfo"), uow.now()
    head = {
        "id": order_id,
        "agency_id": agency_id,
        "reference": make(uow.ids.below),
        "account": account,
        "total": sum(row.amount for row in rows),
        "ordered_by": uow.actor,
        "ordered_at": now,
    }
    uow.connection.execute(sa.insert(refund_order).values(**head))
    listed = [
        {"order_id": order_id, "refund_id": row.id, "attempt": row.attempt + 1, "position": n}
        for n, row in enumerate(rows, 1)
    ]
    uow.connection.execute(sa.insert(refund_order_row), listed)
    store.move(
        uow.connection,
        [row.id for row in rows],
        RefundEvent.ORDERED,
        RefundStatus.ORDERED,
        attempt=refund.c.attempt + 1,
        order_id=order_id,
        ordered_at=now,
    )
    ordered = store.lock(uow.connection, agency_id, [row.id for row in rows])
    uow.emit(store.event_of(row, "refund.ordered", order_id=order_id, attempt=row.attempt) for row in ordered)
    return read(uow.connection, uow.vault, agency_id, order_id)


def _line(vault: Vault, row: RefundRow, paid_under: str | None) -> OrderLine:
    """The memo names the refund, and the payment it belongs to, by which reconciliation knows it."""
    memo = " ".join(["HOAN TRA", row.reference, *([paid_under] if paid_under else [])])
    return OrderLine(row.id, row.reference, destination.read(vault, row), row.amount, memo)


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
