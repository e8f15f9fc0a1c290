"""Say which payment a line's money is for: one person asks, another agrees, and with the money the match is decided too.

A payment that is settled already needs no money: then the person's word is about the match alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import suggestions
from gateway.kernel.errors import Missing
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.store import payment
from gateway.settlement import allocate
from gateway.settlement.allocation_store import allocation
from gateway.settlement.store import notice, suspense
from reconciliation.decide import decide
from reconciliation.model import Kind
from reconciliation.store import recon_item, recon_suggestion


class PaymentUnknown(Missing):
    """No payment of the agency has this reference."""

    code = "break.payment"


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


def by_reference(connection: sa.Connection, agency_id: str, text: str) -> str:
    """The payment that a reference or an id names; PaymentUnknown."""
    word = "".join(text.split())
    mine = own(payment, agency_id) & ((payment.c.reference == word.upper()) | (payment.c.id == word))
    found = connection.scalar(sa.select(payment.c.id).where(mine))
    if found is None:
        raise PaymentUnknown("Không có mã thanh toán này.", "There is no such payment.", field="reference")
    return str(found)


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
    """The second person: the money goes to its payment and the line is matched with it; whether the payment is settled
    now. As `allocate.agree`."""
    settled = allocate.agree(uow, agency_id, allocation_id)
    c = allocation.c
    row = uow.connection.execute(
        sa.select(c.payment_id, c.asked_by).where(own(allocation, agency_id), c.id == allocation_id)
    ).one()
    mine = own(notice, agency_id) & (notice.c.payment_id == row.payment_id) & notice.c.line_id.is_not(None)
    lines = list(uow.connection.scalars(sa.select(notice.c.line_id).where(mine).order_by(notice.c.line_id)))
    if lines and _looked_at(uow, agency_id, lines, row.payment_id):
        _match(uow, agency_id, lines, row.payment_id, row.asked_by)
    return settled


def _match(uow: UnitOfWork, agency_id: str, lines: list[str], payment_id: str, person: str) -> None:
    position = _suggested(uow, agency_id, lines[0], payment_id) if len(lines) == 1 else None
    if position is not None:
        suggestions.confirm(uow, agency_id, lines[0], position, [payment_id], person=person)
        return
    c = recon_item.c
    current = (c.owner == agency_id) & c.superseded_by.is_(None)
    total = sa.select(sa.func.coalesce(sa.func.sum(c.amount), 0))
    came = int(uow.connection.scalar(total.where(current, c.line_id.in_(lines))) or 0)
    wanted = int(uow.connection.scalar(total.where(current, c.payment_id == payment_id)) or 0)
    equal = Kind.MATCH_MEMO if len(lines) == 1 else Kind.MATCH_MANY_TO_ONE
    decide(
        uow.connection,
        owner=agency_id,
        kind=equal if came == wanted else Kind.AMOUNT_UNDER if came < wanted else Kind.AMOUNT_OVER,
        lines=lines,
        payments=[payment_id],
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


def _looked_at(uow: UnitOfWork, agency_id: str, lines: Sequence[str], payment_id: str) -> bool:
    """Whether reconciliation has a current result for each of them."""
    c = recon_item.c
    chosen = c.line_id.in_(lines) | (c.payment_id == payment_id)
    known = sa.select(sa.func.count()).where(c.owner == agency_id, c.superseded_by.is_(None), chosen)
    return uow.connection.scalar(known) == len(set(lines)) + 1
