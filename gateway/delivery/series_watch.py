"""What will close a series, told in time: certificates and delegations 60, 30 and 7 days before, numbers at a tenth.

The worker looks each hour; each threshold is told once, and why a series is closed once a day. In December it makes
next year's symbol ready, since at 00:00 on 1 January the old one gives no more numbers (NĐ 254/2026, Điều 23 k2 c).
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from gateway import agencies
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from receipts import ranges
from receipts.life_tables import warning
from receipts.register import Finding, may_issue
from receipts.series import Series

DECEMBER = 12


def warnings(connection: sa.Connection, agency: str, today: date) -> list[Finding]:
    """What closes the agency's series today, or may soon."""
    verdict = may_issue(connection, agency, today)
    return [*verdict.reasons, *verdict.warnings]


def watch(environment: Environment) -> int:
    """Tell what is new and make next year's symbols ready; how many events and symbols."""
    today = business_day(environment.clock())
    with environment.read() as connection:
        known = [agency.id for agency in agencies.all_agencies(connection)]
    return sum(_watch(environment, agency_id, today) for agency_id in known)


def ready_for_next_year(uow: UnitOfWork, agency_id: str, today: date) -> list[Series]:
    """Next year's symbol for each whole symbol of this year, unless there is one; told to the outbox."""
    made = ranges.ready_for(uow.connection, agency_id, today.year + 1, now=uow.now(), mint=uow.mint)
    uow.emit(Event(agency_id, "series.opened", one.id, {"form": one.form, "symbol": one.symbol}) for one in made)
    return made


def _watch(environment: Environment, agency_id: str, today: date) -> int:
    with environment.begin(actor="worker", agency=agency_id) as uow:
        opened = ready_for_next_year(uow, agency_id, today) if today.month == DECEMBER else []
        verdict = may_issue(uow.connection, agency_id, today)
        told = [_event(agency_id, "series.closed", one) for one in verdict.reasons if _new(uow, agency_id, one, today)]
        told += [_event(agency_id, "series.warning", w) for w in verdict.warnings if _new(uow, agency_id, w, today)]
        uow.emit(told)
        return len(opened) + len(told)


def _new(uow: UnitOfWork, agency_id: str, finding: Finding, today: date) -> bool:
    """A threshold is told once for the same end; what has no threshold, once a day."""
    if finding.within is None or finding.left is None:
        key = f"{finding.code}:{today.isoformat()}"
    elif finding.code == "series.nearly_exhausted":
        key = f"{finding.code}:{today.year}"
    else:
        key = f"{finding.code}:{finding.within}:{(today + timedelta(days=finding.left)).isoformat()}"
    return insert_if_new(uow.connection, warning, {"owner": agency_id, "key": key, "told_at": uow.now()})


def _event(agency_id: str, kind: str, finding: Finding) -> Event:
    body = {"code": finding.code, "vi": finding.vi, "en": finding.en, "left": finding.left, "within": finding.within}
    return Event(agency_id, kind, agency_id, body)
