"""Set money aside for an approved refund, and give it back where it was: suspense and payment, money, ledger together.

The money stays suspended in `notice` (a settled due's becomes so) until it has left; in the ledger it is owed:
suspense or the fee's account -> refund_payable. A task ends with its whole amount, what is left gets a task of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.model import REFUND_PAYABLE, SUSPENSE, Entry, collected, transfer
from gateway.ledger.post import post
from gateway.ledger.store import entry, posting
from gateway.payments.model import PAID, PaymentEvent, PaymentStatus, follow
from gateway.payments.store import PaymentRow, payment
from gateway.settlement.model import HELD, Reason
from gateway.settlement.refund import way
from gateway.settlement.refund.model import NotProven
from gateway.settlement.refund.source import Money, Source
from gateway.settlement.refund.store import RefundRow, refund_part
from gateway.settlement.store import notice, suspense

ASIDE, UNDONE = "refund", "refund_undone"  # kinds of entry; each happens once per refund


def proven_parts(row: RefundRow, found: Source) -> dict[str, int]:
    """How much of which money; only what a statement line has shown, or what its provider gives back itself. NotProven."""
    left, parts = row.amount, {}
    provided = row.to_origin and way.taken_by_provider(found.money)
    for item in found.money:
        there = item.settled if found.due else row.amount
        part = min(left, there) if provided or item.line_id is not None else 0
        if part:
            parts[item.id] = part
            left -= part
    if left:
        raise NotProven(
            "Tiền chưa có trên sao kê nên chưa thể duyệt hoàn.",
            "No statement line shows yet that the money came, so it cannot be approved to leave.",
        )
    return parts


def set_aside(uow: UnitOfWork, row: RefundRow, found: Source, parts: Mapping[str, int]) -> None:
    """In the caller's transaction, on locked rows."""
    kept = [{"refund_id": row.id, "notice_id": money_id, "amount": amount} for money_id, amount in parts.items()]
    uow.connection.execute(sa.insert(refund_part), kept)
    _shift(uow.connection, parts, settled=found.due is not None, sign=1)
    if found.due is None:
        _end_task(uow, row, found)
    debit = collected(found.due.fee_code) if found.due else SUSPENSE
    corrects = _settling_entry(uow.connection, row.agency_id, found, debit) if found.due else None
    day = business_day(uow.now())
    pair = transfer(debit, REFUND_PAYABLE, row.amount)
    post(uow, [Entry(row.agency_id, day, ASIDE, row.id, pair, corrects)])


def give_back(uow: UnitOfWork, row: RefundRow, found: Source) -> None:
    """The money of a refused refund is again where approval found it; the entry names the one it undoes."""
    parts = parts_of(uow.connection, row.id)
    _shift(uow.connection, parts, settled=row.due_id is not None, sign=-1)
    if row.due_id is None:
        _reopen_task(uow, row, found)
    first = entry.c.kind == ASIDE, entry.c.subject == row.id
    undone = uow.connection.execute(sa.select(entry.c.id).where(own(entry, row.agency_id), *first)).scalar_one()
    lines = sa.select(posting.c.account, posting.c.amount).where(posting.c.entry_id == undone)
    (debit,) = [account for account, amount in uow.connection.execute(lines) if amount > 0]
    pair = transfer(REFUND_PAYABLE, debit, row.amount)
    post(uow, [Entry(row.agency_id, business_day(uow.now()), UNDONE, row.id, pair, undone)])


def parts_of(connection: sa.Connection, refund_id: str) -> dict[str, int]:
    """What approval set aside, by notice."""
    chosen = sa.select(refund_part.c.notice_id, refund_part.c.amount).where(refund_part.c.refund_id == refund_id)
    return {row.notice_id: row.amount for row in connection.execute(chosen.order_by(refund_part.c.notice_id))}


