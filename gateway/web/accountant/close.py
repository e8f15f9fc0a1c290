"""Close a day when its points are worked off; ask for a closed one to be opened again; take its minutes along."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import checkpoints
from gateway.closing import day as closing
from gateway.closing import minutes, paper, ready
from gateway.closing.day import DayNotClosed
from gateway.kernel.errors import ThuPhiError
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.taxing import store as taxing
from gateway.web import pages
from gateway.web.accountant.frame import SEE, both, day_of, download, on, page, said, today_of, yesterday
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

PATH = "/accountant/close"


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """The points of a day, and the days closed before."""
    day = day_of(request.query_params.get("day", ""), yesterday(today_of(request)))
    return _shown(request, session, day)


@done_by(Role.ACCOUNTANT)
def act(request: Request, session: Session, form: FormData) -> Response:
    """Close, or ask to open again."""
    environment, officer = environment_of(request), session.officer
    day = yesterday(today_of(request))
    try:
        day = day_of(field(form, "day"), day)
        with environment.begin(actor=officer.actor, agency=officer.agency) as uow:
            if field(form, "do") == "reopen":
                closing.ask_reopen(uow, officer.agency, day, field(form, "reason"))
            else:
                head = checkpoints.newest(uow.connection)
                closing.close_day(uow, officer.agency, day, checkpoint=head.note if head else "")
    except ThuPhiError as refusal:
        return _shown(request, session, day, said(request, refusal), pages.STATUS[refusal.kind])
    return on(request, PATH, day=day.isoformat(), done="reopen" if field(form, "do") == "reopen" else "closed")


@shown_to(*SEE)
def minutes_file(request: Request, session: Session) -> Response:
    """The minutes as PDF or XML."""
    agency, kind = session.officer.agency, request.path_params["kind"]
    day = day_of(request.path_params["day"], today_of(request))
    with environment_of(request).read(agency) as connection:
        made = minutes.minutes(connection, agency, day)
    name = f"bien-ban-doi-soat-{day.isoformat()}"
    if kind == "xml":
        return download(minutes.as_xml(made), f"{name}.xml", "application/xml")
    return download(paper.as_pdf(made), f"{name}.pdf", "application/pdf")


def _shown(request: Request, session: Session, day: date, refusal: str = "", status: int = 200) -> Response:
    agency, today = session.officer.agency, today_of(request)
    with environment_of(request).read(agency) as connection:
        try:
            closed = closing.current(connection, agency, day)
        except DayNotClosed:
            closed = None
        points = ready.points(connection, agency, day)
        accounts = ready.accounts(connection, agency, day)
        totals = ready.totals(connection, agency, day)
        before = closing.closings(connection, agency, 30)
        actors = sorted({one for row in before for one in (row.closed_by, row.reopen_asked_by, row.reopened_by) if one})
        names = officers.names_of(connection, agency, actors)
        tables = [row for row in taxing.of_agency(connection, agency) if row.day == day]
    return page(
        request,
        session,
        "accountant/close.html",
        status=status,
        day=day,
        before=before,
        closed=closed,
        points=points,
        blocked=any(one.blocks and not one.ok for one in points),
        over=day < today,
        accounts=accounts,
        totals=totals,
        names=names,
        tables=tables,
        refusal=refusal or None,
    )


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
    both(router, PATH, act, "POST")
    both(router, f"{PATH}/{{day}}/minutes.{{kind}}", minutes_file, "GET")
