"""The money has left: a debit line of the statement proves it, or the provider says so under its signature.

Only now suspended becomes returned. By line: refund_payable -> bank. By the provider's word: refund_payable -> what is
in transit with it, until a line or a settlement shows it. The same proof again changes nothing, another is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.model import REFUND_PAYABLE, UNEXPLAINED, Entry, in_transit, transfer
from gateway.ledger.post import post
from gateway.ledger.store import entry, posting
from gateway.settlement.refund import source, store
from gateway.settlement.refund.model import (
    TRANSITIONS,
    ByLine,
    ByProvider,
    ProofDiffers,
    RefundClosed,
    RefundEvent,
    RefundStatus,
    ReturnProof,
    follow,
)
from gateway.settlement.refund.store import RefundRow, refund, refund_part
from gateway.settlement.store import notice
from reconciliation.store import statement_line

RETURN = "return"  # kind of entry: once per line, or per refund the provider spoke of


def confirm_returned(uow: UnitOfWork, agency_id: str, refund_ids: Sequence[str], proof: ReturnProof) -> list[RefundRow]:
    """All of `refund_ids` left with this proof; a lump debit proves several.

    A line is one that was booked before, as a debit nobody could explain (`debits.explain` serves new lines); the
    correction names its entry. RefundClosed, ProofDiffers, RefundMissing.
    """
    rows = source.lock_refunds(uow.connection, agency_id, refund_ids)
    if isinstance(proof, ByProvider):
        _by_provider(uow, rows, proof)
    elif any(row.line_id != proof.line_id for row in rows):
        _by_booked_line(uow, rows, proof.line_id)
    return store.lock(uow.connection, agency_id, [row.id for row in rows])


def gone_with(uow: UnitOfWork, rows: Sequence[RefundRow], line_id: str) -> str | None:
    """These locked refunds left with this line: the ledger account it debits; None where their states say no."""
    if all(may_return(row) for row in rows):
        _mark(uow, rows, ByLine(line_id))
        return REFUND_PAYABLE
    if not all(_told_only(row) for row in rows):
        return None
    accounts = {_in_transit(uow.connection, row) for row in rows}
    if len(accounts) != 1:
        return None
    shown = sa.update(refund).where(refund.c.id.in_([row.id for row in rows])).values(line_id=line_id)
    uow.connection.execute(shown)
    return accounts.pop()


def may_return(row: RefundRow) -> bool:
    """Whether the money may be found to have left."""
    return RefundEvent.RETURNED in TRANSITIONS[row.status]


def _told_only(row: RefundRow) -> bool:
    """Returned by a provider's word; no line has shown it yet."""
    return row.status is RefundStatus.RETURNED and row.line_id is None


def _by_provider(uow: UnitOfWork, rows: Sequence[RefundRow], proof: ByProvider) -> None:
    if any(row.provider_id not in (None, proof.provider_id) for row in rows):
        raise _differs("provider_id", "Nhà cung cấp báo một lần hoàn khác.", "The provider told of another return.")
    late = [row.id for row in rows if row.status is RefundStatus.RETURNED and row.provider_id is None]
    if late:  # a line had shown it before
        told = sa.update(refund).where(refund.c.id.in_(late))
        uow.connection.execute(told.values(provider_id=proof.provider_id))
    new = [row for row in rows if row.status is not RefundStatus.RETURNED]
    for row in new:
        follow(row.status, RefundEvent.RETURNED)
    day = business_day(uow.now())
    owed = [(row, transfer(REFUND_PAYABLE, _in_transit(uow.connection, row), row.amount)) for row in new]
    post(uow, [Entry(row.agency_id, day, RETURN, row.id, pair) for row, pair in owed])
    if new:
        _mark(uow, new, proof)


