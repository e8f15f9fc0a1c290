"""Serve a payer: ask for the money of a dossier in one press, whichever agency it belongs to, and note who did it when.

Pressed twice it is asked once: a payment on offer for the same dues by the same channel is taken up again. Dues of
several accounts are asked for one account after the other, each into the right account with its right series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.counter import queue, show, terminal_store
from gateway.counter.shift_store import Shift, require_shift, visit
from gateway.counter.terminal_ask import ask as ask_terminal
from gateway.counter.terminal_register import of_counter
from gateway.counter.terminal_store import TerminalRow
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.officers.model import Officer, Role
from gateway.payments import store as payments_store
from gateway.payments.model import POS, NothingToPay, PaymentStatus, SeveralAccounts
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow, payment, payment_due


@dataclass(frozen=True, slots=True)
class Wish:
    """What the officer pressed."""

    agency: str  # whose dues
    dossier_id: str
    channel: str
    ticket: str = ""
    began_at: datetime | None = None  # when the record was opened; None: now


def serve(uow: UnitOfWork, officer: Officer, wish: Wish) -> PaymentRow:
    """The payment that is asked for now, shown to the payer; at a terminal it is asked at once.

    Raises RoleMissing, NoShift, what `payments.start` and `terminal_ask.ask` raise, TicketInvalid.
    """
    officer.need(Role.COUNTER)
    worked = require_shift(uow.connection, officer.agency, officer.id)
    money = _on_offer(uow, wish) or _begun(uow, wish)
    _visit(uow, worked, wish, money)
    if wish.channel == POS:
        ask_terminal(uow, wish.agency, money.id, terminal_of(uow.connection, worked, wish.agency))
    show.show(uow, worked.counter, money.id)
    if wish.ticket:
        queue.serve(uow, officer.agency, wish.ticket, worked.counter.name)
    body = {"shift": worked.id, "counter": worked.counter.name, "role": Role.COUNTER.value, "channel": wish.channel}
    uow.emit([Event(wish.agency, "counter.asked", money.id, body)])
    return money


def terminal_for(connection: sa.Connection, worked: Shift, agency_id: str) -> TerminalRow | None:
    """The terminal at this counter that collects for an agency: its own one, or the only one the agency has."""
    chosen = of_counter(connection, agency_id, worked.counter.name)
    if chosen is not None:
        return chosen
    if agency_id == worked.agency_id and worked.terminal:
        return terminal_store.terminal_named(connection, agency_id, worked.terminal)
    all_of_it = terminal_store.terminals(connection, agency_id)
    return all_of_it[0] if len(all_of_it) == 1 else None


def terminal_of(connection: sa.Connection, worked: Shift, agency_id: str) -> str:
    """Its name. Raises TerminalMissing."""
    found = terminal_for(connection, worked, agency_id)
    if found is None:
        raise terminal_store.TerminalMissing(
            "Quầy không có máy POS thu cho cơ quan này.", "No terminal here collects for this agency.", field="terminal"
        )
    return found.name


def served(connection: sa.Connection, payment_id: str) -> sa.Row[Any] | None:
    """The last visit that a payment belongs to."""
    query = sa.select(visit).where(visit.c.payment_id == payment_id).order_by(visit.c.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _begun(uow: UnitOfWork, wish: Wish) -> PaymentRow:
    """A fresh payment; of several accounts for the first of them."""
    try:
        return start(uow, StartRequest(wish.agency, wish.channel, dossier_ids=(wish.dossier_id,)))[0]
    except SeveralAccounts as several:
        groups: Any = several.facts["groups"]
        return start(uow, StartRequest(wish.agency, wish.channel, due_ids=tuple(groups[0]["due_ids"])))[0]


def _on_offer(uow: UnitOfWork, wish: Wish) -> PaymentRow | None:
    """A payment of this channel, still pending and in time, that asks exactly for open dues of this dossier."""
    dues = {due.id: due for due in dues_store.dues_of(uow.connection, [wish.dossier_id])}
    open_ones = [due for due in dues.values() if due.status is DueStatus.OPEN]
    if not open_ones:
        raise NothingToPay("Không còn khoản nào phải nộp.", "There is nothing left to pay.")
    about = sa.select(payment_due.c.payment_id).where(payment_due.c.due_id.in_([due.id for due in open_ones]))
    fresh = (payment.c.channel == wish.channel) & (payment.c.status == PaymentStatus.PENDING.value)
    mine = own(payment, wish.agency) & payment.c.id.in_(about) & fresh & (payment.c.expires_at > uow.now())
    offered = payments_store.rows(uow.connection, sa.select(payment).where(mine).order_by(payment.c.id.desc()))
    covered = payments_store.due_ids(uow.connection, [one.id for one in offered]) if offered else {}
    for one in offered:
        asked = [dues[due_id] for due_id in covered[one.id] if due_id in dues]
        whole = len(asked) == len(covered[one.id]) and all(due.status is DueStatus.OPEN for due in asked)
        if whole and sum(due.amount for due in asked) == one.amount and _all_of_account(uow, one, open_ones, asked):
            return one
    return None


def _all_of_account(uow: UnitOfWork, one: PaymentRow, open_ones: Sequence[DueRow], asked: Sequence[DueRow]) -> bool:
    """Whether nothing was added meanwhile that belongs into the same account."""
    accounts = agencies.accounts_of(uow.connection, one.agency_id)
    same = [due for due in open_ones if agencies.account_for(accounts, due.fee_code, due.kind).id == one.account_id]
    return {due.id for due in same} == {due.id for due in asked}


def _visit(uow: UnitOfWork, worked: Shift, wish: Wish, money: PaymentRow) -> None:
    began = min(wish.began_at or uow.now(), uow.now())
    row = {
        "id": uow.mint("vis"),
        "agency_id": worked.agency_id,
        "collects_for": wish.agency,
        "shift_id": worked.id,
        "payment_id": money.id,
        "channel": wish.channel,
        "ticket": queue.checked(wish.ticket) if wish.ticket else "",
        "began_at": began,
        "asked_at": uow.now(),
    }
    insert_if_new(uow.connection, visit, row)
