"""Close a shift: count the drawer, compare terminal, receipts and books, explain what differs or pass it on.

What cash was taken leaves as bank deposit slips, one for each account, each with a reference that the statement will
show. Nobody closes a shift whose sales wait for a second person to undo them, or for cash that is to be given back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import cash_count, cash_deposit, shift_terminals, show
from gateway.counter import shift_store as store
from gateway.counter.cash_store import sale_undoing
from gateway.counter.shift_open import LONGEST
from gateway.counter.shift_store import DifferenceUnexplained, Shift, ShiftInvalid, ShiftState, shift
from gateway.counter.shift_terminals import Told
from gateway.counter.shift_totals import Totals, comparisons, totals
from gateway.counter.terminal_totals import Compared
from gateway.kernel.errors import Conflict
from gateway.kernel.money import dong
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.officers import store as officers
from gateway.officers.model import Officer, Role


class UndoingOpen(Conflict):
    """A sale of this shift waits for a second person to undo it, or not."""

    code = "shift.undoing_open"


class NotEscalated(Conflict):
    """The shift waits for nobody."""

    code = "shift.not_escalated"


class OwnShift(Conflict):
    """A second person looks at the difference, not the one who worked the shift."""

    code = "shift.own"


@dataclass(frozen=True, slots=True)
class Closing:
    """What an officer tells when a shift ends."""

    counts: Mapping[int, int] = field(default_factory=dict)  # denomination -> pieces in the drawer
    said: tuple[Compared, ...] = ()  # what the terminals answered (`shift_terminals.ask`)
    terminal_total: int | None = None  # đồng, on the slips of those that did not answer; None: there is no slip
    note: str = ""
    escalate: bool = False
    handed_to: str = ""  # id of the officer who goes on at this counter


@dataclass(frozen=True, slots=True)
class Closed:
    """How the shift ended."""

    shift_id: str
    totals: Totals
    terminals: tuple[Told, ...]
    differences: dict[str, int]
    escalated: bool
    deposits: tuple[str, ...]


def close(uow: UnitOfWork, officer: Officer, told: Closing) -> Closed:
    """End the officer's open shift. NoShift, CountInvalid, ShiftInvalid, DifferenceUnexplained, UndoingOpen."""
    worked = store.require_shift(uow.connection, officer.agency, officer.id)
    store.shift_row(uow.connection, officer.agency, worked.id, lock=True)
    _no_undoing(uow, worked)
    counted = cash_count.total(told.counts)
    found = totals(uow.connection, worked)
    at_terminals = shift_terminals.compare(
        shift_terminals.machines(uow.connection, worked), told.said, told.terminal_total
    )
    differences = comparisons(found, counted_cash=counted) | dict(shift_terminals.differences(at_terminals))
    _check(uow, officer, told, differences)
    state = ShiftState.ESCALATED if told.escalate else ShiftState.CLOSED
    values = _values(uow, told, found, at_terminals, differences, state)
    uow.connection.execute(sa.update(shift).where(own(shift, officer.agency), shift.c.id == worked.id).values(**values))
    deposits = cash_deposit.draw_up(uow, worked)
    show.show(uow, worked.counter, None)
    body = {"counter": worked.counter.name, "role": Role.COUNTER.value, "amount": found.amount, "cash": counted}
    body |= {"differences": differences, "note": told.note.strip(), "deposits": list(deposits)}
    body |= {"handed_to": told.handed_to, "returned": found.returned}
    body |= {"terminals": {one.name: one.source for one in at_terminals}}
    uow.emit([Event(officer.agency, f"shift.{state.value}", worked.id, body)])
    return Closed(worked.id, found, at_terminals, differences, told.escalate, deposits)


def resolve(uow: UnitOfWork, officer: Officer, shift_id: str, resolution: str) -> None:
    """A second person has looked. RoleMissing, ShiftMissing, NotEscalated, OwnShift, ShiftInvalid."""
    officer.need(Role.APPROVER)
    row = store.shift_row(uow.connection, officer.agency, shift_id, lock=True)
    if row.state != ShiftState.ESCALATED:
        raise NotEscalated("Ca này không chờ xem xét.", "The shift waits for nobody.")
    if row.officer_id == officer.id:
        raise OwnShift("Người trực ca không tự duyệt ca của mình.", "Another person has to look at this shift.")
    if not resolution.strip() or len(resolution) > LONGEST:
        raise ShiftInvalid("Hãy ghi kết luận.", "Say what was found.", field="resolution")
    values: dict[str, Any] = {"state": ShiftState.RESOLVED.value, "resolution": resolution.strip()}
    values |= {"resolved_by": officer.actor, "resolved_at": uow.now()}
    uow.connection.execute(sa.update(shift).where(own(shift, officer.agency), shift.c.id == shift_id).values(**values))
    uow.emit([Event(officer.agency, "shift.resolved", shift_id, {"resolution": resolution.strip()})])


