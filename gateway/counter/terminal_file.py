"""The acquirer's settlement file has the last word on what a terminal never answered (T+1).

A sale that stands in the file and not in our books is money: it is booked as a notice and goes where such money goes. A
sale that we still wait for and that its day's file does not hold brought none. Rows of others (payment services, lists,
deposit slips of cash) stand in the same table: a row is an acquirer's only if it names a payment asked for at a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from connectors.contract import Request
from connectors.terminal.contract import ACQUIRER
from gateway import agencies
from gateway.access import own
from gateway.closing.bank_files import settlement_row
from gateway.counter import terminal_store as store
from gateway.counter.cash_store import outage_slip
from gateway.counter.terminal_record import decided_by_file, notice_of
from gateway.counter.terminal_reverse_lane import reversed_sales, settled_by_file
from gateway.counter.terminal_store import SaleRow, SaleState, terminal, terminal_sale
from gateway.kernel import bulk
from gateway.kernel.clock import day_start
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.model import POS
from gateway.payments.store import PaymentRow, payment, rows
from gateway.settlement.inbox import keep
from reconciliation.model import SettlementRow

EARLIER = timedelta(days=10)  # a day's file is whole once a later one is there: days before are looked at again


class Row(Protocol):
    """A row of a settlement file, as `reconciliation.model.SettlementRow` has it; đồng."""

    @property
    def batch_id(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def gross(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Decided:
    """What a file changed."""

    found: int  # sales that it proved and we did not know
    missing: int  # sales that we waited for and it does not hold, and reversals it has decided


def decide(uow: UnitOfWork, agency_id: str, acquirer: str, sales: Sequence[Row], days: Collection[date]) -> Decided:
    """Read a file that is complete for `days` (trading days, Asia/Ho_Chi_Minh); its rows may come again and again."""
    told = [row for row in sales if row.gross > 0]
    payments = _payments(uow.connection, agency_id, {row.reference for row in told})
    ours = _sales(uow, agency_id, acquirer)
    back = Counter(row.reference for row in sales if row.gross < 0)
    reversals = _decide_reversals(uow, ours, told, back, days)
    went = reversed_sales(uow.connection, agency_id)
    gone = {s.id for s in ours if s.id in went and not back[s.reference]}
    approved = Counter(
        s.payment_id for s in ours if s.state is SaleState.APPROVED and s.reason != "file" and s.id not in gone
    )
    found, seen = 0, Counter[tuple[str, str]]()
    known = [row for row in told if row.reference in payments]  # another reference is shown by the reconciliation
    for row in sorted(known, key=lambda row: payments[row.reference].id):
        money = payments[row.reference]
        seen[row.batch_id, row.reference] += 1
        if approved[money.id]:
            approved[money.id] -= 1
        else:
            key = f"file:{row.batch_id}:{row.reference}:{seen[row.batch_id, row.reference]}"
            found += _book(uow, acquirer, row, key, money, ours)
    named = {payments[row.reference].id for row in known}
    return Decided(found, _close_missing(uow, ours, named, days) + reversals)


def _decide_reversals(
    uow: UnitOfWork, ours: Sequence[SaleRow], told: Sequence[Row], back: Counter[str], days: Collection[date]
) -> int:
    """Reversals that no terminal answered: what the file pays out and does not take back has not gone back."""
    paid_out = Counter(row.reference for row in told) - back
    sales = [s for s in ours if s.state is SaleState.APPROVED and s.reason != "file"]
    standing = {s.id for s in sales if paid_out[s.reference]}
    return settled_by_file(uow, sales, standing, {s.id for s in sales if _whole(s, days)})


def _payments(connection: sa.Connection, agency_id: str, references: Collection[str]) -> dict[str, PaymentRow]:
    """Those asked for at a terminal. What was sold on a stand-alone machine is left to the outage sheet."""
    on_sheet = sa.exists().where(outage_slip.c.payment_id == payment.c.id)
    chosen = own(payment, agency_id) & (payment.c.channel == POS) & ~on_sheet
    chosen &= bulk.among(connection, payment.c.reference, sorted(references))
    return {row.reference: row for row in rows(connection, sa.select(payment).where(chosen))}


def _sales(uow: UnitOfWork, agency_id: str, acquirer: str) -> list[SaleRow]:
    mine = own(terminal_sale, agency_id) & terminal_sale.c.terminal_id.in_(
        sa.select(terminal.c.id).where(own(terminal, agency_id), terminal.c.acquirer == acquirer)
    )
    return store.sales(uow.connection, mine)


def _book(uow: UnitOfWork, acquirer: str, row: Row, key: str, money: PaymentRow, ours: Sequence[SaleRow]) -> int:
    """Money that only the file knows of, once per row; how many sales that ends."""
    account = agencies.account_by_id(uow.connection, money.account_id)
    notice = notice_of(key, row.gross, account.number, money.reference, key, uow)
    request = Request("FILE", row.batch_id, f"{row.batch_id},{row.reference},{row.gross}".encode())
    keep(uow, money.agency_id, ACQUIRER + acquirer, request, notice, origin="terminal")
    waiting = [s for s in ours if s.payment_id == money.id and s.state in store.UNFINISHED and _nobody_holds(uow, s)]
    for sale in waiting:
        decided_by_file(uow, sale, key)
    return len(waiting)


def _close_missing(uow: UnitOfWork, ours: Sequence[SaleRow], named: set[str], days: Collection[date]) -> int:
    closed = 0
    for sale in sorted(ours, key=lambda sale: sale.payment_id):  # payments are locked in order
        open_still = sale.state in store.UNFINISHED and sale.payment_id not in named
        if _whole(sale, days) and open_still and _nobody_holds(uow, sale):
            decided_by_file(uow, sale, None)
            closed += 1
    return closed


def _whole(sale: SaleRow, days: Collection[date]) -> bool:
    """Whether it is of one of the days whose file is complete."""
    return any(day_start(day) <= sale.asked_at < day_start(day + timedelta(days=1)) for day in days)


def _nobody_holds(uow: UnitOfWork, sale: SaleRow) -> bool:
    """A sale that is being talked about with its terminal just now is left to that."""
    return sale.lease_until is None or sale.lease_until < uow.now()


def follow(environment: Environment, since: datetime) -> int:
    """What the settlement files imported since then decide; how much that was.

    A row that proves money counts at once. That a day's file holds nothing of a sale counts once the acquirer's file of
    a later day is there too, because files may come in parts.
    """
    fresh = sa.select(settlement_row.c.agency_id).where(settlement_row.c.taken_at >= since).distinct()
    with environment.read() as connection:
        agencies_told = list(connection.scalars(fresh.order_by(settlement_row.c.agency_id)))
    done = 0
    for agency_id in agencies_told:
        with environment.begin(actor="worker") as uow:  # a reversal may have been asked for at another agency's counter
            for acquirer, told in _by_acquirer(uow.connection, agency_id, since).items():
                last = max(row.trade_date for row in told)
                whole = {row.trade_date for row in told} - {last}
                decided = decide(uow, agency_id, acquirer, told, whole)
                done += decided.found + decided.missing
    return done


def _by_acquirer(connection: sa.Connection, agency_id: str, since: datetime) -> dict[str, list[SettlementRow]]:
    """The rows of the days that have news and of the days before, by whose they are: a terminal's number tells, or they
    name a payment asked for at a terminal and there is but one acquirer."""
    mine = sa.select(terminal.c.acquirer, terminal_sale.c.tid).where(own(terminal, agency_id)).distinct()
    pairs = list(connection.execute(mine.outerjoin_from(terminal, terminal_sale)))
    acquirers = {acquirer for acquirer, _ in pairs}
    by_tid = {tid: acquirer for acquirer, tid in pairs if tid}
    only = next(iter(acquirers)) if len(acquirers) == 1 else None
    table = settlement_row
    newest = sa.select(sa.func.min(table.c.trade_date)).where(own(table, agency_id), table.c.taken_at >= since)
    columns = [table.c[name] for name in SettlementRow.__dataclass_fields__]
    from_day = connection.execute(newest).scalar_one() - EARLIER
    named = own(payment, agency_id) & (payment.c.reference == table.c.reference)
    at_terminal = sa.exists().where(named, payment.c.channel == POS).label("at_terminal")
    query = sa.select(*columns, at_terminal).where(own(table, agency_id), table.c.trade_date >= from_day)
    found: dict[str, list[SettlementRow]] = {}
    for *row, ours in connection.execute(query.order_by(table.c.natural_key)):
        told = SettlementRow(*row)
        acquirer = by_tid.get(told.terminal, only if ours else None)
        if acquirer is not None:
            found.setdefault(acquirer, []).append(told)
    return found
