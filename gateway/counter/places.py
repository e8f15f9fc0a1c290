"""What stands at the counters: counters, printers and printed QR cards, registered and taken out of use by an administrator.

Nothing is deleted: what is out of use keeps its past. A card somebody put over ours is the cheapest fraud at a counter,
so a card is good only while it is registered for the counter where it is seen (`shift_open`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import shift_store as store
from gateway.counter.shift_store import (
    PAPERS,
    Counter,
    CounterMissing,
    ShiftInvalid,
    ShiftState,
    counter,
    printer,
    qr_card,
    shift,
)
from gateway.counter.terminal_store import counter_terminal
from gateway.kernel.errors import Conflict
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new

TOKEN_CHARACTERS = 26  # 130 bits

_NAME = re.compile(r"[^\W_][\w .-]{0,29}")
_SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,29}")


class CounterInUse(Conflict):
    """A shift is open there."""

    code = "counter.in_use"


@dataclass(frozen=True, slots=True)
class Printer:
    """Where receipts come out."""

    name: str
    counter_id: str
    paper: str


@dataclass(frozen=True, slots=True)
class Card:
    """A printed QR card."""

    serial: str
    counter_id: str


def add_counter(uow: UnitOfWork, agency_id: str, name: str, paper: str = "a5") -> Counter:
    """A counter of this name, in use from now on; one that is in use stays as it is. ShiftInvalid."""
    if not _NAME.fullmatch(name.strip()) or paper not in PAPERS:
        raise ShiftInvalid("Tên quầy không hợp lệ.", "The counter's name is not valid.", field="counter")
    row = {"id": uow.mint("ctr"), "agency_id": agency_id, "name": name.strip(), "token": uow.ids.code(TOKEN_CHARACTERS)}
    fresh = insert_if_new(uow.connection, counter, {**row, "paper": paper, "created_at": uow.now()})
    again = own(counter, agency_id) & (counter.c.name == name.strip()) & counter.c.retired_at.is_not(None)
    back = sa.update(counter).where(again).values(retired_at=None, token=row["token"], paper=paper)
    if uow.connection.execute(back).rowcount or fresh:
        found = _named(uow.connection, agency_id, name)
        uow.emit([Event(agency_id, "counter.added", found.id, {"name": found.name})])
    return _named(uow.connection, agency_id, name)


def retire_counter(uow: UnitOfWork, agency_id: str, counter_id: str) -> None:
    """Out of use with its printers and cards; its window's address ends. CounterMissing, CounterInUse."""
    place = _counter(uow.connection, agency_id, counter_id)
    open_there = own(shift, agency_id) & (shift.c.counter_id == place.id) & (shift.c.state == ShiftState.OPEN.value)
    if uow.connection.execute(sa.select(shift.c.id).where(open_there).limit(1)).first() is not None:
        raise CounterInUse("Quầy đang có ca mở.", "A shift is open at this counter.", field="counter")
    gone = {"retired_at": uow.now()}
    for table in (printer, qr_card):
        there = own(table, agency_id) & (table.c.counter_id == place.id) & table.c.retired_at.is_(None)
        uow.connection.execute(sa.update(table).where(there).values(**gone))
    its = own(counter_terminal, agency_id) & (counter_terminal.c.counter == place.name)
    uow.connection.execute(sa.delete(counter_terminal).where(its))
    mine = own(counter, agency_id) & (counter.c.id == place.id)
    uow.connection.execute(sa.update(counter).where(mine).values(**gone, shown_payment=None))
    uow.emit([Event(agency_id, "counter.retired", place.id, {"name": place.name})])


def set_paper(uow: UnitOfWork, agency_id: str, counter_id: str, paper: str) -> None:
    """On which paper this counter prints: remembered. ShiftInvalid."""
    if paper not in PAPERS:
        raise ShiftInvalid("Khổ giấy là a5 hoặc slip.", "The paper is a5 or slip.", field="paper")
    mine = own(counter, agency_id) & (counter.c.id == counter_id)
    uow.connection.execute(sa.update(counter).where(mine).values(paper=paper))