def _shift(connection: sa.Connection, parts: Mapping[str, int], *, settled: bool, sign: int) -> None:
    """Into what is set aside, or out of it. The CHECKs on `notice` stop what is not there."""
    by = sa.bindparam("b_amount", type_=sa.BigInteger)
    values: dict[str, Any] = {"refunding": notice.c.refunding + by}
    if settled:
        values |= {"suspended": notice.c.suspended + by, "settled": notice.c.settled - by}
    update = sa.update(notice).where(notice.c.id == sa.bindparam("b_id")).values(**values)
    connection.execute(update, [{"b_id": i, "b_amount": sign * amount} for i, amount in sorted(parts.items())])


def _end_task(uow: UnitOfWork, row: RefundRow, found: Source) -> None:
    assert found.task is not None
    _close(uow, found.task, "refund")
    if left := found.task.amount - row.amount:
        _open(uow, found.task, left, Reason(found.task.reason))
    reason = Reason(found.task.reason)
    if found.payment is not None and reason in HELD and found.payment.status not in PAID:
        _hold(uow.connection, found.payment, -row.amount, reason)


def _reopen_task(uow: UnitOfWork, row: RefundRow, found: Source) -> None:
    """Beside what is left of it, as one task; for a payment that has been paid meanwhile it is surplus."""
    chosen = sa.select(suspense).where(own(suspense, row.agency_id), suspense.c.id == row.suspense_id)
    ended = uow.connection.execute(chosen).one()
    amount = row.amount
    if found.task is not None and found.task.reason == ended.reason:
        _close(uow, found.task, "replaced")
        amount += found.task.amount
    reason, meant_for = Reason(ended.reason), found.payment
    if meant_for is None or reason not in HELD:
        _open(uow, ended, amount, reason)
    elif meant_for.status in PAID:
        _open(uow, ended, amount, Reason.DUPLICATE)
    else:
        _open(uow, ended, amount, reason)
        _hold(uow.connection, meant_for, row.amount, reason)


def _hold(connection: sa.Connection, meant_for: PaymentRow, amount: int, reason: Reason) -> None:
    """More or less money is held for an unpaid payment, which is in doubt while more of the same would not help it."""
    status = meant_for.status
    if reason is not Reason.UNDER:
        doubtful = _in_doubt(connection, meant_for.id)
        if doubtful and status is not PaymentStatus.UNKNOWN:
            status = follow(status, PaymentEvent.DOUBTED)
        elif not doubtful and status is PaymentStatus.UNKNOWN:
            status = follow(status, PaymentEvent.REOPENED)
    changed = sa.update(payment).where(payment.c.id == meant_for.id)
    connection.execute(changed.values(received=payment.c.received + amount, status=status.value))


def _in_doubt(connection: sa.Connection, payment_id: str) -> bool:
    doubtful = [reason.value for reason in HELD - {Reason.UNDER}]
    held = (suspense.c.payment_id == payment_id) & suspense.c.closed_at.is_(None) & suspense.c.reason.in_(doubtful)
    return connection.execute(sa.select(suspense.c.id).where(held).limit(1)).first() is not None


def _close(uow: UnitOfWork, task: Money, outcome: str) -> None:
    closed = sa.update(suspense).where(suspense.c.id == task.id, suspense.c.closed_at.is_(None))
    uow.connection.execute(closed.values(closed_at=uow.now(), outcome=outcome))


def _open(uow: UnitOfWork, like: Money, amount: int, reason: Reason) -> None:
    row = {
        "id": uow.mint("sus"),
        "agency_id": like.agency_id,
        "notice_id": like.notice_id,
        "payment_id": like.payment_id,
        "amount": amount,
        "reason": reason.value,
        "opened_at": uow.now(),
    }
    uow.connection.execute(sa.insert(suspense).values(**row))


def _settling_entry(connection: sa.Connection, agency_id: str, found: Source, account: str) -> str | None:
    """The entry that booked the due as collected: the one a refund corrects."""
    subjects = [i for item in found.money for i in (item.id, item.line_id) if i]
    chosen = (
        sa.select(sa.func.max(entry.c.id))
        .join(posting, posting.c.entry_id == entry.c.id)
        .where(own(entry, agency_id), entry.c.kind == "notice", entry.c.subject.in_(subjects))
        .where(posting.c.account == account)
    )
    booked: str | None = connection.execute(chosen).scalar_one()
    return booked
