"""What money may be placed on, as a person names it: a payment's reference, a dossier's code, or one due of a dossier.

`H56.17-261124-0001` is all that is still to be paid on the dossier, `H56.17-261124-0001/2` its second due. Money goes to
dues through a payment alone, so one that asks for just these dues is looked for, and begun where there is none.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.access import own
from gateway.dues.model import DueStatus
from gateway.dues.store import dossier, due
from gateway.kernel.errors import Missing
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import PAID
from gateway.payments.start import StartRequest, start
from gateway.payments.store import payment, payment_due

CHANNEL = "bank_transfer"  # of a payment that is begun for money that has come


class PaymentUnknown(Missing):
    """No payment, dossier or open due of the agency is named so."""

    code = "break.payment"


def target(uow: UnitOfWork, agency_id: str, text: str) -> str:
    """The id of the payment meant. PaymentUnknown, and what `payments.start.start` raises."""
    word = "".join(text.split())
    found = _payment(uow.connection, agency_id, word)
    if found is not None:
        return found
    dues = _open_dues(uow.connection, agency_id, word)
    if not dues:
        raise PaymentUnknown(
            "Không có mã thanh toán hoặc hồ sơ còn phải nộp này.",
            "There is no such payment, and no such dossier with anything to pay.",
            field="reference",
        )
    asked = _asking_for(uow.connection, agency_id, dues)
    return asked or start(uow, StartRequest(agency_id, CHANNEL, due_ids=tuple(dues)))[0].id


def _payment(connection: sa.Connection, agency_id: str, word: str) -> str | None:
    named = (payment.c.reference == word.upper()) | (payment.c.id == word)
    return connection.scalar(sa.select(payment.c.id).where(own(payment, agency_id), named))


def _open_dues(connection: sa.Connection, agency_id: str, word: str) -> list[str]:
    """The open dues that a dossier's code names, in order; with `/n` the n-th of all its dues alone."""
    code, slash, position = word.rpartition("/")
    named = dossier.c.code == word
    if slash and position.isascii() and position.isdecimal() and len(position) < 6:
        named |= (dossier.c.code == code) & (due.c.position == int(position))
    mine = own(dossier, agency_id) & named & (due.c.status == DueStatus.OPEN.value)
    query = sa.select(due.c.id).join(dossier, dossier.c.id == due.c.dossier_id).where(mine)
    return list(connection.scalars(query.order_by(due.c.dossier_id, due.c.position)))


def _asking_for(connection: sa.Connection, agency_id: str, dues: list[str]) -> str | None:
    """The newest unpaid payment for just these dues."""
    c = payment.c
    unpaid = own(payment, agency_id) & c.status.not_in([status.value for status in PAID])
    inside = sa.func.sum(sa.case((payment_due.c.due_id.in_(dues), 1), else_=0))
    some = sa.select(payment_due.c.payment_id).where(payment_due.c.due_id.in_(dues))
    query = (
        sa.select(c.id)
        .join(payment_due, payment_due.c.payment_id == c.id)
        .where(unpaid, c.id.in_(some))
        .group_by(c.id)
        .having(inside == len(dues), sa.func.count() == len(dues))
        .order_by(c.id.desc())
    )
    return connection.scalar(query.limit(1))
