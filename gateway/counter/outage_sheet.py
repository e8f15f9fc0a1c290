"""The outage sheet: sales on a stand-alone POS while the system was away, entered later and believed only when proven.

A slip parks its dues (nobody is charged twice) and its payment is in doubt. The acquirer's settlement file decides: a row
with the slip's retrieval reference and approval code and exactly its amount is money, and settles as a terminal's notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.contract import Request
from connectors.terminal.contract import ACQUIRER
from gateway import agencies
from gateway.access import own
from gateway.closing.bank_files import settlement_row
from gateway.counter import terminal_store
from gateway.counter.cash_store import outage_slip
from gateway.counter.shift_store import require_shift, visit
from gateway.counter.terminal_record import notice_of
from gateway.dues import store as dues_store
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.officers.model import Officer, Role
from gateway.payments import busy
from gateway.payments import store as payments_store
from gateway.payments.model import POS, PaymentEvent, PaymentStatus, follow
from gateway.payments.start import StartRequest, start
from gateway.payments.store import payment
from gateway.settlement.inbox import keep

OLDEST = timedelta(days=10)
_RRN, _APPROVAL, _TERMINAL = (
    re.compile(r"[0-9A-Z]{6,12}"),
    re.compile(r"[0-9A-Z]{4,6}"),
    re.compile(r"[0-9A-Za-z]{1,16}"),
)


class SlipInvalid(Invalid):
    """The slip cannot be looked for as told."""

    code = "outage.slip"


class SlipKnown(Conflict):
    """The slip was entered before."""

    code = "outage.known"


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed on the slip of a stand-alone POS."""

    terminal: str  # TID
    rrn: str
    approval_code: str = field(repr=False)
    amount: int = 0  # đồng
    sold_on: date = date.min


def enter(uow: UnitOfWork, officer: Officer, agency_id: str, dossier_id: str, told: Slip) -> str:
    """Park the open dues of a dossier for this slip; the id of the payment.

    RoleMissing, NoShift, SlipInvalid, SlipKnown, DueBusy and what `payments.start` raises.
    """
    officer.need(Role.COUNTER)
    worked = require_shift(uow.connection, officer.agency, officer.id)
    _check(told, business_day(uow.now()))
    (money,) = start(uow, StartRequest(agency_id, POS, dossier_ids=(dossier_id,)))
    if money.amount != told.amount:
        raise SlipInvalid("Số tiền trên hóa đơn POS khác khoản phải nộp.", "The slip has another sum.", field="amount")
    dues = dues_store.lock_dues(uow.connection, payments_store.due_ids(uow.connection, [money.id])[money.id])
    busy.occupy(uow, money.id, dues)
    _move(uow, money.id, follow(money.status, PaymentEvent.DOUBTED))
    row = _row(uow, officer, worked.id, agency_id, money.id, told)
    if not insert_if_new(uow.connection, outage_slip, row):
        raise SlipKnown("Hóa đơn POS này đã nhập.", "The slip was entered before.", field="rrn")
    served = {"shift_id": worked.id, "payment_id": money.id, "channel": POS, "ticket": "", "began_at": uow.now()}
    served |= {"id": uow.mint("vis"), "agency_id": officer.agency, "collects_for": agency_id, "asked_at": uow.now()}
    uow.connection.execute(sa.insert(visit).values(**served))
    body = {"slip": row["id"], "amount": told.amount, "terminal": told.terminal, "rrn": told.rrn}
    uow.emit([Event(agency_id, "outage.entered", money.id, body)])
    return money.id


def check_waiting(environment: Environment) -> int:
    """Look for the slips in the acquirers' files; how many were decided."""
    waits = sa.select(outage_slip.c.collects_for).where(outage_slip.c.state == "waiting").distinct()
    with environment.read() as connection:
        told = list(connection.scalars(waits.order_by(outage_slip.c.collects_for)))
    done = 0
    for agency_id in told:
        with environment.begin(actor="worker", agency=None) as uow:
            mine = (outage_slip.c.collects_for == agency_id) & (outage_slip.c.state == "waiting")
            rows = uow.connection.execute(sa.select(outage_slip).where(mine).order_by(outage_slip.c.payment_id)).all()
            done += sum(_decide(uow, row) for row in rows)
    return done


