"""Run the reconciliation over the agency's own lines and payments, and hand out its rows with their sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.closing import book, contracts, lumps, suggestions
from gateway.closing.bank_files import settlement_row
from gateway.closing.settlements import rows_of
from gateway.dues.store import due
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments import elsewhere
from gateway.payments.model import CASH, PAID, PaymentStatus
from gateway.payments.store import payment, payment_due
from gateway.remitting import prepare
from gateway.remitting import store as remittances
from gateway.settlement.allocation_store import allocation
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import refund, refund_order
from gateway.settlement.store import notice
from receipts.store import receipt
from reconciliation.model import DEPOSITED, PLACED, RunResult
from reconciliation.run import run


def reconcile(uow: UnitOfWork, agency_id: str, as_of: date) -> RunResult:
    """Explain every line and payment as of a day, book the lumps that are explained and say what unplaced money may be;
    stored in this transaction."""
    book.confirm(uow, uow.connection.scalars(sa.select(placed(agency_id).subquery().c.line_id)).all())
    result = _run(uow, agency_id, as_of)
    if lumps.pay_out(uow, agency_id):  # a lump has settled payments
        result = _run(uow, agency_id, as_of)
    prepare.confirm(uow, agency_id)
    suggestions.refresh(uow, agency_id)
    body: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "written": result.written,
        "kinds": {kind: totals.lines + totals.payments for kind, totals in result.totals.items()},
    }
    uow.emit([Event(agency_id, "reconciliation.run", result.run_id, body)])
    return result


def _run(uow: UnitOfWork, agency_id: str, as_of: date) -> RunResult:
    accounts = [account.number for account in agencies.all_accounts_of(uow.connection, agency_id)]
    return run(
        uow.connection,
        owner=agency_id,
        payments=payments_of(agency_id),
        accounts=accounts,
        as_of=as_of,
        now=uow.now(),
        mint=uow.mint,
        settlement=rows_of(uow.connection, agency_id),
        rate=contracts.one_for_all(uow.connection, agency_id),
        orders=remittances.numbers_sent(uow.connection, agency_id) or None,
        placed=placed(agency_id),
        refunds=[(row.line_id, row.reference) for row in uow.connection.execute(_refunds(agency_id))],
    )


def placed(agency_id: str) -> sa.Select[Any]:
    """Lines whose money two officers gave to a payment, or whose deposit slip lists it: `line_id`, the payment's
    `reference` and `how` they belong together."""
    agreed = sa.exists().where(allocation.c.notice_id == notice.c.id, allocation.c.outcome == "agreed")
    cash = notice.c.connector == CASH
    return (
        sa.select(notice.c.line_id, payment.c.reference, sa.case((cash, DEPOSITED), else_=PLACED).label("how"))
        .join(payment, payment.c.id == notice.c.payment_id)
        .where(own(notice, agency_id), notice.c.line_id.is_not(None), agreed | cash)
        .distinct()
    )


def _undone(agency_id: str) -> sa.ColumnElement[bool]:
    """Money that came and went back by a terminal, a provider or a drawer before any bank or file has seen it."""
    back = (refund.c.status == RefundStatus.RETURNED.value) & refund.c.provider_id.is_not(None)
    seen = (notice.c.settled > 0) | notice.c.line_id.is_not(None)
    filed = own(settlement_row, agency_id) & (settlement_row.c.reference == payment.c.reference)
    return (
        sa.exists().where(refund.c.payment_id == payment.c.id, back, refund.c.line_id.is_(None)).correlate(payment)
        & ~sa.exists().where(notice.c.payment_id == payment.c.id, seen).correlate(payment)
        & ~sa.exists().where(filed).correlate(payment)
    )


def _refunds(agency_id: str) -> sa.Select[Any]:
    """The debits that refunds left with: `line_id`, and the `reference` of the payment order or of the refund."""
    named = sa.func.coalesce(refund_order.c.reference, refund.c.reference)
    return (
        sa.select(refund.c.line_id, sa.func.min(named).label("reference"))
        .select_from(refund.outerjoin(refund_order, refund_order.c.id == refund.c.order_id))
        .where(own(refund, agency_id), refund.c.line_id.is_not(None))
        .group_by(refund.c.line_id)
    )


def payments_of(agency_id: str) -> sa.Select[Any]:
    """The agency's payments in the columns reconciliation asks for; what was paid counts with the dues it settled."""
    account = agencies.account
    paid = payment.c.status.in_([status.value for status in PAID])
    status = sa.case((paid, "SUCCEEDED"), (payment.c.status == PaymentStatus.FAILED.value, "FAILED"), else_="PENDING")
    settled_dues = (
        sa.select(sa.func.sum(due.c.amount))
        .where(due.c.payment_id == payment.c.id)
        .correlate(payment)
        .scalar_subquery()
    )
    first_receipt = (
        sa.select(sa.func.min(receipt.c.id))
        .where(receipt.c.payment == payment.c.id)
        .correlate(payment)
        .scalar_subquery()
    )
    needs_receipt = (
        sa.exists()
        .where(payment_due.c.payment_id == payment.c.id, due.c.id == payment_due.c.due_id, due.c.kind != "OTHER")
        .correlate(payment)
    )
    in_lumps = (
        sa.exists()
        .where(notice.c.payment_id == payment.c.id, notice.c.settled > 0, contracts.pays_in_lumps(notice.c.connector))
        .correlate(payment)
    )
    paid_on = (
        sa.select(sa.func.max(notice.c.day))
        .where(notice.c.payment_id == payment.c.id, notice.c.settled > 0)
        .correlate(payment)
        .scalar_subquery()
    )
    return (
        sa.select(
            payment.c.id.label("payment_id"),
            sa.literal("").label("dossier_id"),
            payment.c.reference.label("reference"),
            sa.func.coalesce(settled_dues, payment.c.amount).label("amount"),
            sa.case((in_lumps, "POS"), else_=payment.c.channel).label("channel"),  # paid out on the next working day
            status.label("status"),
            paid_on.label("paid_on"),
            sa.literal("").label("terminal"),
            sa.case(
                (elsewhere.covers(payment.c.id), "issued elsewhere"),
                (needs_receipt, first_receipt),
                else_="not a state fee",
            ).label("receipt_no"),
            account.c.number.label("account"),
        )
        .select_from(payment.join(account, account.c.id == payment.c.account_id))
        .where(own(payment, agency_id), ~_undone(agency_id))
    )
