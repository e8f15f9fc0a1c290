"""What a person may do about a break: give it to somebody, note, accept the difference, undo; each act is a row and a leaf.

Above the limit one asks and another agrees. To undo a decision is a decision too: it says again what the passes found.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.closing import breaks, breaks_store
from gateway.closing.breaks import OPEN, PERSON, Break
from gateway.closing.breaks_store import break_act
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.kernel.vault import Vault
from gateway.officers import store as officers
from gateway.settlement import allocate_undo
from reconciliation.decide import decide
from reconciliation.model import Kind
from reconciliation.store import recon_item

LONGEST = 2_000  # characters of a note


class BreakMissing(Missing):
    """No such break at this agency."""

    code = "break.missing"


class BreakClosed(Conflict):
    """Its state says no."""

    code = "break.closed"


class TextMissing(Invalid):
    """A note, or the reason to accept, is missing or too long."""

    code = "break.text"


class SamePerson(Forbidden):
    """Who asks does not agree."""

    code = "break.same_person"


def assign(uow: UnitOfWork, agency_id: str, subject: str, officer_id: str) -> None:
    """Give it to an officer of the agency, or to nobody (empty). BreakMissing, OfficerMissing."""
    found = _found(uow, agency_id, subject)
    if officer_id:
        officers.by_id(uow.connection, agency_id, officer_id)
    _keep(uow, agency_id, found, "assigned", officer_id=officer_id or None)


def note(uow: UnitOfWork, agency_id: str, subject: str, text: str) -> None:
    """Say something about it; kept sealed. BreakMissing, TextMissing."""
    _keep(uow, agency_id, _found(uow, agency_id, subject), "noted", text=_text(text))


def accept(uow: UnitOfWork, agency_id: str, subject: str, reason: str) -> bool:
    """Leave the difference as it is; whether it is accepted now or waits for a second person. BreakMissing,
    BreakClosed, TextMissing."""
    found = _found(uow, agency_id, subject)
    if found.state != OPEN:
        raise BreakClosed("Chênh lệch này không còn mở.", "This break is not open.", field="subject")
    at_once = found.stake <= uow.settings.write_off_limit
    _keep(uow, agency_id, found, "accepted" if at_once else "asked", text=_text(reason))
    return at_once


def agree(uow: UnitOfWork, agency_id: str, ask_id: str) -> None:
    """Another person agrees. BreakMissing, BreakClosed (it changed meanwhile), SamePerson."""
    asked, found = _asked(uow, agency_id, ask_id)
    if asked.done_by == uow.actor:
        raise SamePerson("Người đề nghị không được tự duyệt.", "Who proposes does not agree.")
    if found is None or found.ask_id != ask_id:
        raise BreakClosed("Chênh lệch đã thay đổi từ khi đề nghị.", "The break has changed since it was asked for.")
    _keep(uow, agency_id, found, "agreed", asked_by=asked.done_by, answers=ask_id)


def decline(uow: UnitOfWork, agency_id: str, ask_id: str) -> None:
    """Give the request up; the break is open again. BreakMissing, BreakClosed."""
    asked, found = _asked(uow, agency_id, ask_id)
    if found is None or found.ask_id != ask_id:
        raise BreakClosed("Đề nghị này không còn hiệu lực.", "The request does not stand any more.")
    _keep(uow, agency_id, found, "declined", asked_by=asked.done_by, answers=ask_id)


def undo(uow: UnitOfWork, agency_id: str, subject: str) -> None:
    """Take the last acceptance, or the decision with the money that was placed by it, back as a new entry; money that
    has settled stays. Afterwards reconciliation says what is so. BreakMissing, BreakClosed."""
    found = _found(uow, agency_id, subject)
    placed = allocate_undo.placed(uow.connection, agency_id, found.lines)
    if found.way == PERSON:
        _keep(uow, agency_id, found, "undone")
    elif found.decided_by or placed:
        if any(row.settled or row.refunding for row in placed):
            raise BreakClosed(
                "Tiền đã phân bổ theo quyết định này; cần lập yêu cầu hoàn.",
                "Money was allocated by this decision: ask for a refund.",
            )
        allocate_undo.take_back(uow, agency_id, found.lines)
        if found.decided_by:
            _undecide(uow, agency_id, found)
        _keep(uow, agency_id, found, "undone")
    else:
        raise BreakClosed("Không có việc nào để hoàn tác.", "There is nothing to undo.", field="subject")


def told(connection: sa.Connection, vault: Vault, agency_id: str, subject: str) -> list[tuple[sa.Row[Any], str]]:
    """Everything done about one, oldest first, each with its text."""
    rows = breaks_store.of_subject(connection, agency_id, subject)
    return [(row, vault.unseal(_place(row.id), row.text_sealed).decode() if row.text_sealed else "") for row in rows]


def text_of(row: sa.Row[Any], vault: Vault) -> str:
    """The text of one act."""
    return vault.unseal(_place(row.id), row.text_sealed).decode() if row.text_sealed else ""


def _undecide(uow: UnitOfWork, agency_id: str, found: Break) -> None:
    """What stood before the decision is decided again, group by group."""
    c = recon_item.c
    decision = uow.connection.scalar(
        sa.select(c.run_id).where(c.owner == agency_id, c.subject == found.subject, c.superseded_by.is_(None))
    )
    before = uow.connection.execute(
        sa.select(c.kind, c.group_id, c.line_id, c.payment_id).where(c.owner == agency_id, c.superseded_by == decision)
    ).all()
    if not before:
        raise BreakClosed("Không có kết quả trước đó.", "There was nothing before this.")
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in before:
        groups.setdefault((row.group_id, row.kind), []).append(row)
    for (_, kind), rows in sorted(groups.items()):
        decide(
            uow.connection,
            owner=agency_id,
            kind=Kind(kind),
            lines=[row.line_id for row in rows if row.line_id],
            payments=[row.payment_id for row in rows if row.payment_id],
            decided_by=uow.actor,
            now=uow.now(),
            mint=uow.mint,
        )


def _asked(uow: UnitOfWork, agency_id: str, ask_id: str) -> tuple[sa.Row[Any], Break | None]:
    asked = breaks_store.by_id(uow.connection, agency_id, ask_id)
    if asked is None or asked.act != "asked":
        raise _missing()
    return asked, breaks.one(uow.connection, agency_id, asked.subject, business_day(uow.now()))


def _found(uow: UnitOfWork, agency_id: str, subject: str) -> Break:
    found = breaks.one(uow.connection, agency_id, subject, business_day(uow.now()))
    if found is None:
        raise _missing()
    return found


def _keep(uow: UnitOfWork, agency_id: str, found: Break, act: str, *, text: str = "", **more: Any) -> None:
    act_id = uow.mint("brk")
    row = {
        "id": act_id,
        "agency_id": agency_id,
        "subject": found.subject,
        "act": act,
        "basis": found.basis,
        "amount": found.stake,
        "text_sealed": uow.vault.seal(_place(act_id), text.encode()) if text else None,
        "done_by": uow.actor,
        "done_at": uow.now(),
        **more,
    }
    uow.connection.execute(sa.insert(break_act).values(**row))
    facts = {"act": act_id, "kind": found.kind.value, "amount": found.stake}
    facts |= {key: value for key, value in more.items() if value is not None}
    uow.emit([Event(agency_id, f"break.{act}", found.subject, facts)])


def _text(text: str) -> str:
    if not 0 < len(text.strip()) <= LONGEST:
        raise TextMissing("Cần nêu rõ nội dung.", f"Say it in 1 to {LONGEST} characters.", field="text")
    return text.strip()


def _place(act_id: str) -> str:
    return f"break_act.text.{act_id}"


def _missing() -> BreakMissing:
    return BreakMissing("Không tìm thấy chênh lệch này.", "There is no such break.", field="subject")
