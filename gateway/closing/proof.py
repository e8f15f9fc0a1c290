"""Prove the books against each other: ledger, notices, suspense, payments, dues and receipts must tell one story.

Each rule is one query that finds what must never be; an empty answer is the proof. It only reads, so it can run beside
a live server.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from gateway.dues.model import DueStatus
from gateway.dues.store import due
from gateway.ledger import check
from gateway.ledger.check import Violation
from gateway.ledger.model import REFUND_PAYABLE, SUSPENSE
from gateway.ledger.store import posting
from gateway.payments import elsewhere
from gateway.payments.model import PAID
from gateway.payments.store import payment
from gateway.remitting.model import RemittanceState
from gateway.remitting.store import remittance
from gateway.settlement.refund.model import SET_ASIDE, TAKEN, RefundStatus
from gateway.settlement.refund.store import refund, refund_part
from gateway.settlement.store import notice, suspense
from receipts.store import receipt

_PAID = [status.value for status in PAID]


def violations(connection: sa.Connection) -> list[Violation]:
    """Every broken rule; empty means proven."""
    rules = (
        check.violations,
        _suspense,
        _collected,
        _waiting,
        _unpaid_receipts,
        _paid_without_receipt,
        _receipted_twice,
        _paid_dues,
        _owed_back,
        _refunds,
    )
    return [violation for rule in rules for violation in rule(connection)]


def _suspense(connection: sa.Connection) -> list[Violation]:
    """The suspense account holds what the notices say is suspended, but for what refunds have set aside."""
    held = _sums(connection, notice.c.agency_id, notice.c.suspended - notice.c.refunding)
    booked = _sums(connection, posting.c.agency_id, posting.c.amount, posting.c.account == SUSPENSE)
    return _differences("suspense.differs", held, {agency: -amount for agency, amount in booked.items()})


def _collected(connection: sa.Connection) -> list[Violation]:
    """The fees' accounts hold what the notices say is settled and no remittance has taken along."""
    settled = _sums(connection, notice.c.agency_id, notice.c.settled)
    gone = remittance.c.state.in_([RemittanceState.APPROVED.value, RemittanceState.CONFIRMED.value])
    for agency, amount in _sums(connection, remittance.c.agency_id, remittance.c.collected, gone).items():
        settled[agency] = settled.get(agency, 0) - amount
    fees = posting.c.account.like("collected:%")
    booked = _sums(connection, posting.c.agency_id, posting.c.amount, fees)
    return _differences("collected.differs", settled, {agency: -amount for agency, amount in booked.items()})


def _waiting(connection: sa.Connection) -> list[Violation]:
    """Each suspended đồng stands in one open task, or in an approved refund."""
    held = _sums(connection, notice.c.agency_id, notice.c.suspended - notice.c.refunding)
    tasks = _sums(connection, suspense.c.agency_id, suspense.c.amount, suspense.c.closed_at.is_(None))
    return _differences("suspense.without_task", held, tasks)


def _unpaid_receipts(connection: sa.Connection) -> list[Violation]:
    """No receipt without a paid payment."""
    paid = sa.exists().where(payment.c.id == receipt.c.payment, payment.c.status.in_(_PAID))
    query = sa.select(receipt.c.id).where(~paid)
    return [Violation("receipt.without_payment", found, "") for found in connection.scalars(query)]


def _paid_without_receipt(connection: sa.Connection) -> list[Violation]:
    """The receipts of a payment add up to its state fees, to the đồng, less what refunds that replaced them take back.

    Where whoever took the money has issued the receipt there is none of ours.
    """
    fees = (
        sa.select(due.c.payment_id.label("payment"), sa.func.sum(due.c.amount).label("amount"))
        .where(due.c.status == DueStatus.PAID.value, due.c.kind.in_(("PHI", "LE_PHI")))
        .where(~elsewhere.covers(due.c.payment_id))
        .group_by(due.c.payment_id)
        .subquery()
    )
    issued = (
        sa.select(receipt.c.payment, sa.func.sum(receipt.c.amount).label("amount"))
        .where(receipt.c.replaced_by.is_(None))
        .group_by(receipt.c.payment)
        .subquery()
    )
    query = (
        sa.select(fees.c.payment, fees.c.amount, issued.c.amount)
        .select_from(fees.outerjoin(issued, issued.c.payment == fees.c.payment))
        .where(sa.func.coalesce(issued.c.amount, 0).not_in((fees.c.amount, fees.c.amount - _given_back(fees))))
    )
    return [
        Violation("receipt.amount_differs", payment_id, f"dues {dues}, receipts {receipts}")
        for payment_id, dues, receipts in connection.execute(query)
    ]


