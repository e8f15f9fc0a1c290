"""Say which payments a line's money is for: one person asks, another agrees, and with the money the match is decided too.

A payment that is settled already needs no money: then the person's word is about the match alone. A sum for several
payments is split, each part chosen by the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import suggestions
from gateway.closing.breaks_target import target
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.store import payment
from gateway.settlement import allocate, allocate_undo
from gateway.settlement.store import notice, suspense
from reconciliation.decide import decide
from reconciliation.model import Kind
from reconciliation.store import recon_item, recon_suggestion


def money_of(connection: sa.Connection, agency_id: str, lines: Sequence[str]) -> list[sa.Row[Any]]:
    """Open suspense that these lines prove, oldest first."""
    query = (
        sa.select(suspense.c.id, suspense.c.amount, suspense.c.reason, notice.c.line_id, notice.c.settled)
        .join(notice, notice.c.id == suspense.c.notice_id)
        .where(own(suspense, agency_id), suspense.c.closed_at.is_(None), suspense.c.amount > 0)
        .where(notice.c.line_id.in_(lines))
        .order_by(suspense.c.id)
    )
    return list(connection.execute(query))


def place(uow: UnitOfWork, agency_id: str, suspense_id: str, named: str, reason: str) -> str:
    """Propose to give all of the money to what the person names. As `breaks_target.target` and `allocate.ask`."""
    return allocate.ask(uow, agency_id, suspense_id, target(uow, agency_id, named), reason)


def split(uow: UnitOfWork, agency_id: str, suspense_id: str, named: Sequence[tuple[str, int]], reason: str) -> str:
    """Propose to divide the money: what the person names, and how much of it, đồng. As `allocate.ask_split`."""
    parts = [allocate.Part(target(uow, agency_id, text), amount) for text, amount in named]
    return allocate.ask_split(uow, agency_id, suspense_id, parts, reason)


def placed(connection: sa.Connection, agency_id: str, lines: Sequence[str]) -> list[sa.Row[Any]]:
    """Each part of these lines' money that two officers placed and that stands, with its payment's `reference`."""
    rows = allocate_undo.placed_on(agency_id, lines).subquery()
    query = sa.select(rows, payment.c.reference, payment.c.status).join(payment, payment.c.id == rows.c.payment_id)
    return list(connection.execute(query.order_by(rows.c.id))) if lines else []


def take(uow: UnitOfWork, agency_id: str, line_id: str, position: int, chosen: Sequence[str], why: str) -> bool:
    """A person takes a suggestion; whether a second person has to agree. As `suggestions.confirm` and `allocate.ask`."""
    money = money_of(uow.connection, agency_id, [line_id])
    paid = own(payment, agency_id) & payment.c.id.in_(chosen) & payment.c.status.in_([status.value for status in PAID])
    if money and len(chosen) == 1 and not uow.connection.scalar(sa.select(sa.func.count()).where(paid)):
        allocate.ask(uow, agency_id, money[0].id, chosen[0], why)
        return True
    suggestions.confirm(uow, agency_id, line_id, position, chosen, person=uow.actor)
    return False


def agree(uow: UnitOfWork, agency_id: str, allocation_id: str) -> bool:
    """The second person: the money goes to its payments and the line is matched with them; whether all of them are
    settled now. As `allocate.agree`."""
    settled = allocate.agree(uow, agency_id, allocation_id)
    rows = allocate.parts(uow.connection, agency_id, [allocation_id])[allocation_id]
    payments = [row.payment_id for row in rows]
    mine = own(notice, agency_id) & notice.c.payment_id.in_(payments) & notice.c.line_id.is_not(None)
    lines = list(uow.connection.scalars(sa.select(notice.c.line_id).where(mine).distinct().order_by(notice.c.line_id)))
    if lines and _looked_at(uow, agency_id, lines, payments):
        if len(payments) == 1:
            _match(uow, agency_id, lines, payments[0], rows[0].asked_by)
        elif len(lines) == 1:  # what several lines and several payments have to do with each other is the solver's
            _decide(uow, agency_id, Kind.MATCH_ONE_TO_MANY, lines, payments, rows[0].asked_by)
    return settled


def _match(uow: UnitOfWork, agency_id: str, lines: list[str], payment_id: str, person: str) -> None:
    position = _suggested(uow, agency_id, lines[0], payment_id) if len(lines) == 1 else None
    if position is not None:
        suggestions.confirm(uow, agency_id, lines[0], position, [payment_id], person=person)
        return
    equal = Kind.MATCH_MEMO if len(lines) == 1 else Kind.MATCH_MANY_TO_ONE
    _decide(uow, agency_id, equal, lines, [payment_id], person)


def _decide(
    uow: UnitOfWork, agency_id: str, equal: Kind, lines: Sequence[str], payments: Sequence[str], person: str
) -> None:
    """`equal` where the sums are, else too little or too much."""
    c = recon_item.c
    current = (c.owner == agency_id) & c.superseded_by.is_(None)
    total = sa.select(sa.func.coalesce(sa.func.sum(c.amount), 0))
    came = int(uow.connection.scalar(total.where(current, c.line_id.in_(lines))) or 0)
    wanted = int(uow.connection.scalar(total.where(current, c.payment_id.in_(payments))) or 0)
    decide(
        uow.connection,
        owner=agency_id,
        kind=equal if came == wanted else Kind.AMOUNT_UNDER if came < wanted else Kind.AMOUNT_OVER,
        lines=lines,
        payments=payments,
        decided_by=person,
        now=uow.now(),
        mint=uow.mint,
    )


def _suggested(uow: UnitOfWork, agency_id: str, line_id: str, payment_id: str) -> int | None:
    c = recon_suggestion.c
    taken = sa.select(sa.func.count()).where(c.owner == agency_id, c.line_id == line_id, c.confirmed_by.is_not(None))
    if uow.connection.scalar(taken):
        return None
    found = suggestions.suggestions(uow.connection, agency_id, [line_id]).get(line_id, [])
    return next((n for n, each in enumerate(found, 1) if payment_id in each.candidates), None)


def _looked_at(uow: UnitOfWork, agency_id: str, lines: Sequence[str], payments: Sequence[str]) -> bool:
    """Whether reconciliation has a current result for each of them."""
    c = recon_item.c
    chosen = c.line_id.in_(lines) | c.payment_id.in_(payments)
    known = sa.select(sa.func.count()).where(c.owner == agency_id, c.superseded_by.is_(None), chosen)
    return uow.connection.scalar(known) == len(lines) + len(payments)
