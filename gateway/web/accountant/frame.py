"""What every accountant's page has around it: navigation by role, who works here, the day that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.officers.model import Role, Session
from gateway.reporting.export import as_csv, as_xlsx
from gateway.reporting.model import Report
from gateway.web import pages
from gateway.web.accountant import words, words_placing, words_reports
from gateway.web.language import LANGUAGES
from gateway.web.officers.entry import environment_of
from gateway.web.officers.screens import screens_of

TEXTS = {**words.TEXTS, **words_placing.TEXTS, **words_reports.TEXTS}
SEE = (Role.ACCOUNTANT, Role.APPROVER, Role.AUDITOR)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class DayInvalid(Invalid):
    """What was typed is no day."""

    code = "accountant.day"


def page(request: Request, session: Session, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page in the officers' frame."""
    language = pages.language_of(request)
    known: dict[str, Any] = {
        "nav": [(screen.name(language), f"/{language}{screen.path}", None) for screen in screens_of(session.officer)],
        "here": request.url.path,
        "officer": session.officer.name,
        "sign_out": f"/{language}/logout",
        "csrf": session.csrf,
        "may_do": session.officer.may([Role.ACCOUNTANT]),
        "may_agree": session.officer.may([Role.APPROVER]),
        "me": session.officer,
        "refusal": None,
        "done": request.query_params.get("done", "") if f"acc.done.{request.query_params.get('done')}" in TEXTS else "",
    }
    return pages.page(request, template, status=status, texts=TEXTS, **known | facts)


def on(request: Request, path: str, **query: object) -> Response:
    """Lead on to a page (after the language)."""
    return pages.redirect(request, f"/{pages.language_of(request)}{address(path, query)}")


def address(path: str, query: Mapping[str, object]) -> str:
    """A path with what is not empty of its query."""
    kept = urlencode({key: value for key, value in query.items() if value not in ("", None)})
    return f"{path}?{kept}" if kept else path


def said(request: Request, refusal: ThuPhiError) -> str:
    """A refusal in the language of the page."""
    return refusal.vi if pages.language_of(request) == "vi" else refusal.en


def try_(request: Request, act: Callable[[], Response], again: Callable[[str, int], Response]) -> Response:
    """Do it; a refusal shows the page `again` with its sentence and status."""
    try:
        return act()
    except ThuPhiError as refusal:
        return again(said(request, refusal), pages.STATUS[refusal.kind])


def today_of(request: Request) -> date:
    """The business day now."""
    return business_day(environment_of(request).clock())


def day_of(text: str, otherwise: date) -> date:
    """A day from a form or an address; DayInvalid."""
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DayInvalid("Ngày không hợp lệ.", "The day is not valid.", field="day") from None


def month_of(today: date) -> tuple[date, date]:
    """The first of the month, and today."""
    return today.replace(day=1), today


def yesterday(today: date) -> date:
    """The day before."""
    return today - timedelta(days=1)


def table(request: Request, report: Report, kind: str) -> Response:
    """A report as a file: `csv` or `xlsx`."""
    language = pages.language_of(request)
    body, media = (as_xlsx(report, language), XLSX) if kind == "xlsx" else (as_csv(report, language), "text/csv")
    return download(body, f"{report.name}.{'xlsx' if kind == 'xlsx' else 'csv'}", media)


def download(body: bytes, name: str, media: str) -> Response:
    """A file to keep; `name` is one of ours, ASCII."""
    headers = {**pages.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type=media)


def both(router: Any, path: str, endpoint: Any, *methods: str) -> None:
    """A route under both languages."""
    for language in LANGUAGES:
        router.add_route(f"/{language}{path}", endpoint, methods=list(methods))
