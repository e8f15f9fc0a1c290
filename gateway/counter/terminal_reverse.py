"""Have an approved card sale reversed at its terminal before the batch is settled: one officer asks, another agrees.

Nothing is sent here: the worker does that (`terminal_reverse_lane`). The receipt stays as it is, for the law knows no
cancel (Thông tư 91/2026/TT-BTC, Điều 20): once the terminal has reversed, a refund that names the receipts stands in the
books, the due stays paid by the sale that went back, and a task has a person decide about the paper.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing.bank_files import settlement_row
from gateway.counter import terminal_store as store
from gateway.counter.terminal_store import SaleRow, SaleState, terminal_sale
from gateway.counter.terminal_tables import LIVE, ReversalState, terminal_reversal, terminal_totals
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentMissing
from gateway.settlement.refund.store import refund
from gateway.settlement.store import inbox, notice

LONGEST = 500


class NotReversible(Conflict):
    """The terminal cannot reverse this sale any more: not approved there, another day's, in a settled batch, or its
    money has begun to go back otherwise. Use a refund. `facts["why"]`: not_approved, day, batch, refund, booking."""

    code = "terminal.not_reversible"


class ReversalOpen(Conflict):
    """It was asked for before, or is done."""

    code = "terminal.reversal_open"


class ReversalMissing(Missing):
    """Nobody has asked for this sale to be reversed, or it was decided before."""

    code = "terminal.no_reversal"


class ReasonMissing(Invalid):
    """Nothing is reversed without a reason."""

    code = "terminal.reversal_reason"


class SamePerson(Conflict):
    """Who asked does not agree."""

    code = "terminal.same_person"


def ask_reverse(uow: UnitOfWork, agency_id: str, payment_id: str, reason: str) -> str:
    """`uow.actor` asks that the card sale of a paid payment go back; the id of the sale, which `agree_reverse` names.

    ReasonMissing, PaymentMissing, SaleMissing, NotReversible, ReversalOpen.
    """
    if not reason.strip():
        raise ReasonMissing("Hãy ghi lý do.", "Say why.", field="reason")
    sale = _locked(uow, agency_id, payment_id)
    refuse_irreversible(uow, sale)
    row = {
        "id": uow.mint("trv"),
        "agency_id": agency_id,
        "sale_id": sale.id,
        "payment_id": payment_id,
        "reason": reason.strip()[:LONGEST],
        "state": ReversalState.ASKED.value,
        "asked_by": uow.actor,
        "asked_at": uow.now(),
        "tries": 0,
        "attempt": 0,
        "result": "",
    }
    if not insert_if_new(uow.connection, terminal_reversal, row):
        raise ReversalOpen("Khoản này đã được đề nghị hủy ở máy POS.", "This was asked for before.", field="payment_id")
    uow.emit([event(agency_id, payment_id, "terminal.reversal_asked", sale.id, reason=row["reason"])])
    return sale.id


def agree_reverse(uow: UnitOfWork, agency_id: str, sale_id: str) -> None:
    """Another officer (`uow.actor`) agrees; the worker then asks the terminal. Agreed twice by the same, it is once.

    SamePerson, ReversalMissing, NotReversible (the day or the batch has ended meanwhile).
    """
    sale, row = _asked(uow, agency_id, sale_id)
    if row.state == ReversalState.AGREED and row.decided_by == uow.actor:
        return
    _second(uow, row)
    refuse_irreversible(uow, sale)
    _decide(uow, row, ReversalState.AGREED, next_at=uow.now())


def decline_reverse(uow: UnitOfWork, agency_id: str, sale_id: str) -> None:
    """Another officer (`uow.actor`) says no: nothing was sent, it may be asked for again. SamePerson, ReversalMissing."""
    _, row = _asked(uow, agency_id, sale_id)
    _second(uow, row)
    _decide(uow, row, ReversalState.DECLINED, ended_at=uow.now())


def reversal_of(connection: sa.Connection, agency_id: str, payment_id: str) -> sa.Row[Any] | None:
    """The last reversal asked for at this payment, as it stands (columns of `terminal_reversal`)."""
    mine = own(terminal_reversal, agency_id) & (terminal_reversal.c.payment_id == payment_id)
    query = sa.select(terminal_reversal).where(mine).order_by(terminal_reversal.c.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def asked(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """What waits for a second officer, oldest first."""
    mine = own(terminal_reversal, agency_id) & (terminal_reversal.c.state == ReversalState.ASKED.value)
    return list(connection.execute(sa.select(terminal_reversal).where(mine).order_by(terminal_reversal.c.id)))


def went_back(connection: sa.Connection, payment_ids: Collection[str] | sa.Select[Any]) -> dict[str, int]:
    """Payment id -> đồng that its terminal took and gave back: what a shift's card total is less than its approvals."""
    chosen = terminal_reversal.c.payment_id.in_(
        payment_ids if isinstance(payment_ids, sa.Select) else sorted(payment_ids)
    )
    query = (
        sa.select(terminal_sale.c.payment_id, sa.func.sum(terminal_sale.c.authorised))
        .join(terminal_reversal, terminal_reversal.c.sale_id == terminal_sale.c.id)
        .where(chosen, terminal_reversal.c.state == ReversalState.REVERSED.value)
        .group_by(terminal_sale.c.payment_id)
    )
    return {payment_id: int(amount) for payment_id, amount in connection.execute(query)}


