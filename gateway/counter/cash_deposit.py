"""Cash goes to the bank with a deposit slip that carries a reference; the statement line with that reference proves it.

One slip for each account at the end of a shift. Until its line is there the money is in transit under `cash`; a line is
found by its reference and checked by its amount, never found by the amount.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors import reference
from connectors.cash import CASH
from gateway.access import own
from gateway.agencies import account
from gateway.counter import cash_back
from gateway.counter.cash_store import cash_deposit, cash_take
from gateway.counter.shift_store import Shift
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.ledger.model import SUSPENSE, Entry, Posting, in_transit
from gateway.ledger.post import post
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentEvent, PaymentStatus, sources_of
from gateway.payments.store import payment
from gateway.settlement.model import Reason
from gateway.settlement.store import notice, suspense
from reconciliation.store import line_ref, statement_line

ENTRY = "cash_deposit"


def draw_up(uow: UnitOfWork, worked: Shift) -> tuple[str, ...]:
    """A deposit for each account that cash of this shift belongs to; their ids."""
    mine = own(cash_take, worked.agency_id) & (cash_take.c.shift_id == worked.id) & cash_take.c.deposit_id.is_(None)
    mine &= cash_take.c.payment_id.not_in(sorted(cash_back.given(uow.connection, worked)))
    sums = sa.select(cash_take.c.collects_for, cash_take.c.account_id, sa.func.sum(cash_take.c.amount).label("amount"))
    groups = uow.connection.execute(
        sums.where(mine).group_by(cash_take.c.collects_for, cash_take.c.account_id).order_by(cash_take.c.account_id)
    ).all()
    made = []
    for group in groups:
        row = _row(uow, worked, group)
        uow.connection.execute(sa.insert(cash_deposit).values(**row))
        of_it = mine & (cash_take.c.account_id == group.account_id)
        uow.connection.execute(sa.update(cash_take).where(of_it).values(deposit_id=row["id"]))
        body = {"reference": row["reference"], "amount": row["amount"], "shift": worked.id}
        uow.emit([Event(group.collects_for, "cash.deposit_made", row["id"], body)])
        made.append(row["id"])
    return tuple(made)


def of_shift(connection: sa.Connection, agency_id: str, shift_id: str) -> list[sa.Row[Any]]:
    """The shift's deposits with the accounts they go to."""
    into = (account.c.number, account.c.holder, account.c.bank)
    query = sa.select(cash_deposit, *into).join_from(cash_deposit, account)
    mine = own(cash_deposit, agency_id) & (cash_deposit.c.shift_id == shift_id)
    return list(connection.execute(query.where(mine).order_by(cash_deposit.c.id)))


def clear_waiting(environment: Environment) -> int:
    """Clear the deposits whose line the statement has brought, of all agencies; how many that was."""
    with environment.read() as connection:
        agencies = sorted({row.collects_for for row in connection.execute(_proven())})
    done = 0
    for agency_id in agencies:
        with environment.begin(actor="worker") as uow:  # another agency's counter may have taken it
            rows = uow.connection.execute(_proven().where(cash_deposit.c.collects_for == agency_id)).all()
            done += sum(_clear(uow, row) for row in rows)
    return done


def _proven() -> sa.Select[Any]:
    """Deposits with the line that carries their reference and amount, while its money waits untouched in suspense."""
    untouched = (notice.c.settled == 0) & (notice.c.returned == 0) & (notice.c.refunding == 0)
    whole = (notice.c.suspended == notice.c.counted) & (notice.c.suspended == cash_deposit.c.amount)
    named = line_ref.c.ref == cash_deposit.c.reference
    lines = cash_deposit.join(line_ref, named).join(statement_line, statement_line.c.id == line_ref.c.line_id)
    # A bank that also sends a notice of the deposit has told of the same money before: the line then belongs to that one.
    joined = lines.join(notice, sa.or_(notice.c.id == statement_line.c.id, notice.c.line_id == statement_line.c.id))
    columns = (
        cash_deposit,
        notice.c.id.label("money"),
        statement_line.c.id.label("proof"),
        statement_line.c.booking_date,
    )
    owned = statement_line.c.owner == cash_deposit.c.collects_for
    return sa.select(*columns).select_from(joined).where(cash_deposit.c.line_id.is_(None), owned, untouched, whole)


def _clear(uow: UnitOfWork, row: sa.Row[Any]) -> int:
    payments = list(uow.connection.scalars(sa.select(cash_take.c.payment_id).where(cash_take.c.deposit_id == row.id)))
    payments_store.lock(uow.connection, row.collects_for, (), payments)
    open_ones = (
        own(suspense, row.collects_for)
        & (suspense.c.notice_id == row.money)
        & suspense.c.closed_at.is_(None)
        & (suspense.c.reason == Reason.UNKNOWN_REFERENCE.value)
    )
    ended = {"closed_at": uow.now(), "outcome": "replaced"}
    if not uow.connection.execute(sa.update(suspense).where(open_ones).values(**ended)).rowcount:
        return 0  # somebody has it in hand
    pair = (Posting(SUSPENSE, row.amount), Posting(in_transit(CASH), -row.amount))
    post(uow, [Entry(row.collects_for, row.booking_date, ENTRY, row.id, pair)])
    lump = own(notice, row.collects_for) & (notice.c.id == row.money)
    uow.connection.execute(sa.update(notice).where(lump).values(counted=0, suspended=0))
    cleared = {"line_id": row.proof, "cleared_at": uow.now()}
    uow.connection.execute(sa.update(cash_deposit).where(cash_deposit.c.id == row.id).values(**cleared))
    _confirm(uow, row.collects_for, payments, row.proof)
    uow.emit([Event(row.collects_for, "cash.deposit_cleared", row.id, {"line": row.proof, "amount": row.amount})])
    return 1


def _confirm(uow: UnitOfWork, agency_id: str, payments: list[str], line_id: str) -> None:
    """The line proves what the officers took."""
    proven = own(notice, agency_id) & notice.c.payment_id.in_(payments) & (notice.c.connector == CASH)
    uow.connection.execute(sa.update(notice).where(proven).values(line_id=line_id))
    unproven = sa.exists().where(notice.c.payment_id == payment.c.id, notice.c.settled > 0, notice.c.line_id.is_(None))
    may = payment.c.status.in_([status.value for status in sources_of(PaymentEvent.CONFIRMED)])
    mine = own(payment, agency_id) & payment.c.id.in_(payments) & may & ~unproven
    values = {"status": PaymentStatus.CONFIRMED.value, "confirmed_at": uow.now()}
    uow.connection.execute(sa.update(payment).where(mine).values(**values))


def _row(uow: UnitOfWork, worked: Shift, group: Any) -> dict[str, Any]:
    return {
        "id": uow.mint("dep"),
        "agency_id": worked.agency_id,
        "collects_for": group.collects_for,
        "shift_id": worked.id,
        "account_id": group.account_id,
        "reference": reference.make(uow.ids.below),
        "amount": int(group.amount),
        "made_at": uow.now(),
        "made_by": uow.actor,
    }
