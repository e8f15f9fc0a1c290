"""Write down what a terminal said: each turn before the next act, the end with everything that follows from it.

An approval is a notice: it goes to the inbox (origin `terminal`) and settles like any other, once. From UNKNOWN nothing
is ever settled; the payment is in doubt until the sale has ended. Payment rows are locked before sales.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from connectors.contract import Notice, Outcome, Request
from connectors.stamp import business_day
from connectors.terminal.contract import ACQUIRER, CardSlip
from connectors.terminal.recovery import ENDED, UNDOING, Course, Phase
from gateway import agencies
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.terminal_store import UNFINISHED, SaleRow, SaleState, terminal_sale
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments import busy
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentEvent, PaymentStatus, follow, sources_of
from gateway.payments.store import PaymentRow, payment
from gateway.settlement.inbox import keep
from gateway.settlement.model import Reason
from gateway.settlement.store import suspense

ENDS = {
    Phase.APPROVED: SaleState.APPROVED,
    Phase.REFUSED: SaleState.REFUSED,
    Phase.NOT_REACHED: SaleState.REFUSED,
    Phase.REVERSED: SaleState.REVERSED,
}


def record_turn(uow: UnitOfWork, sale: SaleRow, course: Course) -> bool:
    """The next phase, before anything is done in it; False where another has taken the sale over or ended it."""
    money, now_there = _locked(uow, sale)
    if now_there.state not in UNFINISHED or now_there.attempt != sale.attempt:
        return False
    state = _state(course.phase)
    waits_for_file = course.phase is Phase.FILE
    store.change(
        uow.connection,
        now_there,
        state=state.value,
        phase=course.phase.value,
        tries=course.tries,
        next_at=None if waits_for_file else course.next_at,
        poi_transaction=course.poi_id,
        poi_time=course.poi_time,
        reason=course.said.reason if course.said else "",
        lease_until=None if waits_for_file else now_there.lease_until,
    )
    if state is not now_there.state:
        uow.emit([_event(now_there, state, "")])
    if state is not SaleState.ASKED:
        _doubt(uow, money)
    return True


def record_answer(uow: UnitOfWork, sale: SaleRow, course: Course) -> SaleRow:
    """How the sale ended; the sale as it is now. Told twice, it is written once.

    An approval that was seen before somebody else decided to reverse is not believed: the reversal tells.
    """
    assert course.phase in ENDED
    money, now_there = _locked(uow, sale)
    if now_there.state not in UNFINISHED:
        return _told_again(uow, now_there, course)
    if now_there.state is SaleState.REVERSING and now_there.attempt != sale.attempt:
        return now_there
    state = ENDS[course.phase]
    values: dict[str, Any] = {"state": state.value, "phase": course.phase.value, "tries": course.tries}
    values |= {
        "reason": course.said.reason if course.said else "",
        "next_at": None,
        "lease_until": None,
        "ended_at": uow.now(),
    }
    if state is SaleState.APPROVED:
        values |= _approved(uow, now_there, course)
    else:
        busy.free(uow, [sale.payment_id])
        _reopen(uow, money)
    ended = store.change(uow.connection, now_there, **values)
    uow.emit([_event(ended, state, ended.reason)])
    return ended


def decided_by_file(uow: UnitOfWork, sale: SaleRow, notice_key: str | None) -> None:
    """The acquirer's file has the last word: `notice_key` names the money it tells of; None: there is none."""
    money, now_there = _locked(uow, sale)
    if now_there.state not in UNFINISHED:
        return
    state = SaleState.APPROVED if notice_key else SaleState.REFUSED
    ended = {"state": state.value, "reason": "file", "next_at": None, "lease_until": None, "ended_at": uow.now()}
    store.change(uow.connection, now_there, **ended, notice_key=notice_key)
    if notice_key is None:
        busy.free(uow, [sale.payment_id])
        _reopen(uow, money)
    uow.emit([_event(now_there, state, "file")])


def _locked(uow: UnitOfWork, sale: SaleRow) -> tuple[PaymentRow, SaleRow]:
    (money,) = payments_store.lock(uow.connection, sale.agency_id, (), [sale.payment_id])
    mine = own(terminal_sale, sale.agency_id) & (terminal_sale.c.id == sale.id)
    return money, store.sales(uow.connection, mine, lock=True)[0]


