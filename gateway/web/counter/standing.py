"""What the officer sees of a payment: one state in a word and a colour, from the payment, its terminal and its receipts.

While the result at a terminal is unknown nothing here offers to ask again: the officer checks the terminal, and the
queue moves on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.counter import sale_undo, serve, terminal_store
from gateway.counter.cash_store import cash_take
from gateway.counter.terminal_store import SaleMissing, SaleRow, SaleState
from gateway.dues import store as dues_store
from gateway.dues.store import DossierView
from gateway.kernel.canonical import fingerprint
from gateway.kernel.uow import Environment
from gateway.payments import store as payments_store
from gateway.payments.model import CASH, POS, PaymentMissing
from gateway.payments.store import PaymentRow
from gateway.web import explain, screen
from gateway.web.screen import TONES, Screen, State, Tone
from receipts.model import State as ReceiptState


class Till(StrEnum):
    """States that only a counter knows; the others are those of the payer's page."""

    CARD = "card"
    CHECK_TERMINAL = "check_terminal"
    REVERSING = "reversing"
    APPROVED = "approved"
    REFUSED = "refused"
    REVERSED = "reversed"
    CASH = "cash"
    BOOKING = "booking"
    RETURNED = "returned"


AT_TERMINAL: dict[SaleState, tuple[Till, Tone]] = {
    SaleState.ASKED: (Till.CARD, "wait"),
    SaleState.UNKNOWN: (Till.CHECK_TERMINAL, "check"),
    SaleState.REVERSING: (Till.REVERSING, "check"),
    SaleState.APPROVED: (Till.APPROVED, "wait"),
    SaleState.REFUSED: (Till.REFUSED, "bad"),
    SaleState.REVERSED: (Till.REVERSED, "over"),
}
UNSURE = frozenset({Till.CARD, Till.CHECK_TERMINAL, Till.REVERSING, Till.APPROVED, Till.BOOKING, State.CHECKING})
PAID = frozenset({State.PAID, State.SIGNING})


@dataclass(frozen=True, slots=True)
class Standing:
    """One payment on the officer's screen."""

    money: PaymentRow
    screen: Screen
    state: Till | State
    tone: Tone
    dossier: DossierView
    sale: SaleRow | None
    undoing: sa.Row[Any] | None
    visit: sa.Row[Any] | None
    facts: tuple[tuple[bool, str], ...]  # what the payer's page adds; of a terminal or cash the state says it all

    @property
    def may_ask(self) -> bool:
        """Whether money may be asked for, in this way or another: never while a result is unknown."""
        return self.state not in UNSURE and self.dossier.amount > 0

    @property
    def paid(self) -> bool:
        """The money is there, and has not gone back."""
        return self.state in PAID

    @property
    def over(self) -> int:
        """What has come beyond what is asked, đồng."""
        return max(0, self.money.received - self.money.amount)

    @property
    def ready(self) -> bool:
        """Every receipt can be printed."""
        return (self.paid or self.state is Till.RETURNED) and all(
            one.state != ReceiptState.NUMBERED for one in self.screen.view.receipts
        )

    @property
    def version(self) -> str:
        """Changes whenever the page would."""
        sale = [self.sale.id, self.sale.state.value, self.sale.reason] if self.sale else []
        undoing = [self.undoing.id, self.undoing.state] if self.undoing else []
        return fingerprint([self.screen.version, str(self.state), sale, undoing, self.dossier.amount])[:12]

    @property
    def subjects(self) -> frozenset[str]:
        """Whose events concern this page."""
        return self.screen.subjects | {self.money.id}


def standing(connection: sa.Connection, environment: Environment, payment_id: str, language: str) -> Standing:
    """The payment as it stands, of whichever agency. PaymentMissing."""
    money = _payment(connection, payment_id)
    now = environment.clock()
    found = screen.by_token(connection, money.token, now)
    sale = _sale(connection, money)
    undoing = sale_undo.of_payment(connection, money.id)
    state, tone = _state(found, money, sale, _cash_taken(connection, money))
    if state in PAID and undoing is not None and undoing.state == "done" and undoing.way != "account":
        state, tone = Till.RETURNED, "over"
    told = explain.explain(connection, found, explain.provider_doubt, now)
    lines = () if isinstance(state, Till) else tuple(explain.lines("vi" if language == "vi" else "en", found, told))
    dossier = found.dossiers[0][0]
    return Standing(
        money,
        found,
        state,
        tone,
        dues_store.dossier_view(connection, dossier.agency_id, dossier.id),
        sale,
        undoing,
        serve.served(connection, money.id),
        lines,
    )


def _payment(connection: sa.Connection, payment_id: str) -> PaymentRow:
    query = sa.select(payments_store.payment).where(payments_store.payment.c.id == payment_id)
    rows = payments_store.rows(connection, query)
    if not rows:
        raise PaymentMissing("Không tìm thấy lệnh thanh toán.", "There is no such payment.")
    return rows[0]


def _sale(connection: sa.Connection, money: PaymentRow) -> SaleRow | None:
    if money.channel != POS:
        return None
    try:
        return terminal_store.latest(connection, money.agency_id, money.id)
    except SaleMissing:
        return None


def _cash_taken(connection: sa.Connection, money: PaymentRow) -> bool:
    taken = sa.select(cash_take.c.id).where(cash_take.c.payment_id == money.id)
    return money.channel == CASH and connection.execute(taken).first() is not None


def _state(found: Screen, money: PaymentRow, sale: SaleRow | None, taken: bool) -> tuple[Till | State, Tone]:
    waits = found.state in (State.PENDING, State.CHECKING, State.EXPIRED, State.FAILED)
    if waits and sale is not None:
        return AT_TERMINAL[sale.state]
    if money.channel == CASH and found.state is State.PENDING:
        return (Till.BOOKING if taken else Till.CASH), "wait"
    return found.state, TONES[found.state]
