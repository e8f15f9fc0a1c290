"""What is owed to the Treasury now: proven money of paid dues, less what was given back, less what was handed over.

Proven money is remitted even while another line of the day is flagged; money that only a notice tells of waits.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.dues.store import due
from gateway.ledger.model import COMMISSION
from gateway.ledger.store import posting
from gateway.payments.model import PaymentStatus
from gateway.payments.store import payment
from gateway.remitting.model import Collected, RemittanceState
from gateway.remitting.store import remittance, remittance_due, retention
from gateway.settlement.refund.model import TAKEN
from gateway.settlement.refund.store import refund
from gateway.settlement.store import notice

STATE_FEES = ("PHI", "LE_PHI")


def owed(connection: sa.Connection, agency_id: str, until: date) -> list[Collected]:
    """Per account and fee, of business days up to `until`; fees that come to nothing are left out."""
    each = _dues(agency_id, until).subquery()
    query = (
        sa.select(
            each.c.account,
            each.c.fee_code,
            sa.func.max(each.c.name),
            each.c.kind,
            each.c.chapter,
            each.c.sub_item,
            sa.func.sum(each.c.left),
            sa.func.count(),
        )
        .group_by(each.c.account, each.c.fee_code, each.c.kind, each.c.chapter, each.c.sub_item)
        .order_by(each.c.account, each.c.kind, each.c.fee_code, each.c.chapter, each.c.sub_item)
    )
    rows = [
        Collected(account, fee_code, name, kind, chapter, sub_item, int(amount), int(dues))
        for account, fee_code, name, kind, chapter, sub_item, amount, dues in connection.execute(query)
    ]
    return [row for row in rows if row.amount != 0]


def dues_left(connection: sa.Connection, agency_id: str, until: date, account: str) -> list[sa.Row[Any]]:
    """The dues behind it, with what is left of each, in order of their ids."""
    each = _dues(agency_id, until).subquery()
    query = sa.select(each.c.due_id, each.c.left, each.c.day).where(each.c.account == account)
    return list(connection.execute(query.order_by(each.c.due_id)))


def rates(connection: sa.Connection, agency_id: str) -> dict[str, Fraction]:
    """What may be kept: by fee code, fee id or PHI."""
    rows = connection.execute(sa.select(retention).where(own(retention, agency_id)))
    return {row.fee: Fraction(int(row.numerator), int(row.denominator)) for row in rows}


def rate_of(rates: dict[str, Fraction], fee_code: str) -> Fraction:
    """The most particular one; nothing is kept without a rule."""
    for selector in (fee_code, fee_code.rpartition("-")[0], "PHI"):
        if selector in rates:
            return rates[selector]
    return Fraction(0)


def top_up(connection: sa.Connection, agency_id: str) -> int:
    """Đồng that acquirers netted off and the agency has to put back: lệ phí is remitted gross (Luật 97/2015, Điều 13)."""
    mine = own(posting, agency_id) & (posting.c.account == COMMISSION)
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(posting.c.amount), 0)).where(mine)) or 0)


def _dues(agency_id: str, until: date) -> sa.Select[Any]:
    """Each due with money left to hand over, or to take back from the next remittance."""
    given_back = (
        sa.select(sa.func.coalesce(sa.func.sum(refund.c.amount), 0))
        .where(refund.c.due_id == due.c.id, refund.c.status.in_([status.value for status in TAKEN]))
        .correlate(due)
        .scalar_subquery()
    )
    handed_over = (
        sa.select(sa.func.coalesce(sa.func.sum(remittance_due.c.amount), 0))
        .join(remittance, remittance.c.id == remittance_due.c.remittance_id)
        .where(remittance_due.c.due_id == due.c.id, remittance.c.state != RemittanceState.DROPPED.value)
        .correlate(due)
        .scalar_subquery()
    )
    day = (
        sa.select(sa.func.max(notice.c.day))
        .where(notice.c.payment_id == payment.c.id, notice.c.settled > 0)
        .correlate(payment)
        .scalar_subquery()
    )
    account = agencies.account
    left = due.c.amount - given_back - handed_over
    return (
        sa.select(
            due.c.id.label("due_id"),
            account.c.number.label("account"),
            due.c.fee_code,
            due.c.name,
            due.c.kind,
            due.c.chapter,
            due.c.sub_item,
            left.label("left"),
            day.label("day"),
        )
        .join(payment, payment.c.id == due.c.payment_id)
        .join(account, account.c.id == payment.c.account_id)
        .where(own(due, agency_id), due.c.kind.in_(STATE_FEES), left != 0)
        .where(payment.c.status == PaymentStatus.CONFIRMED.value, day <= until)
    )
