"""What an officer presses: ask for money, take cash or give it back, swap the terminal, exempt, send a receipt, undo a sale.

Each is a form with the session's own token. A refusal comes back on the same page with its reason, never as a dead end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.agencies import Agency
from gateway.counter import cash_back, cash_count, cash_take, exempt, queue, sale_undo, serve, show
from gateway.counter import shift_store as store
from gateway.counter.terminal_register import swap
from gateway.dues.payer import PayerFacts
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.messages.model import Occasion, Told
from gateway.messages.write import leave
from gateway.officers.model import Role, Session
from gateway.payments.model import CASH
from gateway.settlement.refund.model import Destination, Elsewhere
from gateway.web import pages
from gateway.web.counter.frame import LOOK, both, done, said
from gateway.web.counter.standing import standing
from gateway.web.counter.till import began_at, dossier_of, dossier_page, payment_page
from gateway.web.officers.entry import done_by, environment_of, field

CHANNELS = ("vietqr", "pos", "bank_transfer", CASH)


class FieldWrong(Invalid):
    """A field of the form."""

    code = "counter.field"


@done_by(Role.COUNTER)
def ask(request: Request, session: Session, form: FormData) -> Response:
    """Ask for the open dues of a dossier by one channel."""
    environment, dossier_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        with environment.begin(actor=session.officer.actor) as uow:
            view = dossier_of(uow.connection, dossier_id)
            channel = field(form, "channel")
            if channel not in CHANNELS:
                raise FieldWrong("Không có kênh này.", "There is no such channel.", field="channel")
            wish = serve.Wish(
                view.dossier.agency_id, dossier_id, channel, field(form, "ticket"), began_at(field(form, "began"))
            )
            return f"/counter/payment/{serve.serve(uow, session.officer, wish).id}"

    return _or_dossier(request, session, dossier_id, act)


@done_by(Role.COUNTER)
def cash(request: Request, session: Session, form: FormData) -> Response:
    """Take cash: what the payer gave, or exactly what is asked."""
    environment, payment_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        with environment.begin(actor=session.officer.actor) as uow:
            found = standing(uow.connection, environment, payment_id, "vi")
            counts = cash_count.read({name: str(value) for name, value in form.items()})
            given = cash_count.total(counts) or dong_of(field(form, "tendered"), "tendered")
            agency_id = found.money.agency_id
            cash_take.take(uow, session.officer, agency_id, payment_id, given, counts or None)
        return f"/counter/payment/{payment_id}"

    return _or_payment(request, session, payment_id, act)


@done_by(Role.COUNTER)
def swap_terminal(request: Request, session: Session, form: FormData) -> Response:
    """One key: the next terminal for this counter."""
    environment, officer = environment_of(request), session.officer

    def act() -> str:
        with environment.begin(actor=officer.actor) as uow:
            worked = store.require_shift(uow.connection, officer.agency, officer.id)
            swap(uow, officer.agency, worked.counter.name)
        return _back(form)

    return done(request, act)


@done_by(Role.COUNTER)
def grant(request: Request, session: Session, form: FormData) -> Response:
    """An exemption or reduction, with its evidence."""
    environment, dossier_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        with environment.begin(actor=session.officer.actor) as uow:
            agency_id = dossier_of(uow.connection, dossier_id).dossier.agency_id
            due_ids = [str(value) for value in form.getlist("due")]
            evidence = field(form, "evidence")
            exempt.grant(uow, session.officer, agency_id, dossier_id, due_ids, field(form, "code"), evidence)
        return f"/counter/dossier/{dossier_id}"

    return _or_dossier(request, session, dossier_id, act)


@done_by(*LOOK)
def send(request: Request, session: Session, form: FormData) -> Response:
    """The receipt to an address the payer names, where no printer prints or no paper is wanted."""
    environment, payment_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        with environment.begin(actor=session.officer.actor) as uow:
            found = standing(uow.connection, environment, payment_id, "vi")
            to = PayerFacts(name="", email=field(form, "email"), phone=field(form, "phone"))
            receipts = found.screen.view.receipts
            sent = sum(_send(uow, found.screen.view.agency, found.money.token, one, to) for one in receipts)
            if not sent:
                raise FieldWrong(
                    "Chưa gửi được: chưa có biên lai, chưa thiết lập kênh gửi hoặc thiếu địa chỉ.",
                    "Nothing was sent: no receipt, no carrier, or no address.",
                    field="email",
                )
        return f"/counter/payment/{payment_id}"

    return _or_payment(request, session, payment_id, act)


@done_by(Role.COUNTER)
def undo(request: Request, session: Session, form: FormData) -> Response:
    """Ask a second person to undo this sale."""
    environment, payment_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        with environment.begin(actor=session.officer.actor) as uow:
            money = standing(uow.connection, environment, payment_id, "vi").money
            sale_undo.ask(uow, session.officer, money.agency_id, payment_id, field(form, "reason"), _to(form))
        return f"/counter/payment/{payment_id}"

    return _or_payment(request, session, payment_id, act)


@done_by(Role.COUNTER)
def give_back(request: Request, session: Session, form: FormData) -> Response:
    """The cash of an undone sale goes back over the counter."""
    environment, payment_id = environment_of(request), request.path_params["id"]

    def act() -> str:
        counts = cash_count.read({name: str(value) for name, value in form.items()})
        with environment.begin(actor=session.officer.actor) as uow:
            cash_back.give(uow, session.officer, field(form, "undoing"), counts or None)
        return f"/counter/payment/{payment_id}"

    return _or_payment(request, session, payment_id, act)


@done_by(Role.COUNTER)
def finish(request: Request, session: Session, form: FormData) -> Response:
    """The payer has gone: the window is empty, the ticket done, the next one may come."""
    environment, officer = environment_of(request), session.officer
    with environment.begin(actor=officer.actor) as uow:
        worked = store.require_shift(uow.connection, officer.agency, officer.id)
        show.show(uow, worked.counter, None)
        if field(form, "ticket"):
            queue.done(uow, officer.agency, field(form, "ticket"))
    return done(request, lambda: "/counter")


@done_by(*LOOK)
def ticket(request: Request, session: Session, form: FormData) -> Response:
    """Give a number, or call the next one to this counter."""
    environment, officer = environment_of(request), session.officer
    with environment.begin(actor=officer.actor) as uow:
        if field(form, "do") == "give":
            number: str | None = queue.give(uow, officer.agency)
        else:
            worked = store.require_shift(uow.connection, officer.agency, officer.id)
            number = queue.call_next(uow, officer.agency, worked.counter.name)
    return done(request, lambda: f"/counter?ticket={number}" if number else "/counter")


def dong_of(text: str, name: str) -> int:
    """An amount as people write it, đồng. FieldWrong: an unreadable amount is never zero."""
    digits = "".join(sign for sign in text if sign not in " .,₫đ")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        raise FieldWrong("Số tiền không hợp lệ.", "The amount is not valid.", field=name)
    return int(digits)


def _send(uow: UnitOfWork, agency: Agency, token: str, receipt: sa.Row[Any], to: PayerFacts) -> int:
    told = Told(
        Occasion.RECEIPT,
        agency.name,
        "",
        receipt.amount,
        f"{uow.settings.base_url}/vi/pay/{token}",
        number=f"{receipt.form}-{receipt.symbol}-{receipt.number}",
        lookup_code=receipt.lookup_code,
    )
    event_id = uow.mint("evt")
    uow.emit([Event(agency.id, "receipt.sent", receipt.id, {"by_email": bool(to.email), "by_sms": bool(to.phone)})])
    return leave(uow, agency.id, event_id, told, to)


def _to(form: FormData) -> Elsewhere | None:
    """The account that the money of a cash sale goes to; None: it goes back as it came, by card or out of the drawer."""
    if not field(form, "account"):
        return None
    holder = field(form, "holder")
    destination = Destination(field(form, "account"), field(form, "bank"), holder)
    return Elsewhere(destination, field(form, "evidence"), holder)


def _back(form: FormData) -> str:
    kind, _, record = field(form, "back").partition("/")
    return (
        f"/counter/{kind}/{record}"
        if kind in ("dossier", "payment") and record.replace("_", "").isalnum()
        else "/counter"
    )


def _or_dossier(request: Request, session: Session, dossier_id: str, act: Callable[[], str]) -> Response:
    try:
        return done(request, act)
    except ThuPhiError as refusal:
        words, status = said(request, refusal), pages.STATUS[refusal.kind]
    return dossier_page(request, session, dossier_id, status=status, refusal=words)


def _or_payment(request: Request, session: Session, payment_id: str, act: Callable[[], str]) -> Response:
    try:
        return done(request, act)
    except ThuPhiError as refusal:
        words, status = said(request, refusal), pages.STATUS[refusal.kind]
    return payment_page(request, session, payment_id, status=status, refusal=words)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/dossier/{id}/ask", ask, "POST")
    both(router, "/counter/dossier/{id}/exempt", grant, "POST")
    both(router, "/counter/payment/{id}/cash", cash, "POST")
    both(router, "/counter/payment/{id}/send", send, "POST")
    both(router, "/counter/payment/{id}/undo", undo, "POST")
    both(router, "/counter/payment/{id}/give-back", give_back, "POST")
    both(router, "/counter/finish", finish, "POST")
    both(router, "/counter/ticket", ticket, "POST")
    both(router, "/counter/terminal", swap_terminal, "POST")