def _by_booked_line(uow: UnitOfWork, rows: Sequence[RefundRow], line_id: str) -> None:
    agency_id = rows[0].agency_id
    line = _debit(uow.connection, agency_id, rows, line_id)
    corrects = _unexplained(uow.connection, agency_id, line.id)
    debit = gone_with(uow, rows, line.id)
    if debit is None:
        raise RefundClosed("Có khoản hoàn không chờ chi.", "One of the refunds is not waiting to leave.")
    pair = transfer(debit, UNEXPLAINED, line.amount)
    post(uow, [Entry(agency_id, line.booking_date, RETURN, line.id, pair, corrects)])


def _debit(connection: sa.Connection, agency_id: str, rows: Sequence[RefundRow], line_id: str) -> sa.Row[Any]:
    mine = (statement_line.c.owner == agency_id) & (statement_line.c.id == line_id)
    line = connection.execute(sa.select(statement_line).where(mine).with_for_update()).one_or_none()
    if line is None:
        raise store.missing("line_id")
    if line.direction != "DBIT" or line.amount != sum(row.amount for row in rows):
        raise _differs("line_id", "Dòng sao kê không đúng chiều hoặc số tiền.", "Not a debit of this amount.")
    taken = sa.select(refund.c.id).where(own(refund, agency_id), refund.c.line_id == line_id)
    if connection.execute(taken.limit(1)).first() is not None:
        raise _differs("line_id", "Dòng sao kê đã dùng cho khoản hoàn khác.", "The line proves another refund.")
    return line


def _unexplained(connection: sa.Connection, agency_id: str, line_id: str) -> str:
    """The entry that booked the line as a debit nobody could explain."""
    chosen = (
        sa.select(entry.c.id)
        .join(posting, posting.c.entry_id == entry.c.id)
        .where(own(entry, agency_id), entry.c.kind == "statement", entry.c.subject == line_id)
        .where(posting.c.account == UNEXPLAINED, posting.c.amount > 0)
    )
    found: str | None = connection.execute(chosen).scalar_one_or_none()
    if found is None:
        raise _differs("line_id", "Dòng sao kê đã được giải trình.", "The line is explained otherwise.")
    return found


def _mark(uow: UnitOfWork, rows: Sequence[RefundRow], proof: ReturnProof) -> None:
    """State and money of locked refunds; the ledger is the caller's."""
    ids, after = [row.id for row in rows], RefundStatus.RETURNED
    known = {"line_id": proof.line_id} if isinstance(proof, ByLine) else {"provider_id": proof.provider_id}
    store.move(uow.connection, ids, RefundEvent.RETURNED, after, returned_at=uow.now(), **known)
    _leave(uow.connection, ids)
    uow.emit(store.event_of(row, "refund.returned") for row in store.lock(uow.connection, rows[0].agency_id, ids))


def _leave(connection: sa.Connection, ids: Sequence[str]) -> None:
    """suspended -> returned. The CHECKs on `notice` stop what is not there."""
    total = sa.func.sum(refund_part.c.amount)
    chosen = sa.select(refund_part.c.notice_id, total).where(refund_part.c.refund_id.in_(list(ids)))
    parts = connection.execute(chosen.group_by(refund_part.c.notice_id).order_by(refund_part.c.notice_id)).all()
    by, money = sa.bindparam("b_amount", type_=sa.BigInteger), notice.c
    update = (
        sa.update(notice)
        .where(money.id == sa.bindparam("b_id"))
        .values(suspended=money.suspended - by, refunding=money.refunding - by, returned=money.returned + by)
    )
    connection.execute(update, [{"b_id": notice_id, "b_amount": int(amount)} for notice_id, amount in parts])


def _in_transit(connection: sa.Connection, row: RefundRow) -> str:
    """Where money returned by a provider's word stands until a line shows it."""
    name = sa.select(notice.c.connector).join(refund_part, refund_part.c.notice_id == notice.c.id)
    return in_transit(connection.execute(name.where(refund_part.c.refund_id == row.id).limit(1)).scalar_one())


def _differs(name: str, vi: str, en: str) -> ProofDiffers:
    return ProofDiffers(vi, en, field=name)
