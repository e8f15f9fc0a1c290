"""Close a day (khóa sổ ngày): only when nothing blocks; what it came to is frozen with the audit tree's head.

Re-opening takes two officers: one asks with a reason, another agrees. The closing that stood before is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import ready
from gateway.closing.day_store import day_close
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.lock import ReasonMissing, SamePerson, lock_day, reopen_day


class DayNotReady(Conflict):
    """Something blocks; `facts["points"]` says what, with counts."""

    code = "closing.not_ready"


class DayNotOver(Conflict):
    """A day is closed after it has ended."""

    code = "closing.not_over"


class DayNotClosed(Missing):
    """The day is not closed."""

    code = "closing.not_closed"


def close_day(uow: UnitOfWork, agency_id: str, day: date, *, checkpoint: str = "") -> str:
    """Lock the day and freeze what it came to; the closing's id. `checkpoint` is the audit tree's signed head.

    DayNotOver, DayNotReady, DayLocked.
    """
    if day >= business_day(uow.now()):
        raise DayNotOver("Ngày chưa kết thúc.", "The day is not over.", field="day")
    found = ready.points(uow.connection, agency_id, day)
    blocking = [point for point in found if point.blocks and not point.ok]
    if blocking:
        said = [{"code": point.code, "count": point.count} for point in blocking]
        raise DayNotReady(
            "Chưa khóa sổ được: " + "; ".join(f"{point.count} {point.vi}" for point in blocking),
            "The day cannot be closed: " + "; ".join(f"{point.count} {point.en}" for point in blocking),
            points=said,
        )
    lock_day(uow, agency_id, day)
    close_id = uow.mint("cls")
    row = {
        "id": close_id,
        "agency_id": agency_id,
        "day": day,
        "facts": json.dumps(_facts(uow.connection, agency_id, day, found), ensure_ascii=False, sort_keys=True),
        "checkpoint": checkpoint,
        "closed_by": uow.actor,
        "closed_at": uow.now(),
    }
    uow.connection.execute(sa.insert(day_close).values(**row))
    uow.emit([Event(agency_id, "day.closed", close_id, {"day": day.isoformat()})])
    return close_id


def ask_reopen(uow: UnitOfWork, agency_id: str, day: date, reason: str) -> None:
    """`uow.actor` asks for a closed day to be opened again. DayNotClosed, ReasonMissing."""
    row = current(uow.connection, agency_id, day, lock=True)
    if not reason.strip():
        raise ReasonMissing("Mở lại sổ cần có lý do.", "Re-opening needs a reason.", field="reason")
    values = {"reopen_asked_by": uow.actor, "reopen_asked_at": uow.now(), "reopen_reason": reason.strip()}
    uow.connection.execute(sa.update(day_close).where(day_close.c.id == row.id).values(**values))
    uow.emit([Event(agency_id, "day.reopen_asked", row.id, {"day": day.isoformat()})])


def agree_reopen(uow: UnitOfWork, agency_id: str, day: date) -> None:
    """`uow.actor`, another officer, agrees: the day is open again. DayNotClosed, SamePerson."""
    row = current(uow.connection, agency_id, day, lock=True)
    if row.reopen_asked_by is None:
        raise DayNotClosed("Chưa có đề nghị mở lại sổ.", "Nobody has asked to re-open the day.")
    if row.reopen_asked_by == uow.actor:
        raise SamePerson("Người đề nghị và người duyệt phải khác nhau.", "Two persons are needed.", field="approved_by")
    reopen_day(uow, agency_id, day, asked_by=row.reopen_asked_by, approved_by=uow.actor, reason=row.reopen_reason)
    values = {"reopened_by": uow.actor, "reopened_at": uow.now()}
    uow.connection.execute(sa.update(day_close).where(day_close.c.id == row.id).values(**values))


def current(connection: sa.Connection, agency_id: str, day: date, *, lock: bool = False) -> sa.Row[Any]:
    """The closing in force; DayNotClosed."""
    query = sa.select(day_close).where(
        own(day_close, agency_id), day_close.c.day == day, day_close.c.reopened_at.is_(None)
    )
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise DayNotClosed(f"Ngày {day:%d/%m/%Y} chưa khóa sổ.", f"{day} is not closed.", field="day")
    return row


def closings(connection: sa.Connection, agency_id: str, limit: int = 60) -> list[sa.Row[Any]]:
    """Newest day first; of one day the latest closing first."""
    query = (
        sa.select(day_close).where(own(day_close, agency_id)).order_by(day_close.c.day.desc(), day_close.c.id.desc())
    )
    return list(connection.execute(query.limit(limit)))


def _facts(connection: sa.Connection, agency_id: str, day: date, points: list[ready.Point]) -> dict[str, Any]:
    return {
        "totals": asdict(ready.totals(connection, agency_id, day)),
        "accounts": [asdict(one) for one in ready.accounts(connection, agency_id, day)],
        "points": [{"code": point.code, "count": point.count} for point in points],
    }
