"""Book what a statement proves: credits find or prove their payment, every line becomes an entry on the bank account.

Money in transit becomes money at the bank; the bank's own fee, interest, remittance and moves between our accounts are
posted by their nature; a debit nobody can explain stands as such until a person does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa

from gateway.agencies import Account
from gateway.kernel.uow import UnitOfWork
from gateway.ledger import model as ledger
from gateway.ledger.model import Entry
from gateway.ledger.post import post
from gateway.payments.model import PaymentEvent, PaymentStatus, sources_of
from gateway.payments.store import payment
from gateway.settlement.model import Arrival, Proof
from gateway.settlement.refund import debits
from gateway.settlement.settle import settle
from gateway.settlement.store import notice
from reconciliation.store import line_ref

BATCH = 200
# A credit of one of these natures is no payment of a citizen.
NO_PAYMENT = frozenset({"INTEREST", "INTERNAL_TRANSFER", "BANK_FEE"})
CONTRA = {
    "INTEREST": ledger.BUDGET_PAYABLE,  # interest on the collection account goes to the budget
    "BANK_FEE": ledger.COMMISSION,
    "REMITTANCE": ledger.BUDGET_PAYABLE,
    "INTERNAL_TRANSFER": "between_accounts",
}


def book(uow: UnitOfWork, agency_id: str, accounts: Mapping[str, Account], lines: Sequence[sa.Row[Any]]) -> int:
    """Place the credits and post an entry for each new line on an account of ours; how many were posted."""
    ours = [line for line in lines if line.account in accounts and line.amount]
    credits = [line for line in ours if line.direction == "CRDT" and line.nature not in NO_PAYMENT]
    references = _references(uow.connection, [line.id for line in credits])
    for at in range(0, len(credits), BATCH):
        batch = credits[at : at + BATCH]
        settle(uow, agency_id, [_arrival(line, accounts, references.get(line.id, ())) for line in batch])
    refunds = debits.explain(uow, agency_id, ours)
    post(uow, (_entry(line, accounts[line.account], refunds.get(line.id)) for line in ours))
    confirm(uow, [line.id for line in credits])
    return len(ours)


def _arrival(line: sa.Row[Any], accounts: Mapping[str, Account], references: tuple[str, ...]) -> Arrival:
    return Arrival(
        id=line.id,
        agency=line.owner,
        connector=accounts[line.account].connector,
        proof=Proof.STATEMENT,
        amount=line.amount,
        currency="VND",
        incoming=True,
        account=line.account,
        day=line.booking_date,
        at=datetime.combine(line.booking_date, time(5), UTC),  # noon in Vietnam: a statement knows the day only
        references=references,
        bank_reference=line.bank_ref,
    )


def _references(connection: sa.Connection, line_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The payment references of each line, structured ones first."""
    found: dict[str, tuple[str, ...]] = {}
    for at in range(0, len(line_ids), 5_000):
        chosen = line_ref.c.line_id.in_(line_ids[at : at + 5_000]) & line_ref.c.how.in_((1, 2))
        query = sa.select(line_ref.c.line_id, line_ref.c.ref).where(chosen)
        for line_id, ref in connection.execute(query.order_by(line_ref.c.line_id, line_ref.c.how, line_ref.c.ref)):
            found[line_id] = (*found.get(line_id, ()), ref)
    return found


def _entry(line: sa.Row[Any], account: Account, refunded: str | None) -> Entry:
    """A credit: bank against what was in transit, or against its nature. A debit the other way round, or against what
    refunds say of it."""
    incoming = line.direction == "CRDT"
    if incoming and line.nature not in NO_PAYMENT:
        contra = ledger.in_transit(account.connector)
    else:
        contra = refunded or CONTRA.get(line.nature, ledger.UNEXPLAINED)
    at_bank = ledger.bank(account.number)
    pair = (at_bank, contra) if incoming else (contra, at_bank)
    return Entry(line.owner, line.booking_date, "statement", line.id, ledger.transfer(*pair, line.amount))


def confirm(uow: UnitOfWork, line_ids: Sequence[str]) -> None:
    """Settled payments all of whose money is proven by lines are confirmed."""
    settled = notice.c.settled > 0
    unproven = sa.exists().where(notice.c.payment_id == payment.c.id, settled, notice.c.line_id.is_(None))
    may = payment.c.status.in_([status.value for status in sources_of(PaymentEvent.CONFIRMED)])
    for chunk in _chunks(line_ids):
        touched = sa.select(notice.c.payment_id).where(notice.c.line_id.in_(chunk), settled)
        update = sa.update(payment).where(payment.c.id.in_(touched), may, ~unproven)
        uow.connection.execute(update.values(status=PaymentStatus.CONFIRMED.value, confirmed_at=uow.now()))


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for at in range(0, len(ids), 5_000):
        yield ids[at : at + 5_000]