def add_card(uow: UnitOfWork, agency_id: str, counter_id: str, serial: str) -> None:
    """A printed QR card that belongs to a counter; one that was out of use comes back into it. ShiftInvalid,
    CounterMissing."""
    if not _SERIAL.fullmatch(serial.strip()):
        raise ShiftInvalid("Số sê-ri thẻ QR không hợp lệ.", "The card's serial is not valid.", field="serial")
    key = {"agency_id": agency_id, "serial": serial.strip().upper()}
    _register(uow, qr_card, key, _counter(uow.connection, agency_id, counter_id))
    uow.emit([Event(agency_id, "counter.card_added", counter_id, {"serial": key["serial"]})])


def retire_card(uow: UnitOfWork, agency_id: str, serial: str) -> None:
    """Lost, worn or replaced: seen again it is a foreign card. ShiftInvalid."""
    _retire(uow, qr_card, qr_card.c.serial, agency_id, serial, "counter.card_retired")


def add_printer(uow: UnitOfWork, agency_id: str, counter_id: str, name: str, paper: str) -> None:
    """A printer at a counter, and the paper in it. ShiftInvalid, CounterMissing."""
    if not _NAME.fullmatch(name.strip()) or paper not in PAPERS:
        raise ShiftInvalid("Tên máy in hoặc khổ giấy không hợp lệ.", "The printer is not valid.", field="printer")
    key = {"agency_id": agency_id, "name": name.strip()}
    place = _counter(uow.connection, agency_id, counter_id)
    _register(uow, printer, key, place, paper=paper)
    if [one.name for one in printers(uow.connection, agency_id) if one.counter_id == place.id] == [key["name"]]:
        set_paper(uow, agency_id, place.id, paper)  # its only one: the counter prints there
    uow.emit([Event(agency_id, "counter.printer_added", counter_id, {"name": key["name"], "paper": paper})])


def retire_printer(uow: UnitOfWork, agency_id: str, name: str) -> None:
    """Out of use. ShiftInvalid."""
    _retire(uow, printer, printer.c.name, agency_id, name, "counter.printer_retired")


def printers(connection: sa.Connection, agency_id: str) -> list[Printer]:
    """Those in use, by name."""
    mine = own(printer, agency_id) & printer.c.retired_at.is_(None)
    columns = (printer.c.name, printer.c.counter_id, printer.c.paper)
    return [Printer(*row) for row in connection.execute(sa.select(*columns).where(mine).order_by(printer.c.name))]


def cards(connection: sa.Connection, agency_id: str) -> list[Card]:
    """Those in use, by serial."""
    mine = own(qr_card, agency_id) & qr_card.c.retired_at.is_(None)
    columns = (qr_card.c.serial, qr_card.c.counter_id)
    return [Card(*row) for row in connection.execute(sa.select(*columns).where(mine).order_by(qr_card.c.serial))]


def _named(connection: sa.Connection, agency_id: str, name: str) -> Counter:
    return next(one for one in store.counters(connection, agency_id) if one.name == name.strip())


def _counter(connection: sa.Connection, agency_id: str, counter_id: str) -> Counter:
    found = next((one for one in store.counters(connection, agency_id) if one.id == counter_id), None)
    if found is None:
        raise CounterMissing("Không có quầy này.", "There is no such counter.", field="counter")
    return found


def _register(uow: UnitOfWork, table: sa.Table, key: dict[str, str], place: Counter, **more: str) -> None:
    values = {"counter_id": place.id, "added_at": uow.now(), **more}
    if insert_if_new(uow.connection, table, {**key, **values}):
        return
    again = sa.and_(*(table.c[name] == value for name, value in key.items()), table.c.retired_at.is_not(None))
    if not uow.connection.execute(sa.update(table).where(again).values(**values, retired_at=None)).rowcount:
        raise ShiftInvalid("Đã đăng ký và đang dùng.", "It is registered and in use.", field=list(key)[1])


def _retire(uow: UnitOfWork, table: sa.Table, by: sa.Column[str], agency_id: str, name: str, kind: str) -> None:
    mine = own(table, agency_id) & (by == name) & table.c.retired_at.is_(None)
    gone = sa.update(table).where(mine).values(retired_at=uow.now()).returning(table.c.counter_id)
    counter_id = uow.connection.scalar(gone)
    if counter_id is None:
        raise ShiftInvalid("Không có trong danh sách đang dùng.", "Nothing of this name is in use.", field=by.name)
    uow.emit([Event(agency_id, kind, counter_id, {by.name: name})])
