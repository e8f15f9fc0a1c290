"""Take cash for a payment: an officer's word in an open shift, kept like any notice and settled like any notice.

The money is in transit under `cash` until the bank's statement shows the deposit. Nothing but exactly the sum asked is
taken; what is given over it goes back over the counter as change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from connectors.cash import CASH
from connectors.contract import Notice, Outcome, Request
from gateway import agencies
from gateway.counter import cash_count
from gateway.counter.cash_store import cash_take
from gateway.counter.shift_store import Shift, require_shift
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Invalid
from gateway.kernel.money import dong
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.officers.model import Officer, Role
from gateway.payments import busy
from gateway.payments import store as payments_store
from gateway.payments.channels import allows_cash
from gateway.payments.model import PAID, ChannelNotSet, PaymentClosed, PaymentMissing, PaymentStatus
from gateway.payments.store import PaymentRow
from gateway.settlement.inbox import keep


class NotForCash(Conflict):
    """The payment was begun on another channel, or no longer asks this amount: begin a new one."""

    code = "cash.payment"


class TooLittle(Invalid):
    """The payer has given less than is asked: all of it, or another way to pay."""

    code = "cash.too_little"


def take(
    uow: UnitOfWork,
    officer: Officer,
    agency_id: str,
    payment_id: str,
    tendered: int,
    counts: Mapping[int, int] | None = None,
) -> int:
    """Take what is left of a payment of channel `cash` of any agency that allows it; the change to give back, đồng.

    `counts` are the notes given, where they were counted. Raises RoleMissing, NoShift, PaymentMissing, PaymentClosed,
    NotForCash, ChannelNotSet, DueBusy, TooLittle, CountInvalid.
    """
    officer.need(Role.COUNTER)
    worked = require_shift(uow.connection, officer.agency, officer.id)
    money, amount = _asked(uow, agency_id, payment_id)
    if counts and cash_count.total(counts) != tendered:
        raise TooLittle("Số tờ không khớp số tiền khách đưa.", "The notes differ from the sum.", field="tendered")
    if tendered < amount:
        raise TooLittle(
            f"Còn thiếu {dong(amount - tendered)}.", f"{amount - tendered} đồng are missing.", field="tendered"
        )
    row = _row(uow, worked, money, amount, tendered, counts or {})
    if not insert_if_new(uow.connection, cash_take, row):
        raise PaymentClosed("Khoản này đã thu tiền mặt.", "Cash was taken for this payment.", status="paid")
    _tell(uow, officer, worked, money, row)
    return tendered - amount


def _asked(uow: UnitOfWork, agency_id: str, payment_id: str) -> tuple[PaymentRow, int]:
    found = payments_store.lock(uow.connection, agency_id, (), [payment_id])
    if not found:
        raise PaymentMissing("Không tìm thấy lệnh thanh toán.", "There is no such payment.")
    (money,) = found
    if money.channel != CASH:
        raise NotForCash("Lệnh này không thu tiền mặt.", "The payment is not for cash.", field="payment_id")
    if money.status in PAID:
        raise PaymentClosed("Lệnh thanh toán đã có tiền.", "The payment is paid.", status=money.status.value)
    if not allows_cash(uow.connection, uow, agency_id):
        raise ChannelNotSet("Cơ quan thu không nhận tiền mặt.", "The agency takes no cash.", field="channel")
    dues = dues_store.lock_dues(uow.connection, payments_store.due_ids(uow.connection, [money.id])[money.id])
    busy.refuse_busy(busy.busy(uow.connection, [due.id for due in dues]), dues)
    stale = money.status is PaymentStatus.UNKNOWN or sum(due.amount for due in dues) != money.amount
    if stale or any(due.status is not DueStatus.OPEN for due in dues):
        raise NotForCash(
            "Khoản phải nộp đã thay đổi; lập lệnh thanh toán mới.",
            "The dues have changed; begin a new payment.",
            field="payment_id",
        )
    return money, money.amount - money.received


def _row(
    uow: UnitOfWork, worked: Shift, money: PaymentRow, amount: int, tendered: int, counts: Mapping[int, int]
) -> dict[str, Any]:
    return {
        "id": uow.mint("csh"),
        "agency_id": worked.agency_id,
        "collects_for": money.agency_id,
        "shift_id": worked.id,
        "payment_id": money.id,
        "account_id": money.account_id,
        "amount": amount,
        "tendered": tendered,
        "counts": json.dumps(cash_count.kept(counts)),
        "taken_at": uow.now(),
        "taken_by": uow.actor,
    }


def _tell(uow: UnitOfWork, officer: Officer, worked: Shift, money: PaymentRow, row: Mapping[str, Any]) -> None:
    """Into the inbox, in this transaction: the worker settles it."""
    said = {"take": row["id"], "amount": row["amount"], "tendered": row["tendered"], "shift": worked.id}
    said |= {"officer": officer.id, "role": Role.COUNTER.value, "counter": worked.counter.name}
    body = json.dumps(said, sort_keys=True).encode()
    account = agencies.account_by_id(uow.connection, money.account_id)
    notice = Notice(
        event_id=row["id"],
        fingerprint=hashlib.sha256(body).hexdigest(),
        outcome=Outcome.PAID,
        amount=row["amount"],
        currency="VND",
        direction="CRDT",
        account=account.number,
        memo="",
        order_code=money.reference,
        bank_reference=row["id"],
        booked_on=business_day(uow.now()),
        occurred_at=uow.now(),
    )
    keep(uow, money.agency_id, CASH, Request("POST", "/counter/cash", body), notice)
    uow.emit([Event(money.agency_id, "cash.taken", money.id, said)])
