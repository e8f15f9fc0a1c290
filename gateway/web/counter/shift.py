"""A shift on one page: open it, see what it took, close it; afterwards its totals and deposit slips on paper."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from connectors import code128
from gateway.counter import (
    cash_count,
    cash_deposit,
    hand_over,
    outage_sheet,
    shift_close,
    shift_open,
    shift_terminals,
    terminal_store,
)
from gateway.counter import shift_store as store
from gateway.counter.find_record import find
from gateway.counter.shift_close import Closing
from gateway.counter.shift_open import Opening
from gateway.counter.shift_store import ShiftState
from gateway.counter.terminal_drive import WAYS, Ways
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
            typed.get("counted") == "yes",
        )
        with environment_of(request).begin(actor=session.officer.actor, agency=session.officer.agency) as uow:
            shift_open.open_shift(uow, session.officer, told)
        return "/counter"

    return _or_form(request, session, typed, act)


@done_by(Role.COUNTER)
def close(request: Request, session: Session, sent: FormData) -> Response:
    """End, hand over, or escalate. The terminals are asked first; a slip counts for those that do not answer."""
    typed = _typed(sent)

    def act() -> str:
        slip, officer = typed.get("terminal_total", ""), session.officer
        told = Closing(
            cash_count.read(typed),
            shift_terminals.ask(environment_of(request), officer, ways_of(request)),
            dong_of(slip, "terminal_total") if slip else None,
            typed.get("note", ""),
            typed.get("end") == "escalate",
            typed.get("handed_to", ""),
        )
        with environment_of(request).begin(actor=officer.actor) as uow:
            return f"/counter/shift/{shift_close.close(uow, officer, told).shift_id}"

    return _or_form(request, session, typed, act)


@done_by(Role.COUNTER)
def settle(request: Request, session: Session, sent: FormData) -> Response:
    """The terminals of a closed shift close their batches with the host: the end of the day."""
    shift_id = request.path_params["id"]
    try:
        shift_terminals.settle(environment_of(request), session.officer, shift_id, ways_of(request))
    except ThuPhiError as refusal:
        return _closed(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    return done(request, lambda: f"/counter/shift/{shift_id}")


@shown_to(Role.COUNTER, Role.APPROVER, Role.ACCOUNTANT, Role.AUDITOR)
def closed(request: Request, session: Session) -> Response:
    """A shift that has ended, with its deposit slips."""
    return _closed(request, session)


def _closed(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    agency, shift_id = session.officer.agency, request.path_params["id"]
    with environment_of(request).read(agency) as connection:
        row = store.shift_row(connection, agency, shift_id)
        worked = store.by_id(connection, agency, shift_id)
        who = officers.names_of(
            connection, agency, [f"officer:{one}" for one in (row.officer_id, row.handed_to) if one]
        )
    with environment_of(request).read() as connection:  # deposits and terminals may be other agencies'
        deposits = cash_deposit.of_shift(connection, agency, shift_id)
        batches = shift_terminals.settled(connection, worked)
        names = terminal_store.names(connection, [one.terminal_id for one in batches])
    return page(
        request,
        session,
        "counter/shift_closed.html",
        status=status,
        refusal=refusal or None,
        row=row,
        place=worked.counter,
        name=who.get(f"officer:{row.officer_id}", ""),
        next_name=who.get(f"officer:{row.handed_to}", ""),
        batches=[(names[one.terminal_id], one) for one in batches],
        may_settle=session.officer.may([Role.COUNTER]) and worked.state is not ShiftState.OPEN,
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
        facts: dict[str, Any] = {
            "counters": store.counters(connection, agency),
            "terminals": terminal_store.terminals(connection, agency),
            "taking_over": hand_over.for_officer(connection, agency, session.officer.id),
            "colleagues": [
                one
                for one in officers.of_agency(connection, agency)
                if Role.COUNTER in one.roles and one.id != session.officer.id
            ],
        }
    with environment_of(request).read() as connection:  # a terminal may be another agency's
        worked = store.open_shift_of(connection, agency, session.officer.id)
        facts["machines"] = shift_terminals.machines(connection, worked) if worked else []
    taking_over = facts["taking_over"]
    giver = f"officer:{taking_over.officer_id}" if taking_over is not None else ""
    with environment_of(request).read(agency) as connection:
        facts["giver"] = officers.names_of(connection, agency, [giver]).get(giver, "") if giver else ""
    known = {"denominations": cash_count.DENOMINATIONS, "told": typed, "refusal": refusal or None}
    return page(request, session, "counter/shift.html", status=status, **known, **facts)


def ways_of(request: Request) -> Ways:
    """How this process reaches terminals."""
    ways: Ways = getattr(request.app.state, "terminal_ways", WAYS)
    return ways


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
    both(router, "/counter/shift/{id}/settle", settle, "POST")
    both(router, "/counter/outage", outage, "GET")
    both(router, "/counter/outage", enter_slip, "POST")
