"""Reports of a period on one page: what was collected by any dimension, and everything else that an office is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.closing import four_way, register
from gateway.kernel.errors import ThuPhiError
from gateway.officers.model import Session
from gateway.reporting.model import By, Column, Report
from gateway.reporting.period import REPORTS, Asked
from gateway.web import pages
from gateway.web.accountant import figures
from gateway.web.accountant.frame import SEE, both, day_of, month_of, page, said, table, today_of
from gateway.web.accountant.journal import journal
from gateway.web.officers.entry import environment_of, shown_to

PATH = "/accountant/reports"
MOST_ROWS = 500  # on the page; files have all


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """The report as a table, or as a file with `as=csv|xlsx`."""
    query, agency = request.query_params, session.officer.agency
    first, last = month_of(today_of(request))
    refusal, status = "", 200
    now = environment_of(request).clock()
    what = query.get("what", "") if query.get("what", "") in WHATS else "collected"
    by = By(query.get("by", "")) if query.get("by", "") in list(By) else By.DAY
    asked = Asked(by, first, last, now)
    report = None
    try:
        asked = Asked(by, day_of(query.get("from", ""), first), day_of(query.get("to", ""), last), now)
        with environment_of(request).read(agency) as connection:
            report = _made(connection, request, agency, what, asked)
    except ThuPhiError as error:
        refusal, status = said(request, error), pages.STATUS[error.kind]
    if report is not None and query.get("as", "") in ("csv", "xlsx"):
        return table(request, report, query["as"])
    here = f"/{pages.language_of(request)}{PATH}?what={what}&by={by}&from={asked.first}&to={asked.last}"
    return page(
        request,
        session,
        "accountant/reports.html",
        status=status,
        what=what,
        asked=asked,
        report=report,
        most=MOST_ROWS,
        whats=WHATS,
        bys=[by.value for by in By],
        export=here,
        refusal=refusal or None,
    )


def _made(connection: sa.Connection, request: Request, agency: str, what: str, asked: Asked) -> Report:
    return (
        REPORTS[what](connection, agency, asked) if what in REPORTS else _HERE[what](connection, request, agency, asked)
    )


def _speed(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    columns = (
        Column("day", "Ngày", "Day"),
        Column("receipts", "Biên lai", "Receipts"),
        Column("median", "Trung vị (giây)", "Median (s)"),
        Column("slowest", "Lâu nhất (giây)", "Slowest (s)"),
    )
    days = [
        date.fromordinal(n)
        for n in range(asked.first.toordinal(), min(asked.last.toordinal(), asked.first.toordinal() + 92) + 1)
    ]
    found = [(day, figures.speed(connection, agency, day, day)) for day in days]
    return Report(
        "speed", columns, tuple((day, one.receipts, one.median, one.slowest) for day, one in found if one.receipts)
    )


def _journal(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return journal(connection, agency, asked.first, asked.last, environment_of(request).settings.data)


def _four_way(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    vietnamese = pages.language_of(request) == "vi"
    columns = (
        Column("state", "Trạng thái", "State"),
        Column("name", "Nghĩa", "Meaning"),
        Column("count", "Số hồ sơ", "Dossiers"),
        Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True),
    )
    counts = sorted(four_way.state_counts(connection, agency).items(), reverse=True)
    rows = [(state, four_way.named(state), count, amount) for state, (count, amount) in counts]
    return Report(
        "four_way", columns, tuple((state, told[1 if vietnamese else 2], n, dong) for state, told, n, dong in rows)
    )


def _register(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    vietnamese = pages.language_of(request) == "vi"
    columns = (Column("finding", "Điểm lệch với sổ một cửa", "Differs from the one-stop register"),)
    found = register.findings(connection, agency)
    return Report("register", columns, tuple((one.sentence_vi if vietnamese else one.sentence_en,) for one in found))


_HERE: dict[str, Callable[[sa.Connection, Request, str, Asked], Report]] = {
    "speed": _speed,
    "four_way": _four_way,
    "register": _register,
    "journal": _journal,
}
WHATS = (*REPORTS, *_HERE)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
