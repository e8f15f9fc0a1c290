"""Ask a terminal for the money of a payment: written down and committed before the first byte leaves.

Who asks is answered at once. What becomes of it is carried by the worker (`terminal_lane`) and read with `latest`.
"""

from __future__ import annotations

import sqlalchemy as sa

from connectors.terminal import recovery
from connectors.terminal.contract import SERVICE_ID_LENGTH
from connectors.terminal.nexo import CLOUD_PATIENCE_S, LAN_PATIENCE_S
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.terminal_register import busy_now
from gateway.counter.terminal_store import CARD, SaleRow, SaleState, TerminalRow, terminal_sale
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel.errors import Conflict
from gateway.kernel.ids import Ids, encode
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments import busy
from gateway.payments import store as payments_store
from gateway.payments.model import PAID, POS, PaymentClosed, PaymentMissing, PaymentStatus
from gateway.payments.store import PaymentRow


class TerminalBusy(Conflict):
    """A payment is under way at the terminal; choose another one, or wait."""

    code = "terminal.busy"


class SaleOpen(Conflict):
    """A terminal has been asked for this payment and the answer is not known, or is being booked."""

    code = "terminal.sale_open"


class OtherAccount(Conflict):
    """The terminal's acquirer pays into another account than the one the payment names."""

    code = "terminal.other_account"


class NotAtTerminal(Conflict):
    """The payment was begun on another channel, or no longer asks this amount: begin a new one."""

    code = "terminal.payment"


def ask(uow: UnitOfWork, agency_id: str, payment_id: str, terminal_name: str) -> SaleRow:
    """One attempt at a payment of channel `pos`. Nothing is sent here.

    Raises PaymentMissing, PaymentClosed, NotAtTerminal, SaleOpen, DueBusy, TerminalMissing, TerminalBusy, OtherAccount.
    """
    payment, dues = _locked(uow, agency_id, payment_id)
    amount = _amount(payment, dues)
    chosen = store.terminal_named(uow.connection, agency_id, terminal_name, lock=True)
    _refuse_unfit(uow, payment, chosen)
    busy.occupy(uow, payment.id, dues)
    sale_id = uow.mint("sal")
    row = _row(uow, sale_id, payment, chosen, amount)
    uow.connection.execute(sa.insert(terminal_sale).values(**row))
    uow.emit([Event(agency_id, "terminal.asked", payment.id, {"sale": sale_id, "terminal": chosen.name})])
    return store.sales(uow.connection, terminal_sale.c.id == sale_id)[0]


def service_id(ids: Ids) -> str:
    """A new id for one message: 50 random bits in ten characters; the table refuses one that was ever used."""
    return encode(ids.below(1 << 5 * SERVICE_ID_LENGTH), SERVICE_ID_LENGTH)


def patience_s(row: TerminalRow) -> int:
    """How long its answer to a payment is waited for."""
    return LAN_PATIENCE_S if row.model == "lan" else CLOUD_PATIENCE_S


def _locked(uow: UnitOfWork, agency_id: str, payment_id: str) -> tuple[PaymentRow, list[DueRow]]:
    found = payments_store.lock(uow.connection, agency_id, (), [payment_id])
    if not found:
        raise PaymentMissing("Không tìm thấy lệnh thanh toán.", "There is no such payment.")
    covered = payments_store.due_ids(uow.connection, [payment_id])[payment_id]
    return found[0], dues_store.lock_dues(uow.connection, covered)


def _amount(payment: PaymentRow, dues: list[DueRow]) -> int:
    """What the terminal asks for: exactly what is left of a payment that still stands as it was begun."""
    if payment.channel != POS:
        raise NotAtTerminal("Lệnh này không thuộc kênh POS.", "The payment is not for a terminal.", field="payment_id")
    if payment.status in PAID:
        raise PaymentClosed("Lệnh thanh toán đã có tiền.", "The payment is paid.", status=payment.status.value)
    if payment.status is PaymentStatus.UNKNOWN:
        raise _sale_open()
    if any(due.status != DueStatus.OPEN for due in dues) or sum(due.amount for due in dues) != payment.amount:
        raise NotAtTerminal(
            "Khoản phải nộp đã thay đổi; lập lệnh thanh toán mới.",
            "The dues have changed; begin a new payment.",
            field="payment_id",
        )
    return payment.amount - payment.received


def _refuse_unfit(uow: UnitOfWork, payment: PaymentRow, chosen: TerminalRow) -> None:
    open_one = own(terminal_sale, payment.agency_id) & (terminal_sale.c.payment_id == payment.id) & store.unfinished()
    if store.sales(uow.connection, open_one):
        raise _sale_open()
    if busy_now(uow.connection, chosen.id):
        raise TerminalBusy("Máy POS đang bận.", "The terminal is busy.", field="terminal", terminal=chosen.name)
    if chosen.account_id != payment.account_id:
        raise OtherAccount(
            "Máy POS này thu vào tài khoản khác.", "The terminal collects into another account.", field="terminal"
        )


def _sale_open() -> SaleOpen:
    return SaleOpen(
        "Chưa biết kết quả ở máy POS: kiểm tra máy, không quẹt lại.",
        "The result at the terminal is not known: check the terminal; do not ask again.",
        field="payment_id",
    )


def _row(uow: UnitOfWork, sale_id: str, payment: PaymentRow, chosen: TerminalRow, amount: int) -> dict[str, object]:
    return {
        "id": sale_id,
        "agency_id": payment.agency_id,
        "terminal_id": chosen.id,
        "payment_id": payment.id,
        "reference": payment.reference,
        "service_id": service_id(uow.ids),
        "amount": amount,
        "state": SaleState.ASKED.value,
        "phase": recovery.Phase.ASKING.value,
        "reason": "",
        "asked_at": uow.now(),
        "asked_by": uow.actor,
        "next_at": uow.now(),
        "tries": 0,
        "attempt": 0,
        "poi_transaction": "",
        "poi_time": "",
        **dict.fromkeys(CARD, ""),
    }