def of_agency(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """The slips entered at this agency's counters that are not proven, newest first."""
    mine = own(outage_slip, agency_id) & (outage_slip.c.state != "found")
    return list(connection.execute(sa.select(outage_slip).where(mine).order_by(outage_slip.c.id.desc()).limit(200)))


def _decide(uow: UnitOfWork, slip: sa.Row[Any]) -> int:
    same = (settlement_row.c.rrn == slip.rrn) & (settlement_row.c.approval_code == slip.approval_code)
    rows = uow.connection.execute(sa.select(settlement_row).where(own(settlement_row, slip.collects_for), same)).all()
    if rows:
        exact = next((row for row in rows if row.gross == slip.amount), None)
        return _found(uow, slip, exact) if exact is not None else _ended(uow, slip, "differs")
    later = own(settlement_row, slip.collects_for) & (settlement_row.c.trade_date > slip.sold_on)
    later &= settlement_row.c.rrn != ""  # of an acquirer: lists and deposit slips have no such number
    told = uow.connection.execute(sa.select(settlement_row.c.id).where(later).limit(1)).first() is not None
    return _missing(uow, slip) if told else 0


def _found(uow: UnitOfWork, slip: sa.Row[Any], row: sa.Row[Any]) -> int:
    (money,) = payments_store.lock(uow.connection, slip.collects_for, (), [slip.payment_id])
    account = agencies.account_by_id(uow.connection, money.account_id)
    key = f"outage:{slip.id}"
    notice = notice_of(key, slip.amount, account.number, money.reference, slip.rrn, uow)
    request = Request("FILE", row.batch_id, f"{row.batch_id},{row.rrn},{row.gross}".encode())
    keep(uow, slip.collects_for, ACQUIRER + _acquirer(uow, slip), request, notice, origin="terminal")
    busy.free(uow, [slip.payment_id])
    return _ended(uow, slip, "found")


def _missing(uow: UnitOfWork, slip: sa.Row[Any]) -> int:
    """A later day's file is there and the sale is in none: no money; the dues may be paid again."""
    (money,) = payments_store.lock(uow.connection, slip.collects_for, (), [slip.payment_id])
    if money.status is PaymentStatus.UNKNOWN:
        _move(uow, money.id, follow(money.status, PaymentEvent.REOPENED))
    busy.free(uow, [slip.payment_id])
    return _ended(uow, slip, "missing")


def _ended(uow: UnitOfWork, slip: sa.Row[Any], state: str) -> int:
    mine = outage_slip.c.id == slip.id
    uow.connection.execute(sa.update(outage_slip).where(mine).values(state=state, checked_at=uow.now()))
    uow.emit([Event(slip.collects_for, f"outage.{state}", slip.payment_id, {"slip": slip.id})])
    return 1


def _acquirer(uow: UnitOfWork, slip: sa.Row[Any]) -> str:
    """Whose file it was: the agency's only acquirer, or that of the terminal named."""
    all_of_it = terminal_store.terminals(uow.connection, slip.collects_for)
    return next((one.acquirer for one in all_of_it if one.name == slip.terminal), all_of_it[0].acquirer)


def _move(uow: UnitOfWork, payment_id: str, status: PaymentStatus) -> None:
    uow.connection.execute(sa.update(payment).where(payment.c.id == payment_id).values(status=status.value))


def _check(told: Slip, today: date) -> None:
    for name, shape, value in (
        ("terminal", _TERMINAL, told.terminal),
        ("rrn", _RRN, told.rrn),
        ("approval_code", _APPROVAL, told.approval_code),
    ):
        if not shape.fullmatch(value):
            raise SlipInvalid("Ghi đúng như trên hóa đơn POS.", "Copy what the slip says.", field=name)
    if not today - OLDEST <= told.sold_on <= today:
        raise SlipInvalid("Ngày bán không hợp lệ.", "The day is not possible.", field="sold_on")


def _row(
    uow: UnitOfWork, officer: Officer, shift_id: str, agency_id: str, payment_id: str, told: Slip
) -> dict[str, Any]:
    return {
        "id": uow.mint("out"),
        "agency_id": officer.agency,
        "collects_for": agency_id,
        "shift_id": shift_id,
        "payment_id": payment_id,
        "amount": told.amount,
        "terminal": told.terminal,
        "rrn": told.rrn,
        "approval_code": told.approval_code,
        "sold_on": told.sold_on,
        "state": "waiting",
        "entered_by": uow.actor,
        "entered_at": uow.now(),
    }