def refuse_irreversible(uow: UnitOfWork, sale: SaleRow) -> None:
    """The rule of what a terminal may still be asked to reverse. Raises NotReversible."""
    ended = sale.ended_at
    if sale.state is not SaleState.APPROVED or not sale.poi_transaction or ended is None:
        raise _not("not_approved", "Máy POS không giữ khoản này.", "The terminal has no such sale.")
    if business_day(ended) != business_day(uow.now()):
        raise _not("day", "Chỉ hủy được ở máy POS trong ngày; sau đó dùng hoàn tiền.", "Another day's sale: refund it.")
    if in_settled_batch(uow.connection, sale):
        raise _not("batch", "Phiên của máy POS đã kết toán; dùng hoàn tiền.", "Its batch is settled: refund it.")
    if _refunded(uow.connection, sale):
        raise _not("refund", "Khoản này đang được hoàn trả.", "A refund of this money is under way.")
    if money_of(uow.connection, sale) is None:
        raise _not("booking", "Khoản này đang được ghi sổ, thử lại sau.", "The sale is being booked: in a moment.")


def money_of(connection: sa.Connection, sale: SaleRow) -> sa.Row[Any] | None:
    """The money of an approved sale as the settlement keeps it (`notice`), once it is booked."""
    booked = sa.select(notice).join(inbox, inbox.c.id == notice.c.id)
    mine = own(inbox, sale.agency_id) & (inbox.c.event_key == sale.notice_key) & (inbox.c.origin == "terminal")
    return connection.execute(booked.where(mine, own(notice, sale.agency_id))).one_or_none()


def in_settled_batch(connection: sa.Connection, sale: SaleRow) -> bool:
    """Whether its batch was closed, or may have been, or the acquirer's file or a statement line holds it."""
    closed = (terminal_totals.c.terminal_id == sale.terminal_id) & terminal_totals.c.closes
    after = (terminal_totals.c.asked_at >= sale.ended_at) & (terminal_totals.c.state != "not_sent")
    filed = own(settlement_row, sale.agency_id) & (settlement_row.c.reference == sale.reference)
    found = sa.select(sa.literal(1)).where(
        sa.or_(
            sa.exists().where(closed, after),
            sa.exists().where(filed, settlement_row.c.gross > 0),
        )
    )
    return connection.execute(found).first() is not None


def event(agency_id: str, payment_id: str, kind: str, sale_id: str, **more: object) -> Event:
    """What others hear of a reversal; the subject is the payment."""
    return Event(agency_id, kind, payment_id, {"sale": sale_id} | more)


def _locked(uow: UnitOfWork, agency_id: str, payment_id: str) -> SaleRow:
    if not payments_store.lock(uow.connection, agency_id, (), [payment_id]):
        raise PaymentMissing("Không tìm thấy lệnh thanh toán.", "There is no such payment.", field="payment_id")
    sale = store.latest(uow.connection, agency_id, payment_id)
    return store.sales(uow.connection, terminal_sale.c.id == sale.id, lock=True)[0]


def _asked(uow: UnitOfWork, agency_id: str, sale_id: str) -> tuple[SaleRow, sa.Row[Any]]:
    found = store.sales(uow.connection, own(terminal_sale, agency_id) & (terminal_sale.c.id == sale_id))
    if not found:
        raise _missing()
    sale = _locked(uow, agency_id, found[0].payment_id)
    live = (terminal_reversal.c.sale_id == sale_id) & terminal_reversal.c.state.in_([state.value for state in LIVE])
    query = sa.select(terminal_reversal).where(own(terminal_reversal, agency_id), live).with_for_update()
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise _missing()
    return sale, row


def _second(uow: UnitOfWork, row: sa.Row[Any]) -> None:
    if row.state != ReversalState.ASKED:
        raise _missing()
    if row.asked_by == uow.actor:
        raise SamePerson("Người đề nghị không tự duyệt.", "Another officer has to decide.")


def _decide(uow: UnitOfWork, row: sa.Row[Any], state: ReversalState, **more: Any) -> None:
    values = {"state": state.value, "decided_by": uow.actor, "decided_at": uow.now()} | more
    mine = terminal_reversal.c.id == row.id
    uow.connection.execute(sa.update(terminal_reversal).where(mine).values(**values))
    uow.emit([event(row.agency_id, row.payment_id, f"terminal.reversal_{state.value}", row.sale_id)])


def _refunded(connection: sa.Connection, sale: SaleRow) -> bool:
    mine = own(refund, sale.agency_id) & (refund.c.payment_id == sale.payment_id) & (refund.c.status != "refused")
    return connection.execute(sa.select(refund.c.id).where(mine).limit(1)).first() is not None


def _missing() -> ReversalMissing:
    return ReversalMissing("Không có đề nghị hủy nào chờ duyệt.", "No reversal waits for a decision.", field="sale")


def _not(why: str, vi: str, en: str) -> NotReversible:
    return NotReversible(vi, en, field="payment_id", why=why)
