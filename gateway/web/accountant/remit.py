"""Hand the proven money to the Treasury: what is owed and by when, prepare, drop, and the papers for bank and Treasury."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.errors import ThuPhiError
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.remitting import order, owed, prepare, slip, store
from gateway.remitting.deadline import deadline
from gateway.remitting.model import TreasuryMissing, split
from gateway.remitting.order import Order
from gateway.web import pages
from gateway.web.accountant.frame import SEE, XLSX, both, day_of, download, on, page, said, today_of, yesterday
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

PATH = "/accountant/remit"
FILES: dict[str, tuple[Callable[[Order, datetime], bytes], str]] = {
    "pain001.xml": (order.pain001, "application/xml"),
    "order.xlsx": (lambda made, now: order.workbook(made), XLSX),
}


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """What is owed now, and every remittance."""
    return _shown(request, session)


@done_by(Role.ACCOUNTANT)
def act(request: Request, session: Session, form: FormData) -> Response:
    """Prepare, or drop what was only prepared."""
    environment, officer, word = environment_of(request), session.officer, field(form, "do")
    try:
        with environment.begin(actor=officer.actor, agency=officer.agency) as uow:
            if word == "drop":
                prepare.drop(uow, officer.agency, field(form, "id"))
            else:
                until = day_of(field(form, "until"), yesterday(today_of(request)))
                prepare.prepare(uow, officer.agency, until)
    except ThuPhiError as refusal:
        return _shown(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    return on(request, PATH, done="dropped" if word == "drop" else "prepared")


@shown_to(*SEE)
def one(request: Request, session: Session) -> Response:
    """A remittance: slip C1-02/NS, its lines, its files."""
    agency = session.officer.agency
    with environment_of(request).read(agency) as connection:
        row = store.by_id(connection, agency, request.path_params["id"])
        made = slip.slip(connection, agency, row.id)
        lines = store.lines_of(connection, row.id)
        actors = [actor for actor in (row.prepared_by, row.approved_by) if actor]
        names = officers.names_of(connection, agency, actors)
    return page(request, session, "accountant/slip.html", row=row, slip=made, lines=lines, names=names)


@shown_to(*SEE)
def file(request: Request, session: Session) -> Response:
    """The payment order for the bank."""
    environment, agency, name = environment_of(request), session.officer.agency, request.path_params["name"]
    with environment.read(agency) as connection:
        made = order.order(connection, agency, request.path_params["id"])
    write, media = FILES.get(name, FILES["pain001.xml"])
    return download(write(made, environment.clock()), f"{made.number}-{name}", media)


def _shown(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    agency, today = session.officer.agency, today_of(request)
    until = yesterday(today)
    with environment_of(request).read(agency) as connection:
        try:
            treasury = store.treasury_of(connection, agency)
        except TreasuryMissing:
            treasury = None
        rates = owed.rates(connection, agency)
        lines = [split(each, owed.rate_of(rates, each.fee_code)) for each in owed.owed(connection, agency, until)]
        rows = store.of_agency(connection, agency)
        names = officers.names_of(connection, agency, sorted({row.prepared_by for row in rows}))
        missing = owed.top_up(connection, agency)
    return page(
        request,
        session,
        "accountant/remit.html",
        status=status,
        treasury=treasury,
        due_on=deadline(treasury.due_rule, until) if treasury else None,
        until=until,
        today=today,
        lines=lines,
        rows=rows,
        names=names,
        top_up=missing,
        refusal=refusal or None,
    )


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
    both(router, PATH, act, "POST")
    both(router, f"{PATH}/{{id}}", one, "GET")
    both(router, f"{PATH}/{{id}}/{{name}}", file, "GET")
