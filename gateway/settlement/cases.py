"""Lock and load what a batch of arrivals touches: payments, dues, money, series in that order, each by id; few queries.

Under READ COMMITTED every read after a lock sees what the one before left, so nothing is decided on old rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.agencies import Account, Agency
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel import bulk
from gateway.kernel.uow import UnitOfWork
from gateway.payments import store as payments_store
from gateway.payments.store import PaymentRow
from gateway.settlement import store
from gateway.settlement.model import HELD, Arrival, DueCase, Held, Known, PaymentCase, Proof, Reason
from receipts import series as receipt_series
from receipts.register import Verdict, verdicts
from receipts.series import Series


@dataclass(slots=True)
class Money:
    """A row of `notice` while the batch works on it."""

    id: str
    account: str
    amount: int
    bank_reference: str
    day: date
    payment_id: str | None
    counted: int
    settled: int
    suspended: int
    noticed: bool
    line_id: str | None
    new: Arrival | None = None  # the arrival that made it; None: loaded
    touched: bool = False

    def known(self) -> Known:
        """What a decision may see of it."""
        return Known(self.id, self.payment_id, self.counted, self.settled, self.noticed, self.line_id)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything a batch touches, locked."""

    agency: Agency
    accounts: dict[str, Account]
    payments: dict[str, PaymentCase]  # by id
    rows: dict[str, PaymentRow]
    dues: dict[str, DueRow]
    money: dict[str, Money]
    series: dict[int, tuple[Series, ...]] = field(default_factory=dict)  # by year
    issuing: dict[date, Verdict] = field(default_factory=dict)  # by business day


def lock(uow: UnitOfWork, agency_id: str, arrivals: Sequence[Arrival], payment_ids: Collection[str] = ()) -> Loaded:
    """Lock and load for one agency's arrivals, and for payments that are to be looked at again."""
    connection = uow.connection
    agency = agencies.require(connection, agency_id)
    accounts = {a.id: a for a in agencies.all_accounts_of(connection, agency_id)}
    named = {reference for arrival in arrivals for reference in arrival.references}
    known = {*payment_ids, *_known_payments(connection, agency_id, arrivals)}
    rows = {row.id: row for row in payments_store.lock(connection, agency_id, named, known)} if named or known else {}
    covered = payments_store.due_ids(connection, list(rows)) if rows else {}
    locked = dues_store.lock_dues(connection, sorted({due for ids in covered.values() for due in ids}))
    dues = {due.id: due for due in locked}
    cases = {due.id: _due_case(due) for due in locked}
    payments = {
        row.id: _payment_case(row, accounts[row.account_id].number, [cases[due] for due in covered[row.id]])
        for row in rows.values()
    }
    money = _money(connection, agency_id, arrivals, payments)
    _attach_held(connection, payments, money)
    held_on = {money[item.notice_id].day for payment in payments.values() for item in payment.held}
    days = {arrival.day for arrival in arrivals} | held_on
    series = _series(connection, agency_id, days) if rows else {}
    issuing = verdicts(connection, agency_id, days) if rows else {}
    return Loaded(agency, accounts, payments, rows, dues, money, series, issuing)


def _known_payments(connection: sa.Connection, agency_id: str, arrivals: Sequence[Arrival]) -> list[str]:
    """Payments of money that is in the books already: a second proof may have lost the reference."""
    named = sorted({a.bank_reference for a in arrivals if a.bank_reference and a.proof is Proof.STATEMENT})
    if not named:
        return []
    table = store.notice
    chosen = own(table, agency_id) & bulk.among(connection, table.c.bank_reference, named)
    query = sa.select(table.c.payment_id).where(chosen, table.c.payment_id.is_not(None)).distinct()
    return list(connection.scalars(query))


class Twins:
    """Money of the batch by what a second proof of it may name: its bank reference, or its payment."""

    def __init__(self, money: Iterable[Money]) -> None:
        self._by_reference: dict[tuple[str, str], dict[str, Money]] = {}
        self._by_payment: dict[str, dict[str, Money]] = {}
        self._place: dict[str, int] = {}  # of each money in the order it became known
        for one in money:
            self.add(one)

    def add(self, money: Money) -> None:
        """Know it, or know it as its payment has changed."""
        self._place.setdefault(money.id, len(self._place))
        self._by_reference.setdefault((money.account, money.bank_reference), {})[money.id] = money
        if money.payment_id is not None:
            self._by_payment.setdefault(money.payment_id, {})[money.id] = money

    def find(self, arrival: Arrival, payment: PaymentCase | None) -> Money | None:
        """The same money from the other side: same account and bank reference, or, where one side has no bank
        reference, the same payment and amount; never one that has both proofs already."""
        named = self._by_reference.get((arrival.account, arrival.bank_reference), {}) if arrival.bank_reference else {}
        found = [money for money in named.values() if _lacks(money, arrival.proof)]
        if not found and payment is not None:
            paid = self._by_payment.get(payment.id, {}).values()
            found = [money for money in paid if _lacks(money, arrival.proof) and _alike(money, arrival, payment)]
        return min(found, key=lambda money: self._place[money.id], default=None)


def _alike(money: Money, arrival: Arrival, payment: PaymentCase) -> bool:
    unnamed = not (arrival.bank_reference and money.bank_reference)
    same = (money.account, money.payment_id, money.amount) == (arrival.account, payment.id, arrival.amount)
    return unnamed and same


def _lacks(money: Money, proof: Proof) -> bool:
    return not money.noticed if proof is Proof.NOTICE else money.line_id is None


def _due_case(due: DueRow) -> DueCase:
    return DueCase(due.id, due.dossier_id, due.fee_code, due.kind, due.amount, DueStatus(due.status))


def _payment_case(row: PaymentRow, account: str, dues: list[DueCase]) -> PaymentCase:
    return PaymentCase(row.id, account, row.reference, row.amount, row.received, row.status, dues)


def _money(
    connection: sa.Connection, agency_id: str, arrivals: Sequence[Arrival], payments: Iterable[str]
) -> dict[str, Money]:
    """Money already in the books that an arrival may speak of, or that is held for a payment of the batch."""
    table = store.notice
    named = sorted({a.bank_reference for a in arrivals if a.bank_reference})
    chosen = bulk.among(connection, table.c.payment_id, payments) | bulk.among(
        connection, table.c.bank_reference, named
    )
    query = sa.select(table).where(own(table, agency_id), chosen).order_by(table.c.id).with_for_update()
    return {
        row.id: Money(
            id=row.id,
            account=row.account,
            amount=row.amount,
            bank_reference=row.bank_reference,
            day=row.day,
            payment_id=row.payment_id,
            counted=row.counted,
            settled=row.settled,
            suspended=row.suspended,
            noticed=row.noticed_at is not None,
            line_id=row.line_id,
        )
        for row in connection.execute(query)
    }


def _attach_held(connection: sa.Connection, payments: dict[str, PaymentCase], money: dict[str, Money]) -> None:
    table = store.suspense
    chosen = bulk.among(connection, table.c.notice_id, money) & table.c.closed_at.is_(None)
    for row in connection.execute(sa.select(table).where(chosen).order_by(table.c.id)) if money else ():
        if row.payment_id in payments and Reason(row.reason) in HELD:
            held = Held(row.id, row.notice_id, row.amount, Reason(row.reason))
            payments[row.payment_id].held.append(held)


def _series(connection: sa.Connection, agency_id: str, days: Iterable[date]) -> dict[int, tuple[Series, ...]]:
    wanted = sorted({(agency_id, day.year) for day in days})
    return {year: found for (_, year), found in receipt_series.lock_ranges(connection, wanted).items()}
