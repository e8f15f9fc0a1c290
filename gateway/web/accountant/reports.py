"""Reports of a period on one page: what was collected by any dimension, and everything else that an office is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway import agencies
from gateway.closing import four_way, ready, register
from gateway.kernel.errors import ThuPhiError
from gateway.officers.model import Session
from gateway.remitting.annual import year_sheet
from gateway.reporting import open_data, standing
from gateway.reporting.collected import collected
from gateway.reporting.model import By, Column, Report
from gateway.web import pages
from gateway.web.accountant import figures
from gateway.web.accountant.frame import SEE, both, day_of, month_of, page, said, table, today_of
from gateway.web.accountant.journal import journal
from gateway.web.officers.entry import environment_of, shown_to

PATH = "/accountant/reports"
MOST_ROWS = 500  # on the page; files have all


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for."""

    what: str
    by: By
    first: date
    last: date


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """The report as a table, or as a file with `as=csv|xlsx`."""
    query, agency = request.query_params, session.officer.agency
    first, last = month_of(today_of(request))
    refusal, status = "", 200
    asked = Asked("collected", By.DAY, first, last)
    report = None
    try:
        asked = Asked(
            query.get("what", "") if query.get("what", "") in REPORTS else "collected",
            By(query.get("by", "")) if query.get("by", "") in list(By) else By.DAY,
            day_of(query.get("from", ""), first),
            day_of(query.get("to", ""), last),
        )
        with environment_of(request).read(agency) as connection:
            report = REPORTS[asked.what](connection, request, agency, asked)
    except ThuPhiError as error:
        refusal, status = said(request, error), pages.STATUS[error.kind]
    if report is not None and query.get("as", "") in ("csv", "xlsx"):
        return table(request, report, query["as"])
    here = f"/{pages.language_of(request)}{PATH}?what={asked.what}&by={asked.by}&from={asked.first}&to={asked.last}"
    return page(
        request,
        session,
        "accountant/reports.html",
        status=status,
        asked=asked,
        report=report,
        most=MOST_ROWS,
        whats=list(REPORTS),
        bys=[by.value for by in By],
        export=here,
        refusal=refusal or None,
    )


def _collected(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return collected(connection, agency, asked.by, asked.first, asked.last)


def _outstanding(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return standing.outstanding(connection, agency, today_of(request))


def _forgone(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return standing.forgone(connection, agency, asked.first, asked.last)


def _returned(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return standing.returned(connection, agency, asked.first, asked.last)


def _owed_back(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return standing.owed_back(connection, agency, environment_of(request).clock())


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


def _open_data(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return open_data.month_totals(connection, agency, asked.first.year, asked.first.month)


def _annual(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    columns = (
        Column("fee", "Mã khoản thu", "Fee code"),
        Column("name", "Tên", "Name"),
        Column("kind", "Loại", "Kind"),
        Column("collected", "Đã thu (đồng)", "Collected (VND)", money=True),
        Column("retained", "Để lại (đồng)", "Retained (VND)", money=True),
        Column("handed_over", "Đã nộp (đồng)", "Handed over (VND)", money=True),
        Column("ordered", "Đã lập lệnh (đồng)", "Ordered (VND)", money=True),
        Column("waiting", "Còn phải nộp (đồng)", "Still to go (VND)", money=True),
    )
    rows = tuple(
        (one.fee_code, one.name, one.kind, one.collected, one.retained, one.handed_over, one.ordered, one.waiting)
        for one in year_sheet(connection, agency, asked.last.year)
    )
    return Report("annual", columns, rows)


def _journal(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    return journal(connection, agency, asked.first, asked.last, environment_of(request).settings.data)


def _balance(connection: sa.Connection, request: Request, agency: str, asked: Asked) -> Report:
    columns = (
        Column("account", "Tài khoản", "Account"),
        Column("bank", "Ngân hàng", "Bank"),
        Column("balance", "Số dư cuối ngày (đồng)", "Balance at the end of the day (VND)", money=True),
    )
    accounts = agencies.all_accounts_of(connection, agency)
    rows = [(one.number, one.bank, ready.balance(connection, agency, one.number, asked.last)) for one in accounts]
    return Report("balance", columns, tuple(rows))


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


REPORTS: dict[str, Callable[[sa.Connection, Request, str, Asked], Report]] = {
    "collected": _collected,
    "outstanding": _outstanding,
    "forgone": _forgone,
    "returned": _returned,
    "owed_back": _owed_back,
    "speed": _speed,
    "four_way": _four_way,
    "register": _register,
    "annual": _annual,
    "open_data": _open_data,
    "balance": _balance,
    "journal": _journal,
}


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
