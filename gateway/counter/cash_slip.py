"""A bank deposit slip told to the reconciliation as what it is: a batch that lists its payments, due on the next working day.

Until the statement shows the slip's line each of its payments is explained by it, and a slip that never reaches the bank
is a break with its number. The list is kept raw like any settlement file.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.acquirer import Sale
from gateway.closing import raw, settlements
from gateway.closing.bank_files import settlement_row
from gateway.closing.turns import ImportBusy, take_turn
from gateway.counter.cash_store import cash_deposit, cash_take
from gateway.kernel.clock import business_day
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.store import payment

TERMINAL = "CASH"  # of the rows: no machine took this money
AT_ONCE = 50


def tell_waiting(environment: Environment) -> int:
    """Tell of the slips that were drawn up since; how many that was. One whose agency is taking a file waits."""
    with environment.read() as connection:
        rows = connection.execute(_untold().limit(AT_ONCE)).all()
    return sum(_tell(environment, row) for row in rows)


def _untold() -> sa.Select[Any]:
    mine = (settlement_row.c.agency_id == cash_deposit.c.collects_for) & (
        settlement_row.c.batch_id == cash_deposit.c.reference
    )
    waits = cash_deposit.c.line_id.is_(None) & ~sa.exists().where(mine)
    return sa.select(cash_deposit).where(waits).order_by(cash_deposit.c.id)


def _tell(environment: Environment, deposit: sa.Row[Any]) -> int:
    try:
        with environment.begin(actor="worker") as uow:
            take_turn(uow, deposit.collects_for)
            sales = _sales(uow, deposit)
            listed = "".join(f"{sale.batch_id},{sale.reference},{sale.gross}\n" for sale in sales)
            digest = raw.keep(uow, deposit.collects_for, f"{deposit.reference}.csv", raw.opener(listed.encode()))
            file_id = raw.mark(uow, deposit.collects_for, digest, "read")
            settlements.store(uow, deposit.collects_for, file_id, sales)
    except ImportBusy:
        return 0
    return 1


def _sales(uow: UnitOfWork, deposit: sa.Row[Any]) -> list[Sale]:
    query = sa.select(payment.c.reference, cash_take.c.amount).join_from(cash_take, payment)
    rows = uow.connection.execute(query.where(cash_take.c.deposit_id == deposit.id).order_by(cash_take.c.id))
    day = business_day(deposit.made_at)
    return [Sale(deposit.reference, TERMINAL, day, row.reference, row.amount, 0, row.amount) for row in rows]
