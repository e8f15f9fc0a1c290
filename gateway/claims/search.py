"""Look for a transfer wherever one can hide: the payment, suspense, the inbox, statements, other accounts of ours.

By reference or bank code the answer is certain. By amount and day it is a hint for an officer, inside the agency alone;
across agencies nothing is looked up by amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors.reference import references
from gateway.access import own
from gateway.agencies import account as account_table
from gateway.claims.model import Finding, Located, Told
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.store import PaymentRow
from gateway.settlement import inbox as inbox_reading
from gateway.settlement.model import HELD
from gateway.settlement.store import inbox, notice, suspense
from reconciliation.store import line_ref, statement_line

AROUND = timedelta(days=3)  # a payer's memory, a weekend, a bank that books on the next day
MOST_UNREAD = 200  # inbox rows opened for one search


def locate(uow: UnitOfWork, payment: PaymentRow, told: Told) -> Located:
    """The most certain place; NOT_YET when there is none."""
    if payment.status in PAID:
        return Located(Finding.PAID, (payment.id,), certain=True)
    return next(_places(uow, payment, told), Located(Finding.NOT_YET))


def _places(uow: UnitOfWork, payment: PaymentRow, told: Told) -> Iterator[Located]:
    yield from _suspended_for(uow.connection, payment)
    yield from _by_bank_reference(uow.connection, payment, told)
    yield from _in_inbox(uow, payment, told)
    yield from _elsewhere(uow.connection, payment, told)
    yield from _looks_like(uow.connection, payment, told)
    yield from _not_ours(uow.connection, told)


def _suspended_for(connection: sa.Connection, payment: PaymentRow) -> Iterator[Located]:
    """Money that named this payment and could not settle it."""
    waiting = own(suspense, payment.agency_id) & suspense.c.closed_at.is_(None)
    query = sa.select(suspense.c.id, suspense.c.reason).where(waiting, suspense.c.payment_id == payment.id)
    found = connection.execute(query.order_by(suspense.c.id)).all()
    if found:
        held = all(row.reason in HELD for row in found)
        yield Located(Finding.HELD if held else Finding.SUSPENSE, tuple(row.id for row in found), certain=True)


def _by_bank_reference(connection: sa.Connection, payment: PaymentRow, told: Told) -> Iterator[Located]:
    """The bank's own code, in our books of this agency."""
    if not told.bank_reference:
        return
    mine = own(suspense, payment.agency_id) & suspense.c.closed_at.is_(None)
    waiting = (
        sa.select(suspense.c.id)
        .join_from(suspense, notice, notice.c.id == suspense.c.notice_id)
        .where(mine, notice.c.bank_reference == told.bank_reference)
    )
    if ids := tuple(connection.scalars(waiting)):
        yield Located(Finding.SUSPENSE, ids, certain=True)


def _in_inbox(uow: UnitOfWork, payment: PaymentRow, told: Told) -> Iterator[Located]:
    """Messages of the bank that nobody has worked on yet, or that could not be worked on."""
    unread = own(inbox, payment.agency_id) & (inbox.c.state != "done") & inbox.c.notice_sealed.is_not(None)
    rows = uow.connection.execute(sa.select(inbox).where(unread).order_by(inbox.c.id.desc()).limit(MOST_UNREAD))
    for row in rows:
        said = inbox_reading.read_notice(uow, row)
        named = payment.reference == said.order_code or payment.reference in references(said.memo)
        if named or (told.bank_reference and told.bank_reference == said.bank_reference):
            yield Located(Finding.ARRIVING, (row.id,), certain=True)


def _elsewhere(connection: sa.Connection, payment: PaymentRow, told: Told) -> Iterator[Located]:
    """Credits that name this payment, or carry the bank's code, on any account of ours that is not the right one."""
    by_reference = (
        sa.select(statement_line.c.id)
        .join_from(statement_line, line_ref, line_ref.c.line_id == statement_line.c.id)
        .where(line_ref.c.ref == payment.reference, statement_line.c.direction == "CRDT")
    )
    lines = list(connection.scalars(by_reference.order_by(statement_line.c.id).limit(10)))
    if told.bank_reference:
        coded = sa.select(notice.c.id).where(
            notice.c.bank_reference == told.bank_reference, notice.c.agency_id != payment.agency_id
        )
        lines += connection.scalars(coded.order_by(notice.c.id).limit(10))
    if lines:
        yield Located(Finding.OTHER_ACCOUNT, tuple(lines), certain=True)


def _looks_like(connection: sa.Connection, payment: PaymentRow, told: Told) -> Iterator[Located]:
    """The same amount at about the same time: a hint for an officer, and no more."""
    first, last = told.paid_on - AROUND, told.paid_on + AROUND
    open_one = own(suspense, payment.agency_id) & suspense.c.closed_at.is_(None) & (suspense.c.amount == told.amount)
    waiting = (
        sa.select(suspense.c.id)
        .join_from(suspense, notice, notice.c.id == suspense.c.notice_id)
        .where(open_one, notice.c.day.between(first, last))
    )
    if ids := tuple(connection.scalars(waiting.order_by(suspense.c.id).limit(10))):
        yield Located(Finding.SUSPENSE, ids)
    table = statement_line.c
    unnoticed = ~sa.exists().where(notice.c.line_id == table.id)
    credit = (table.owner == payment.agency_id) & (table.direction == "CRDT") & (table.amount == told.amount)
    lines = sa.select(table.id).where(credit, table.booking_date.between(first, last), unnoticed)
    if ids := tuple(connection.scalars(lines.order_by(table.id).limit(10))):
        yield Located(Finding.STATEMENT, ids)


def _not_ours(connection: sa.Connection, told: Told) -> Iterator[Located]:
    """The payer names the account: if nobody here has it, the money went to a stranger."""
    if not told.account:
        return
    known: Any = sa.select(account_table.c.id).where(account_table.c.number == told.account).limit(1)
    if connection.scalar(known) is None:
        yield Located(Finding.NOT_OURS, certain=True)
