"""Tell the tax office of an error that needs no new receipt: form 04/SS-CTĐT, as a record with its answer.

Thông tư 91/2026/TT-BTC, Điều 20: when name, address, words or other text are wrong but tax code and amount are right,
the payer is told, 04/SS-CTĐT is sent, and the receipt stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from receipts.amend import checked_reason
from receipts.model import Mint, NoticeKind, NoticeState, ReceiptError, Sealer, State
from receipts.store import NotSigned, ReceiptMissing, Row
from receipts.tables import error_notice, receipt


class NoticeMissing(ReceiptError):
    """There is no such notice."""

    kind = "missing"
    code = "receipt.notice_missing"


class NoticePointless(ReceiptError):
    """A replaced receipt needs no notice: its successor says what is right."""

    kind = "conflict"
    code = "receipt.already_replaced"


@dataclass(frozen=True, slots=True)
class ErrorNotice:
    """One row of 04/SS-CTĐT: the receipt by its identity, what is wrong in it, why, and what the office said."""

    id: str
    receipt_id: str
    form: str
    symbol: str
    number: int
    day: date
    kind: NoticeKind
    state: NoticeState
    sent_at: datetime
    sent_by: str
    answered_at: datetime | None
    text: str = field(repr=False)
    reason: str = field(repr=False)


def send(
    connection: sa.Connection,
    receipt_id: str,
    *,
    owner: str,
    kind: NoticeKind,
    text: str,
    reason: str,
    by: str,
    now: datetime,
    mint: Mint,
    sealer: Sealer,
) -> str:
    """Record a notice as sent; its id. Raises NoReason (also without a text), ReceiptMissing, NotSigned, NoticePointless."""
    said, why = checked_reason(text), checked_reason(reason)
    _refuse_unfit(connection, receipt_id, owner)
    notice_id = mint("ern")
    values = {
        "id": notice_id,
        "receipt_id": receipt_id,
        "kind": NoticeKind(kind),
        "text": sealer.seal(_place(notice_id, "text"), said.encode()),
        "reason": sealer.seal(_place(notice_id, "reason"), why.encode()),
        "state": NoticeState.SENT,
        "sent_at": now,
        "sent_by": by,
    }
    connection.execute(sa.insert(error_notice).values(**values))
    return notice_id


def answer(connection: sa.Connection, notice_id: str, *, accepted: bool, now: datetime) -> bool:
    """What the tax office said. False if it had answered before: the first answer stays. Raises NoticeMissing."""
    waiting = sa.and_(error_notice.c.id == notice_id, error_notice.c.state == NoticeState.SENT)
    state = NoticeState.ACCEPTED if accepted else NoticeState.REFUSED
    if connection.execute(sa.update(error_notice).where(waiting).values(state=state, answered_at=now)).rowcount:
        return True
    known = sa.select(sa.exists().where(error_notice.c.id == notice_id))
    if not connection.execute(known).scalar_one():
        raise NoticeMissing(f"no notice {notice_id}")
    return False


def of_receipt(connection: sa.Connection, receipt_id: str, sealer: Sealer) -> list[ErrorNotice]:
    """The notices about a receipt, in order of their ids."""
    query = (
        sa.select(error_notice, receipt.c.form, receipt.c.symbol, receipt.c.number, receipt.c.day)
        .join_from(error_notice, receipt)
        .where(error_notice.c.receipt_id == receipt_id)
        .order_by(error_notice.c.id)
    )
    return [_notice(row, sealer) for row in connection.execute(query)]


def _notice(row: Row, sealer: Sealer) -> ErrorNotice:
    texts = {name: sealer.unseal(_place(row.id, name), getattr(row, name)).decode() for name in ("text", "reason")}
    states = {"kind": NoticeKind(row.kind), "state": NoticeState(row.state)}
    return ErrorNotice(**{**row._mapping, **states, **texts})


def _refuse_unfit(connection: sa.Connection, receipt_id: str, owner: str) -> None:
    """A notice of a receipt that is being replaced waits for that and is then refused."""
    query = sa.select(receipt.c.state).where(receipt.c.id == receipt_id, receipt.c.owner == owner).with_for_update()
    state = connection.execute(query).scalar_one_or_none()
    if state is None:
        raise ReceiptMissing(f"no receipt {receipt_id}")
    if state == State.NUMBERED:
        raise NotSigned(f"receipt {receipt_id} is not signed yet")
    if state == State.REPLACED:
        raise NoticePointless(f"receipt {receipt_id} was replaced")


def _place(notice_id: str, column: str) -> str:
    return f"receipt_error_notice.{column}.{notice_id}"
