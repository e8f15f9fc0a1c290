"""The queue's tickets for payment: waiting, called, being served, done. Numbers and times, never a person.

A machine that gives numbers may tell when; a number typed at the counter is as good, only its waiting time is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import sqlalchemy as sa

from gateway.access import own
from gateway.counter.shift_store import ticket, visit
from gateway.kernel.clock import business_day, day_start
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.payments.store import payment

_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]{0,9}")
SHOWN = 12  # on the public screen, of each kind


class TicketInvalid(Invalid):
    """That is no ticket number."""

    code = "queue.ticket"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A number as everybody may see it."""

    number: str
    state: str
    counter: str


@dataclass(frozen=True, slots=True)
class Times:
    """Of a day, in whole seconds; None where nothing was measured."""

    served: int
    waiting_median_s: int | None
    handling_median_s: int | None


def checked(number: str) -> str:
    """A ticket number as it is kept. TicketInvalid."""
    kept = number.strip().upper()
    if not _NUMBER.fullmatch(kept):
        raise TicketInvalid("Số thứ tự không hợp lệ.", "The ticket number is not valid.", field="ticket")
    return kept


def give(uow: UnitOfWork, agency_id: str) -> str:
    """The next number of the day, for who comes in."""
    day = business_day(uow.now())
    mine = own(ticket, agency_id) & (ticket.c.day == day)
    count = int(uow.connection.scalar(sa.select(sa.func.count()).select_from(ticket).where(mine)) or 0)
    while True:
        count += 1
        row = _row(uow, agency_id, f"P{count:03d}") | {"taken_at": uow.now()}
        if insert_if_new(uow.connection, ticket, row):
            _told(uow, agency_id, row["number"], "waiting")
            return str(row["number"])


def call(uow: UnitOfWork, agency_id: str, number: str, counter: str) -> str:
    """This number is called to a counter; one that no machine told of begins here. TicketInvalid."""
    kept = checked(number)
    insert_if_new(uow.connection, ticket, _row(uow, agency_id, kept))
    _move(uow, agency_id, kept, "called", counter=counter, called_at=uow.now())
    return kept


def call_next(uow: UnitOfWork, agency_id: str, counter: str) -> str | None:
    """The number that has waited longest; None when nobody waits."""
    waits = own(ticket, agency_id) & (ticket.c.day == business_day(uow.now())) & (ticket.c.state == "waiting")
    query = sa.select(ticket.c.number).where(waits).order_by(ticket.c.taken_at, ticket.c.number).limit(1)
    number = uow.connection.scalar(query.with_for_update(skip_locked=True))
    return None if number is None else call(uow, agency_id, number, counter)


def serve(uow: UnitOfWork, agency_id: str, number: str, counter: str) -> None:
    """Money is being asked for."""
    kept = checked(number)
    insert_if_new(uow.connection, ticket, _row(uow, agency_id, kept) | {"called_at": uow.now()})
    _move(uow, agency_id, kept, "serving", counter=counter)


def done(uow: UnitOfWork, agency_id: str, number: str) -> None:
    """The payer has gone."""
    _move(uow, agency_id, checked(number), "done", done_at=uow.now())


def feed(connection: sa.Connection, agency_id: str, day: date) -> list[Ticket]:
    """What the public screen shows: called and served ones, then those done last."""
    mine = own(ticket, agency_id) & (ticket.c.day == day)
    columns = (ticket.c.number, ticket.c.state, ticket.c.counter)
    busy = sa.select(*columns).where(mine, ticket.c.state.in_(("called", "serving")))
    last = sa.select(*columns).where(mine, ticket.c.state == "done").order_by(ticket.c.done_at.desc()).limit(SHOWN)
    rows = [
        *connection.execute(busy.order_by(ticket.c.called_at.desc(), ticket.c.number).limit(2 * SHOWN)),
        *connection.execute(last),
    ]
    return [Ticket(row.number, row.state, row.counter) for row in rows]


def waiting(connection: sa.Connection, agency_id: str, day: date) -> int:
    """How many wait."""
    mine = own(ticket, agency_id) & (ticket.c.day == day) & (ticket.c.state == "waiting")
    return int(connection.scalar(sa.select(sa.func.count()).select_from(ticket).where(mine)) or 0)


def times(connection: sa.Connection, agency_id: str, day: date) -> Times:
    """How long people waited for their call, and from the opened record to the money."""
    mine = own(ticket, agency_id) & (ticket.c.day == day) & ticket.c.taken_at.is_not(None)
    waits = connection.execute(
        sa.select(ticket.c.taken_at, ticket.c.called_at).where(mine, ticket.c.called_at.is_not(None))
    )
    waited = [(row.called_at - row.taken_at).total_seconds() for row in waits]
    of_day = (
        own(visit, agency_id)
        & (visit.c.asked_at >= day_start(day))
        & (visit.c.asked_at < day_start(day + timedelta(1)))
    )
    joined = sa.select(visit.c.began_at, payment.c.settled_at).join_from(
        visit, payment, visit.c.payment_id == payment.c.id
    )
    paid = connection.execute(joined.where(of_day, payment.c.settled_at.is_not(None)))
    handled = [(row.settled_at - row.began_at).total_seconds() for row in paid]
    return Times(len(handled), _median(waited), _median(handled))


def _median(seconds: list[float]) -> int | None:
    return max(0, round(median(seconds))) if seconds else None


def _row(uow: UnitOfWork, agency_id: str, number: str) -> dict[str, object]:
    return {"agency_id": agency_id, "day": business_day(uow.now()), "number": number, "state": "waiting", "counter": ""}


def _move(uow: UnitOfWork, agency_id: str, number: str, state: str, **values: object) -> None:
    mine = own(ticket, agency_id) & (ticket.c.day == business_day(uow.now())) & (ticket.c.number == number)
    if uow.connection.execute(sa.update(ticket).where(mine).values(state=state, **values)).rowcount:
        _told(uow, agency_id, number, state)


def _told(uow: UnitOfWork, agency_id: str, number: object, state: str) -> None:
    uow.emit([Event(agency_id, f"queue.{state}", f"queue:{agency_id}", {"number": number})])
