"""Open a shift: who, at which counter, with which terminal, what is in the drawer, and are the QR cards ours.

A card somebody put over ours is the cheapest fraud at a counter: every serial is looked at before the first payer. What
differs from how the counter was left has to be explained before the shift opens. A counter that was handed over is
taken by the officer it was handed to, who says himself that he has counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import cash_count, hand_over, places
from gateway.counter import shift_store as store
from gateway.counter.shift_store import Counter, Shift, ShiftInvalid, ShiftState, ShiftTaken, qr_card, shift
from gateway.counter.terminal_register import choose
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.officers.model import Officer, Role

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Opening:
    """What an officer tells when a shift begins."""

    counter: str
    terminal: str = ""
    counts: Mapping[int, int] = field(default_factory=dict)  # denomination -> pieces in the drawer
    cards: tuple[str, ...] = ()  # serials of the QR cards seen at the counter
    note: str = ""
    counted: bool = False  # the officer says: I have counted the drawer and seen every card (for a hand-over)


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards at a counter against those that belong there."""

    seen: tuple[str, ...]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def differ(self) -> bool:
        """Whether somebody has to look."""
        return bool(self.missing or self.foreign)


def open_shift(uow: UnitOfWork, officer: Officer, told: Opening) -> Shift:
    """The officer's shift. RoleMissing, ShiftInvalid, ShiftTaken, TerminalMissing, CountInvalid, HandedToOther,
    HandOverWaits."""
    officer.need(Role.COUNTER)
    place = _place(uow, officer, told.counter)
    taken_over = hand_over.refuse_other(uow.connection, officer, place.id)
    if taken_over and not told.counted:
        raise ShiftInvalid(
            "Nhận bàn giao: tự đếm tiền, xem từng thẻ QR rồi xác nhận.",
            "Taking over: count the drawer and look at each card yourself, then confirm.",
            field="counted",
        )
    if told.terminal:
        choose(uow, officer.agency, place.name, told.terminal)
    cards = cards_of(uow.connection, place, told.cards)
    cash = cash_count.total(told.counts)
    left = left_cash(uow.connection, place)
    _explained(told, cards, 0 if left is None else cash - left)
    row = _row(uow, officer, place, told, cards, cash)
    if not insert_if_new(uow.connection, shift, row):
        raise ShiftTaken(
            "Quầy này hoặc cán bộ này đang có ca mở.", "The counter or the officer has an open shift.", field="counter"
        )
    body = {"counter": place.name, "terminal": told.terminal, "cash": cash, "left": left, "role": Role.COUNTER.value}
    body |= {
        "taken_over": taken_over,
        "cards_missing": list(cards.missing),
        "cards_foreign": list(cards.foreign),
        "note": told.note.strip(),
    }
    uow.emit([Event(officer.agency, "shift.opened", row["id"], body)])
    if cards.foreign:
        uow.emit([Event(officer.agency, "counter.foreign_card", place.id, {"serials": list(cards.foreign)})])
    return store.by_id(uow.connection, officer.agency, row["id"])


def cards_of(connection: sa.Connection, place: Counter, seen: tuple[str, ...]) -> Cards:
    """The cards seen against those registered for the counter."""
    mine = own(qr_card, place.agency_id) & (qr_card.c.counter_id == place.id) & qr_card.c.retired_at.is_(None)
    known = set(connection.scalars(sa.select(qr_card.c.serial).where(mine)))
    told = {serial.strip().upper() for serial in seen if serial.strip()}
    return Cards(tuple(sorted(told)), tuple(sorted(known - told)), tuple(sorted(told - known)))


def left_cash(connection: sa.Connection, place: Counter) -> int | None:
    """What the last shift left in the drawer, đồng; None before the first."""
    mine = own(shift, place.agency_id) & (shift.c.counter_id == place.id) & (shift.c.state != ShiftState.OPEN.value)
    query = sa.select(shift.c.left_cash).where(mine).order_by(shift.c.closed_at.desc(), shift.c.id.desc()).limit(1)
    return connection.scalar(query)


def _place(uow: UnitOfWork, officer: Officer, name: str) -> Counter:
    """A counter in use. Its name may be new only while no QR card is registered: a counter without its cards would pass
    the check of the serials."""
    known = {one.name: one for one in store.counters(uow.connection, officer.agency)}
    if name.strip() in known:
        return known[name.strip()]
    cards = own(qr_card, officer.agency) & qr_card.c.retired_at.is_(None)
    if uow.connection.execute(sa.select(qr_card.c.serial).where(cards).limit(1)).first() is not None:
        raise ShiftInvalid(
            "Không có quầy này: hãy chọn quầy đã đăng ký, hoặc hỏi quản trị viên.",
            "There is no such counter: choose a registered one, or ask an administrator.",
            field="counter",
        )
    return places.add_counter(uow, officer.agency, name)


def _explained(told: Opening, cards: Cards, difference: int) -> None:
    if len(told.note) > LONGEST:
        raise ShiftInvalid("Ghi chú quá dài.", "The note is too long.", field="note")
    if (cards.differ or difference) and not told.note.strip():
        named = ", ".join((*cards.missing, *cards.foreign)) or f"{difference:+d} đ"
        raise ShiftInvalid(
            f"Khác với lúc bàn giao ({named}): hãy ghi rõ lý do.",
            f"This differs from how the counter was left ({named}): say why.",
            field="note",
        )


def _row(uow: UnitOfWork, officer: Officer, place: Counter, told: Opening, cards: Cards, cash: int) -> dict[str, Any]:
    seen = {"seen": cards.seen, "missing": cards.missing, "foreign": cards.foreign}
    return {
        "id": uow.mint("shf"),
        "agency_id": officer.agency,
        "counter_id": place.id,
        "officer_id": officer.id,
        "terminal": told.terminal,
        "state": ShiftState.OPEN.value,
        "opened_at": uow.now(),
        "opening_cash": cash,
        "opening_counts": json.dumps(cash_count.kept(told.counts)),
        "opening_note": told.note.strip(),
        "cards": json.dumps(seen),
        "difference": 0,
        "note": "",
        "left_cash": 0,
        "resolution": "",
    }
