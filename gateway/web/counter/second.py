"""The second person's list: shifts that do not tie, sales to be undone, exemptions drawn for a look, counters nobody takes
over."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.counter import exempt, hand_over, sale_undo, shift_close
from gateway.kernel.errors import ThuPhiError
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.counter.frame import both, done, page, said
from gateway.web.officers.entry import done_by, environment_of, field, shown_to


@shown_to(Role.APPROVER)
def listed(request: Request, session: Session) -> Response:
    """What waits."""
    return _listed(request, session)


@done_by(Role.APPROVER)
def decide(request: Request, session: Session, form: FormData) -> Response:
    """One decision, on whatever it is about."""
    environment, officer = environment_of(request), session.officer
    about, chosen = field(form, "about"), field(form, "id")
    word, note = field(form, "word"), field(form, "note")
    try:
        with environment.begin(actor=officer.actor) as uow:
            if about == "shift":
                shift_close.resolve(uow, officer, chosen, note)
            elif about == "hand_over":
                hand_over.release(uow, officer, chosen, note)
            elif about == "sale":
                sale_undo.decide(uow, officer, chosen, approved=word == "yes")
            else:
                exempt.judge(uow, officer, chosen, "right" if word == "yes" else "wrong", note)
    except ThuPhiError as refusal:
        return _listed(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    return done(request, lambda: "/counter/second")


def _listed(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    agency = session.officer.agency
    with environment_of(request).read() as connection:
        shifts = shift_close.escalated(connection, agency)
        sales = sale_undo.waiting(connection, agency)
        grants = exempt.to_judge(connection, agency)
        handed = hand_over.waiting(connection, agency)
        actors = {f"officer:{row.officer_id}" for row in (*shifts, *handed)} | {row.asked_by for row in sales}
        actors |= {f"officer:{row.handed_to}" for row in handed}
        names = officers.names_of(connection, agency, sorted(actors | {row.granted_by for row in grants}))
    found = {"shifts": shifts, "sales": sales, "grants": grants, "handed": handed}
    return page(request, session, "counter/second.html", status=status, names=names, refusal=refusal or None, **found)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/second", listed, "GET")
    both(router, "/counter/second", decide, "POST")
