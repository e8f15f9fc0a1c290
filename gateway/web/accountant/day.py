"""The day's figures: each number leads to its rows, each chart has its table beside it, each table leaves as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.closing import breaks, ready
from gateway.closing.breaks import ACCEPTED, Break, Wanted
from gateway.kernel.errors import Missing
from gateway.officers.model import Session
from gateway.reporting.collected import collected
from gateway.reporting.model import By, Report
from gateway.reporting.standing import owed_back
from gateway.web import pages
from gateway.web.accountant import charts, figures
from gateway.web.accountant.frame import SEE, both, day_of, page, table, today_of, yesterday
from gateway.web.accountant.words import TEXTS
from gateway.web.officers.entry import environment_of, shown_to

WEEKS = timedelta(days=13)
PATH = "/accountant/day"


class ReportMissing(Missing):
    """There is no such table."""

    code = "accountant.report"


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """The dashboard of one day and the two weeks before it."""
    agency, today = session.officer.agency, today_of(request)
    day = day_of(request.query_params.get("day", ""), today)
    language = pages.language_of(request)
    with environment_of(request).read(agency) as connection:
        found = breaks.breaks(connection, agency, today, Wanted())
        made = {name: make(connection, request, agency, day) for name, make in REPORTS.items() if name != "breaks"}
        totals = {one: ready.totals(connection, agency, one) for one in (day, yesterday(day))}
        quick = figures.speed(connection, agency, day - WEEKS, day)
        share = figures.online(connection, agency, day - WEEKS, day)
        outstanding = figures.open_dues(connection, agency)
    return page(
        request,
        session,
        "accountant/day.html",
        day=day,
        before=yesterday(day),
        today=today,
        totals=totals[day],
        totals_before=totals[yesterday(day)],
        boxes=_boxes(language, day, found, made, quick, share, outstanding),
        charts=_charts(language, day, made),
        source=figures.targets()["source"][language],
    )


@shown_to(*SEE)
def export(request: Request, session: Session) -> Response:
    """One of the tables as CSV or XLSX."""
    agency, query = session.officer.agency, request.query_params
    make = REPORTS.get(query.get("what", ""))
    if make is None:
        raise ReportMissing("Không có bảng này.", "There is no such table.", field="what")
    with environment_of(request).read(agency) as connection:
        report = make(connection, request, agency, day_of(query.get("day", ""), today_of(request)))
    return table(request, report, query.get("as", "csv"))


def _breaks(connection: sa.Connection, request: Request, agency: str, day: date) -> Report:
    found = breaks.breaks(connection, agency, today_of(request))
    at = 0 if pages.language_of(request) == "vi" else 1
    kinds = {one.kind.value: TEXTS[f"acc.kind.{one.kind}"][at] for one in found}
    return figures.listed(found, kinds, breaks.owners(connection, agency, found))


def _ages(connection: sa.Connection, request: Request, agency: str, day: date) -> Report:
    return figures.ages(breaks.breaks(connection, agency, today_of(request)))


def _owed_back(connection: sa.Connection, request: Request, agency: str, day: date) -> Report:
    return owed_back(connection, agency, environment_of(request).clock())


def _collected(by: By) -> Callable[[sa.Connection, Request, str, date], Report]:
    def make(connection: sa.Connection, request: Request, agency: str, day: date) -> Report:
        return collected(connection, agency, by, day - WEEKS, day)

    return make


def _touch(connection: sa.Connection, request: Request, agency: str, day: date) -> Report:
    return figures.touch(connection, agency, day - WEEKS, day)


REPORTS: dict[str, Callable[[sa.Connection, Request, str, date], Report]] = {
    "days": _collected(By.DAY),
    "channels": _collected(By.CHANNEL),
    "units": _collected(By.ACCOUNT),
    "ages": _ages,
    "untouched": _touch,
    "owed_back": _owed_back,
    "breaks": _breaks,
}


def _boxes(
    language: str,
    day: date,
    found: list[Break],
    made: dict[str, Report],
    quick: figures.Speed,
    share: figures.Share,
    outstanding: tuple[int, int],
) -> list[dict[str, Any]]:
    """Figure, note, whether it keeps its target, and where its rows are."""
    open_ones = [one for one in found if one.state != ACCEPTED]
    back = made["owed_back"]
    hands = figures.untouched(made["untouched"])
    oldest = max((one.age for one in open_ones), default=None)
    oldest_back = max((int(str(row[2])) for row in back.rows), default=None)
    here = f"/{language}/accountant"
    span = f"from={(day - WEEKS).isoformat()}&to={day.isoformat()}"
    return [
        _box("unmatched", sum(one.stake for one in open_ones), oldest, "oldest_break_days", here, money=True),
        _box(
            "owed_back",
            back.total("amount"),
            oldest_back,
            "oldest_owed_back_days",
            f"{here}/refunds",
            money=True,
        ),
        _box("speed", quick.median, quick.median, "median_seconds", f"{here}/reports?what=speed&{span}"),
        _box("untouched", hands.per_mille, hands.per_mille, "untouched_share", f"{here}?view=closed"),
        _box(
            "online",
            share.per_mille,
            share.per_mille,
            "online_share",
            f"{here}/reports?what=collected&by=channel&{span}",
        ),
        _box("open", outstanding[1], None, "", f"{here}/reports?what=outstanding", money=True),
    ]


def _box(
    key: str, value: int | None, judged: int | None, target: str, href: str, *, money: bool = False
) -> dict[str, Any]:
    meets = figures.meets(target, judged) if target else None
    return {"key": key, "value": value, "judged": judged, "meets": meets, "href": href, "money": money}


def _drawn(report: Report, value: int, day: date) -> list[tuple[object, object]]:
    """Key and value of each row; days without any are drawn as nothing, so that a gap is seen."""
    pairs = [(row[0], row[value]) for row in report.rows]
    if report.columns[0].key != "day" or not pairs:
        return list(pairs)
    known = dict(pairs)
    return [(one, known.get(one, 0)) for one in (day - WEEKS + timedelta(days=n) for n in range(WEEKS.days + 1))]


def _charts(language: str, day: date, made: dict[str, Report]) -> list[dict[str, Any]]:
    at = 0 if language == "vi" else 1
    listed = []
    for name, value in (("days", 3), ("channels", 3), ("ages", 2), ("units", 3), ("untouched", 3)):
        report = made[name]
        title = TEXTS[f"acc.chart.{name}"][at]
        items = [(_label(key), int(str(told or 0))) for key, told in _drawn(report, value, day)]
        listed.append({"name": name, "title": title, "report": report, "svg": charts.bars(title, items)})
    return listed


def _label(cell: object) -> str:
    return f"{cell:%d/%m}" if isinstance(cell, date) else str(cell)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
    both(router, f"{PATH}/export", export, "GET")
