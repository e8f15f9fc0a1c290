"""A closed day is locked (khóa sổ): nothing is entered on it any more; what still belongs to it is entered later and says so.

Re-opening takes two persons and a reason. The lock is kept by the database too, by trigger.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.errors import Conflict, Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.store import day_lock

ONE_DAY = timedelta(days=1)


class DayLocked(Conflict):
    """The day is locked already."""

    code = "ledger.day_locked"


class DayOpen(Conflict):
    """The day is not locked."""

    code = "ledger.day_open"


class SamePerson(Conflict):
    """Two persons are needed and one was named twice."""

    code = "ledger.same_person"


class ReasonMissing(Invalid):
    """Re-opening needs a reason."""

    code = "ledger.reason"


def lock_day(uow: UnitOfWork, agency_id: str, day: date) -> None:
    """Lock a day. Raises DayLocked."""
    if day in locked_days(uow.connection, agency_id, day):
        raise DayLocked(f"Ngày {day:%d/%m/%Y} đã khóa sổ.", f"{day} is locked.", field="day")
    lock_id = uow.mint("lck")
    row = {"id": lock_id, "agency_id": agency_id, "day": day, "locked_at": uow.now(), "locked_by": uow.actor}
    uow.connection.execute(sa.insert(day_lock).values(**row))
    uow.emit([Event(agency_id, "day.locked", lock_id, {"day": day.isoformat()})])


def reopen_day(uow: UnitOfWork, agency_id: str, day: date, *, asked_by: str, approved_by: str, reason: str) -> None:
    """Open a locked day again. Raises DayOpen, SamePerson, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("Mở lại sổ cần có lý do.", "Re-opening needs a reason.", field="reason")
    if asked_by == approved_by:
        raise SamePerson("Người đề nghị và người duyệt phải khác nhau.", "Two persons are needed.", field="approved_by")
    current = own(day_lock, agency_id) & (day_lock.c.day == day) & day_lock.c.reopened_at.is_(None)
    values = {"reopened_at": uow.now(), "asked_by": asked_by, "approved_by": approved_by, "reason": reason.strip()}
    if uow.connection.execute(sa.update(day_lock).where(current).values(**values)).rowcount == 0:
        raise DayOpen(f"Ngày {day:%d/%m/%Y} chưa khóa sổ.", f"{day} is not locked.", field="day")
    body = {"day": day.isoformat(), "asked_by": asked_by, "approved_by": approved_by}
    uow.emit([Event(agency_id, "day.reopened", agency_id, body)])


def locked_days(connection: sa.Connection, agency_id: str, since: date) -> set[date]:
    """The agency's locked days from `since` on."""
    current = own(day_lock, agency_id) & (day_lock.c.day >= since) & day_lock.c.reopened_at.is_(None)
    return set(connection.scalars(sa.select(day_lock.c.day).where(current)))


def open_day(day: date, locked: Collection[date]) -> date:
    """`day`, or the first day after it that is not locked."""
    while day in locked:
        day += ONE_DAY
    return day