def escalated(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """Shifts that wait for a second person, oldest first."""
    waiting = own(shift, agency_id) & (shift.c.state == ShiftState.ESCALATED.value)
    return list(connection.execute(sa.select(shift).where(waiting).order_by(shift.c.id)))


def named(difference: str) -> tuple[str, str]:
    """What differs, vi and en."""
    kind, _, about = difference.partition(".")
    if kind == "receipts":
        return f"biên lai so với tiền đã thu ({about})", f"receipts against money ({about})"
    if difference in _NAMES:
        return _NAMES[difference]
    source, _, name = about.partition(".")
    vi, en = _TERMINALS[source]
    return f"{vi} {name}", f"{en} {name}"


_NAMES = {
    "cash.drawer": ("tiền đếm được trong ngăn kéo", "cash counted in the drawer"),
    "cash.booked": ("tiền mặt đã thu so với sổ", "cash taken against the books"),
    "terminal.booked": ("máy POS đã duyệt so với sổ", "approvals against the books"),
}
_TERMINALS = {
    "terminal": ("máy POS báo", "reported by terminal"),
    "typed": ("phiếu kết toán của máy POS", "slip of terminal"),
    "none": ("không có số liệu của máy POS", "no word of terminal"),
}


def _no_undoing(uow: UnitOfWork, worked: Shift) -> None:
    """A card sale that is being reversed goes on by itself; cash to be given back is in this drawer."""
    cash = sale_undoing.c.sale_id.is_(None) & (sale_undoing.c.state == "approved")
    live = (sale_undoing.c.shift_id == worked.id) & ((sale_undoing.c.state == "asked") | cash)
    if uow.connection.execute(sa.select(sale_undoing.c.id).where(live).limit(1)).first() is not None:
        raise UndoingOpen(
            "Còn khoản thu chờ người thứ hai duyệt hủy, hoặc tiền mặt chưa trả lại khách.",
            "A sale still waits for a second person to undo it, or cash for being given back.",
        )


def _check(uow: UnitOfWork, officer: Officer, told: Closing, differences: dict[str, int]) -> None:
    if len(told.note) > LONGEST:
        raise ShiftInvalid("Ghi chú quá dài.", "The note is too long.", field="note")
    if told.handed_to:
        officers.by_id(uow.connection, officer.agency, told.handed_to).need(Role.COUNTER)
    if (differences or told.escalate) and not told.note.strip():
        vi, en = (
            "; ".join(
                f"{named(name)[at]} {'+' if value > 0 else '-'}{dong(abs(value))}"
                for name, value in differences.items()
            )
            for at in (0, 1)
        )
        raise DifferenceUnexplained(
            f"Số liệu lệch ({vi}): hãy giải trình hoặc chuyển người phụ trách.",
            f"The figures differ ({en}): explain, or pass it on.",
            field="note",
            differences=differences,
        )


def _values(
    uow: UnitOfWork,
    told: Closing,
    found: Totals,
    at_terminals: tuple[Told, ...],
    differences: dict[str, int],
    state: ShiftState,
) -> dict[str, Any]:
    channels = [
        {
            "channel": one.channel,
            "paid": one.paid,
            "amount": one.amount,
            "returned": one.returned,
            "receipts": one.receipts,
        }
        for one in found.channels
    ]
    kept: dict[str, Any] = {"channels": channels, "approved": found.approved, "cash": found.cash}
    kept |= {"doubtful": found.doubtful, "returned": found.returned, "amount": found.amount}
    kept |= {
        "terminals": [asdict(one) for one in at_terminals],
        "counted": cash_count.total(told.counts),
        "differences": differences,
    }
    return {
        "state": state.value,
        "closed_at": uow.now(),
        "closing_counts": json.dumps(cash_count.kept(told.counts)),
        "closing": json.dumps(kept),
        "difference": sum(abs(value) for value in differences.values()),
        "note": told.note.strip(),
        "left_cash": max(0, cash_count.total(told.counts) - found.drawn),  # the rest goes to the bank
        "handed_to": told.handed_to or None,
    }
