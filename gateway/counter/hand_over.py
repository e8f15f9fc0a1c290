"""A counter handed over: from the close until the receiving officer has counted, under his own login, it is nobody's.

Who is named takes over by opening his shift there and confirms drawer and cards himself; nobody else may, and he works at
no other counter meanwhile. Where he cannot come, a second person releases the counter with a reason.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.counter.shift_store import ShiftInvalid, ShiftMissing, counter, shift
from gateway.kernel.errors import Conflict
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.officers.model import Officer, Role

LONGEST = 500


class HandedToOther(Conflict):
    """The counter waits for the officer it was handed to."""

    code = "shift.handed_to_other"


class HandOverWaits(Conflict):
    """Another counter was handed to this officer and waits."""

    code = "shift.hand_over_waits"


def refuse_other(connection: sa.Connection, officer: Officer, counter_id: str) -> bool:
    """Whether opening here takes a hand-over. HandedToOther, HandOverWaits."""
    rows = waiting(connection, officer.agency)
    here = next((row for row in rows if row.counter_id == counter_id), None)
    if here is not None and here.handed_to != officer.id:
        raise HandedToOther(
            "Quầy này đã bàn giao cho cán bộ khác; chờ người đó nhận, hoặc nhờ người thứ hai gỡ.",
            "This counter was handed to another officer: wait, or have a second person release it.",
            field="counter",
        )
    mine = next((row for row in rows if row.handed_to == officer.id and row.counter_id != counter_id), None)
    if here is None and mine is not None:
        raise HandOverWaits(
            f"Quầy {mine.counter_name} đang chờ bạn nhận bàn giao.",
            f"{mine.counter_name} waits for you to take it over.",
            field="counter",
        )
    return here is not None


def for_officer(connection: sa.Connection, agency_id: str, officer_id: str) -> sa.Row[Any] | None:
    """The shift whose counter waits for this officer; as in `waiting`."""
    return next((row for row in waiting(connection, agency_id) if row.handed_to == officer_id), None)


def waiting(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """Closed shifts whose counter waits for the officer they were handed to, oldest first, with `counter_name`."""
    later = shift.alias("later")
    after = (later.c.opened_at >= shift.c.closed_at) & (later.c.id > shift.c.id)
    followed = sa.exists().where(later.c.counter_id == shift.c.counter_id, after)
    joined = sa.select(shift, counter.c.name.label("counter_name")).join(counter, counter.c.id == shift.c.counter_id)
    mine = own(shift, agency_id) & shift.c.handed_to.is_not(None) & counter.c.retired_at.is_(None)
    return list(connection.execute(joined.where(mine, ~followed).order_by(shift.c.closed_at, shift.c.id)))


def release(uow: UnitOfWork, officer: Officer, shift_id: str, reason: str) -> None:
    """A second person: the officer it was handed to does not come, anybody may open there. RoleMissing, ShiftInvalid,
    ShiftMissing."""
    officer.need(Role.APPROVER)
    if not reason.strip() or len(reason) > LONGEST:
        raise ShiftInvalid("Hãy ghi lý do.", "Say why.", field="reason")
    row = next((row for row in waiting(uow.connection, officer.agency) if row.id == shift_id), None)
    if row is None:
        raise ShiftMissing("Không có bàn giao nào đang chờ.", "No hand-over waits.")
    mine = own(shift, officer.agency) & (shift.c.id == shift_id)
    uow.connection.execute(sa.update(shift).where(mine).values(handed_to=None))
    body = {"handed_to": row.handed_to, "reason": reason.strip(), "counter": row.counter_name}
    uow.emit([Event(officer.agency, "shift.hand_over_released", shift_id, body)])