def _receipted_twice(connection: sa.Connection) -> list[Violation]:
    """No receipt of ours beside one that somebody else has issued."""
    twice = sa.select(receipt.c.id).where(receipt.c.replaced_by.is_(None), elsewhere.covers(receipt.c.payment))
    return [Violation("receipt.issued_twice", found, "") for found in connection.scalars(twice)]


def _given_back(fees: sa.Subquery) -> sa.ScalarSelect[int]:
    """What refunds ask of the dues of a payment; a replacement for a lower amount needs them first."""
    asked = sa.select(sa.func.coalesce(sa.func.sum(refund.c.amount), 0)).where(
        refund.c.payment_id == fees.c.payment, refund.c.due_id.is_not(None), refund.c.status != "refused"
    )
    return asked.correlate(fees).scalar_subquery()


def _paid_dues(connection: sa.Connection) -> list[Violation]:
    """What is settled, with what refunds took of it, equals the dues that are paid."""
    settled = _sums(connection, notice.c.agency_id, notice.c.settled)
    taken = _sums(connection, refund.c.agency_id, refund.c.amount, refund.c.due_id.is_not(None), _in(TAKEN))
    for agency, amount in taken.items():
        settled[agency] = settled.get(agency, 0) + amount
    paid = _sums(connection, due.c.agency_id, due.c.amount, due.c.status == DueStatus.PAID.value)
    return _differences("dues.differ", settled, paid)


def _owed_back(connection: sa.Connection) -> list[Violation]:
    """The account of what is owed back holds the approved refunds that have not left, to the đồng."""
    owed = _sums(connection, refund.c.agency_id, refund.c.amount, _in(SET_ASIDE))
    booked = _sums(connection, posting.c.agency_id, posting.c.amount, posting.c.account == REFUND_PAYABLE)
    return _differences("refund_payable.differs", owed, {agency: -amount for agency, amount in booked.items()})


def _refunds(connection: sa.Connection) -> list[Violation]:
    """Each notice has set aside and returned what its refunds say, and each refund is made of its parts."""
    taken = sa.select(refund_part, refund.c.status).join(refund, refund.c.id == refund_part.c.refund_id).subquery()
    aside = sa.func.sum(sa.case((taken.c.status.in_([s.value for s in SET_ASIDE]), taken.c.amount), else_=0))
    back = sa.func.sum(sa.case((taken.c.status == RefundStatus.RETURNED.value, taken.c.amount), else_=0))
    money = (
        sa.select(notice.c.id)
        .outerjoin(taken, taken.c.notice_id == notice.c.id)
        .group_by(notice.c.id, notice.c.refunding, notice.c.returned)
        .having(
            sa.or_(notice.c.refunding != sa.func.coalesce(aside, 0), notice.c.returned != sa.func.coalesce(back, 0))
        )
    )
    parts = (
        sa.select(refund.c.id)
        .outerjoin(refund_part, refund_part.c.refund_id == refund.c.id)
        .where(_in(TAKEN))
        .group_by(refund.c.id, refund.c.amount)
        .having(refund.c.amount != sa.func.coalesce(sa.func.sum(refund_part.c.amount), 0))
    )
    return [
        *(Violation("refund.notice_differs", found, "") for found in connection.scalars(money)),
        *(Violation("refund.parts_differ", found, "") for found in connection.scalars(parts)),
    ]


def _in(statuses: Collection[RefundStatus]) -> sa.ColumnElement[bool]:
    return refund.c.status.in_([status.value for status in statuses])


def _sums(
    connection: sa.Connection,
    agency: sa.ColumnElement[str],
    amount: sa.ColumnElement[int],
    *where: sa.ColumnElement[bool],
) -> dict[str, int]:
    query = sa.select(agency, sa.func.sum(amount)).where(*where).group_by(agency)
    return {agency_id: int(total) for agency_id, total in connection.execute(query)}


def _differences(rule: str, left: dict[str, int], right: dict[str, int]) -> list[Violation]:
    return [
        Violation(rule, agency, f"{left.get(agency, 0)} against {right.get(agency, 0)}")
        for agency in sorted(left.keys() | right.keys())
        if left.get(agency, 0) != right.get(agency, 0)
    ]
