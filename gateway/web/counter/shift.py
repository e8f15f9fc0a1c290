"""A shift on one page: open it, see what it took, close it; afterwards its totals and deposit slips on paper."""

from __future__ import annotations

import json
from datetime import date

from fastapi import APIRouter
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from connectors import code128
from gateway.counter import cash_count, cash_deposit, outage_sheet, shift_close, shift_open, terminal_store
from gateway.counter import shift_store as store
from gateway.counter.find_record import find
from gateway.counter.shift_close import Closing
from gateway.counter.shift_open import Opening
from gateway.kernel.clock import business_day
from gateway.kernel.errors import ThuPhiError
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.counter.acts import FieldWrong, dong_of
from gateway.web.counter.frame import Act, both, done, page, said
from gateway.web.officers.entry import done_by, environment_of, field, shown_to


@shown_to(Role.COUNTER)
def form(request: Request, session: Session) -> Response:
    """Open one, or see and close the open one."""
    return _form(request, session, {})


@done_by(Role.COUNTER)
def open_(request: Request, session: Session, sent: FormData) -> Response:
    """Begin."""
    typed = _typed(sent)

    def act() -> str:
        told = Opening(
            typed.get("counter", ""),
            typed.get("terminal", ""),
            cash_count.read(typed),
            tuple(typed.get("cards", "").split()),
            typed.get("note", ""),
        )
        with environment_of(request).begin(actor=session.officer.actor, agency=session.officer.agency) as uow:
            shift_open.open_shift(uow, session.officer, told)
        return "/counter"

    return _or_form(request, session, typed, act)


@done_by(Role.COUNTER)
def close(request: Request, session: Session, sent: FormData) -> Response:
    """End, hand over, or escalate."""
    typed = _typed(sent)

    def act() -> str:
        slip = typed.get("terminal_total", "")
        told = Closing(
            cash_count.read(typed),
            dong_of(slip, "terminal_total") if slip else None,
            typed.get("note", ""),
            typed.get("end") == "escalate",
            typed.get("handed_to", ""),
        )
        with environment_of(request).begin(actor=session.officer.actor) as uow:
            return f"/counter/shift/{shift_close.close(uow, session.officer, told).shift_id}"

    return _or_form(request, session, typed, act)


@shown_to(Role.COUNTER, Role.APPROVER, Role.ACCOUNTANT, Role.AUDITOR)
def closed(request: Request, session: Session) -> Response:
    """A shift that has ended, with its deposit slips."""
    agency, shift_id = session.officer.agency, request.path_params["id"]
    with environment_of(request).read(agency) as connection:
        row = store.shift_row(connection, agency, shift_id)
        place = store.by_id(connection, agency, shift_id).counter
        who = officers.names_of(connection, agency, [f"officer:{row.officer_id}"])
    with environment_of(request).read() as connection:  # deposits may go to other agencies' accounts
        deposits = cash_deposit.of_shift(connection, agency, shift_id)
    return page(
        request,
        session,
        "counter/shift_closed.html",
        row=row,
        place=place,
        name=next(iter(who.values()), ""),
        closing=json.loads(row.closing) if row.closing else None,
        counts=json.loads(row.closing_counts) if row.closing_counts else {},
        deposits=[(one, Markup(code128.svg(one.reference))) for one in deposits],  # noqa: S704 - our own drawing
    )


@shown_to(Role.COUNTER)
def outage(request: Request, session: Session) -> Response:
    """Slips of a stand-alone POS: enter one, see which wait."""
    return _outage(request, session, {})


@done_by(Role.COUNTER)
def enter_slip(request: Request, session: Session, sent: FormData) -> Response:
    """One slip, for the dossier it paid."""
    typed, environment, officer = _typed(sent), environment_of(request), session.officer
    try:
        with environment.begin(actor=officer.actor) as uow:
            found = find(uow.connection, environment.settings, officer.agency, typed.get("dossier", ""))
            chosen = next((one for one in found if one.kind == "dossier"), None)
            if chosen is None:
                raise FieldWrong("Không có hồ sơ này.", "There is no such dossier.", field="dossier")
            outage_sheet.enter(uow, officer, chosen.agency, chosen.id, _slip(typed))
    except ThuPhiError as refusal:
        return _outage(request, session, typed, said(request, refusal), pages.STATUS[refusal.kind])
    return done(request, lambda: "/counter/outage")


def _slip(typed: dict[str, str]) -> outage_sheet.Slip:
    try:
        day = date.fromisoformat(typed.get("sold_on", ""))
    except ValueError:
        raise FieldWrong("Ngày không hợp lệ.", "The day is not valid.", field="sold_on") from None
    return outage_sheet.Slip(
        typed.get("terminal", ""),
        typed.get("rrn", "").upper(),
        typed.get("approval_code", "").upper(),
        dong_of(typed.get("amount", ""), "amount"),
        day,
    )


def _form(request: Request, session: Session, typed: dict[str, str], refusal: str = "", status: int = 200) -> Response:
    agency = session.officer.agency
    with environment_of(request).read(agency) as connection:
        facts = {
            "counters": store.counters(connection, agency),
            "terminals": terminal_store.terminals(connection, agency),
            "colleagues": [
                one
                for one in officers.of_agency(connection, agency)
                if Role.COUNTER in one.roles and one.id != session.officer.id
            ],
        }
    known = {"denominations": cash_count.DENOMINATIONS, "told": typed, "refusal": refusal or None}
    return page(request, session, "counter/shift.html", status=status, **known, **facts)


def _or_form(request: Request, session: Session, typed: dict[str, str], act: Act) -> Response:
    try:
        return done(request, act)
    except ThuPhiError as refusal:
        return _form(request, session, typed, said(request, refusal), pages.STATUS[refusal.kind])


def _outage(
    request: Request, session: Session, typed: dict[str, str], refusal: str = "", status: int = 200
) -> Response:
    environment = environment_of(request)
    with environment.read() as connection:
        slips = outage_sheet.of_agency(connection, session.officer.agency)
    today = business_day(environment.clock()).isoformat()
    known = {"told": {"sold_on": today} | typed, "refusal": refusal or None}
    return page(request, session, "counter/outage.html", status=status, slips=slips, **known)


def _typed(sent: FormData) -> dict[str, str]:
    return {name: field(sent, name) for name in sent}


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/shift", form, "GET")
    both(router, "/counter/shift/open", open_, "POST")
    both(router, "/counter/shift/close", close, "POST")
    both(router, "/counter/shift/{id}", closed, "GET")
    both(router, "/counter/outage", outage, "GET")
    both(router, "/counter/outage", enter_slip, "POST")
