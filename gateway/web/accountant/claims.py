"""What payers say they have paid: open claims with where the money was found, to look into and to end."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.access import own
from gateway.claims import make, store
from gateway.kernel.errors import ThuPhiError
from gateway.officers.model import Role, Session
from gateway.payments.store import payment
from gateway.web import pages
from gateway.web.accountant.frame import SEE, both, on, page, said
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

PATH = "/accountant/claims"


@shown_to(*SEE)
def listed(request: Request, session: Session) -> Response:
    """Oldest first."""
    return _listed(request, session)


@done_by(Role.ACCOUNTANT)
def end(request: Request, session: Session, form: FormData) -> Response:
    """Nothing is left to look for."""
    officer = session.officer
    try:
        with environment_of(request).begin(actor=officer.actor, agency=officer.agency) as uow:
            make.end(uow, officer.agency, field(form, "id"), field(form, "reason"))
    except ThuPhiError as refusal:
        return _listed(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    return on(request, PATH, done="claim")


def _listed(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    environment, agency = environment_of(request), session.officer.agency
    with environment.read(agency) as connection:
        rows = store.open_claims(connection, agency)
        ids = [row.payment_id for row in rows]
        c = payment.c
        found = (
            connection.execute(sa.select(c.id, c.reference).where(own(payment, agency), c.id.in_(ids))) if ids else ()
        )
        references = {row.id: row.reference for row in found}
        told = [(row, store.unseal(row, environment.vault), references.get(row.payment_id, "")) for row in rows]
    return page(request, session, "accountant/claims.html", status=status, claims=told, refusal=refusal or None)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, listed, "GET")
    both(router, PATH, end, "POST")