def _state(phase: Phase) -> SaleState:
    if phase in UNDOING:
        return SaleState.REVERSING
    return SaleState.UNKNOWN if phase in (Phase.STOPPING, Phase.LAST_LOOK) else SaleState.ASKED


def _approved(uow: UnitOfWork, sale: SaleRow, course: Course) -> dict[str, Any]:
    said = course.said
    assert said is not None and said.amount is not None
    slip = said.slip or CardSlip()
    _keep(uow, sale, said.amount, slip, said.poi_id, said.message)
    return {
        **asdict(slip),
        "authorised": said.amount,
        "poi_transaction": said.poi_id,
        "poi_time": said.poi_time,
        "notice_key": notice_key(sale),
    }


def _told_again(uow: UnitOfWork, sale: SaleRow, course: Course) -> SaleRow:
    """A second telling of an approval counts as a copy of the first; one that differs is an alarm (`inbox`)."""
    said = course.said
    if sale.state is SaleState.APPROVED and sale.reason != "file" and course.phase is Phase.APPROVED and said:
        _keep(uow, sale, said.amount or 0, said.slip or CardSlip(), said.poi_id, said.message)
    return sale


def notice_key(sale: SaleRow) -> str:
    """Under which an approval stands in the inbox."""
    return f"{sale.terminal_id}:{sale.service_id}"


def _keep(uow: UnitOfWork, sale: SaleRow, amount: int, slip: CardSlip, poi_id: str, message: bytes) -> None:
    chosen = store.terminal_by_id(uow.connection, sale.terminal_id)
    account = agencies.account_by_id(uow.connection, chosen.account_id)
    notice = notice_of(
        notice_key(sale), amount, account.number, sale.reference, slip.rrn or notice_key(sale), uow, poi_id
    )
    request = Request("POST", "/nexo", message, {"content-type": "application/json"})
    keep(uow, sale.agency_id, ACQUIRER + chosen.acquirer, request, notice, origin="terminal")


def notice_of(
    key: str, amount: int, account: str, reference: str, bank_reference: str, uow: UnitOfWork, more: str = ""
) -> Notice:
    """Money an acquirer owes, as the settlement is told of it."""
    relied_on = [key, amount, account, reference, bank_reference, more]
    return Notice(
        event_id=key,
        fingerprint=hashlib.sha256(json.dumps(relied_on).encode()).hexdigest(),
        outcome=Outcome.PAID,
        amount=amount,
        currency="VND",
        direction="CRDT",
        account=account,
        memo="",
        order_code=reference,
        bank_reference=bank_reference,
        booked_on=business_day(uow.now()),
        occurred_at=uow.now(),
    )


def _doubt(uow: UnitOfWork, money: PaymentRow) -> None:
    if money.status in sources_of(PaymentEvent.DOUBTED) - {PaymentStatus.UNKNOWN}:
        _move(uow, money, follow(money.status, PaymentEvent.DOUBTED))


def _reopen(uow: UnitOfWork, money: PaymentRow) -> None:
    """No money after all; unless something else keeps the payment in doubt it may be paid again."""
    if money.status is PaymentStatus.UNKNOWN and not _other_doubt(uow.connection, money):
        _move(uow, money, follow(money.status, PaymentEvent.REOPENED))


def _other_doubt(connection: sa.Connection, money: PaymentRow) -> bool:
    held = own(suspense, money.agency_id) & (suspense.c.payment_id == money.id) & suspense.c.closed_at.is_(None)
    query = sa.select(suspense.c.id).where(held, suspense.c.reason != Reason.UNDER.value).limit(1)
    return connection.execute(query).first() is not None


def _move(uow: UnitOfWork, money: PaymentRow, status: PaymentStatus) -> None:
    uow.connection.execute(sa.update(payment).where(payment.c.id == money.id).values(status=status.value))


def _event(sale: SaleRow, state: SaleState, reason: str) -> Event:
    body = {"sale": sale.id, "state": state.value, "reason": reason, "amount": sale.amount}
    return Event(sale.agency_id, f"terminal.{state.value}", sale.payment_id, body)
