"""Do the two days tie to the đồng? Bank, services, acquirer, payments, ledger, receipts and Treasury are counted apart and
laid beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.audit.leaves import Flaw
from gateway.closing import proof
from gateway.dues.store import due
from gateway.payments.model import PaymentStatus
from gateway.payments.store import payment
from gateway.remitting.model import RemittanceState
from gateway.remitting.store import remittance
from gateway.settlement import conservation
from gateway.settlement.store import notice, suspense
from gateway.trial.day import Lived, credited
from gateway.trial.world import World
from receipts.series import gaps
from receipts.store import receipt

BANK = "vietinbank"


@dataclass(frozen=True, slots=True)
class Side:
    """What somebody who takes money for the agency says in its own book, and what the gateway says of it; đồng."""

    name: str  # of the connector
    theirs: int
    ours: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The days in đồng; every pair that must be equal is checked by `flaws`."""

    bank_credits: int  # what the bank's own statements credit, interest and lumps apart
    sides: tuple[Side, ...]  # the bank, the services, the acquirer's host
    lumps: int  # net, as the bank credits it the next day
    commission: int  # kept by services and acquirer, by their own files
    money_in: int  # what the gateway says came in
    settled: int
    suspense: int
    waiting: tuple[tuple[str, int], ...]  # of it, by reason, in open tasks
    returned: int
    dues_paid: int
    state_fees_paid: int  # phí and lệ phí among them
    receipts: int  # sum of all current receipts
    receipt_count: int
    collected: int  # handed over to the Treasury, by its lines
    retained: int
    budget: int  # the payment orders, which the bank has carried out
    unproven: int  # state fees that no statement line proves yet
    violations: int

    def flaws(self) -> Iterator[str]:
        """Every equation that does not hold."""
        pairs = (
            *((f"{side.name} = ours", side.theirs, side.ours) for side in self.sides),
            ("all sides = money in", sum(side.theirs for side in self.sides), self.money_in),
            ("lumps + commission = gross", self.lumps + self.commission, self.money_in - self.bank_credits),
            ("money in = settled + suspense + returned", self.money_in, self.settled + self.suspense + self.returned),
            ("suspense = tasks", self.suspense, sum(amount for _, amount in self.waiting)),
            ("settled = dues paid", self.settled, self.dues_paid),
            ("state fees = receipts", self.state_fees_paid, self.receipts),
            ("state fees = handed over + unproven", self.state_fees_paid, self.collected + self.unproven),
            ("handed over = retained + budget", self.collected, self.retained + self.budget),
            ("violations = 0", self.violations, 0),
        )
        yield from (f"{rule}: {left} / {right}" for rule, left, right in pairs if left != right)


def sums(world: World, lived: Lived, changed: Sequence[Flaw]) -> Sums:
    """Count each side for itself; `changed` is what the proof of the audit trail found."""
    agency = world.trial.agency
    with world.trial.environment.read() as connection:
        kept = conservation.days(connection, agency)
        paid = sa.select(_sum(due.c.amount)).where(own(due, agency), due.c.status == "paid")
        current = sa.select(_sum(receipt.c.amount), sa.func.count()).where(receipt.c.replaced_by.is_(None))
        amount, count = connection.execute(current).one()
        collected, retained, budget = connection.execute(_handed_over(agency)).one()
        bank_credits = credited(world, lived)
        return Sums(
            bank_credits=bank_credits,
            sides=tuple(_sides(connection, world, lived, bank_credits)),
            lumps=sum(net for one in lived.paid_out for net, _ in one.lumps),
            commission=sum(one.commission for one in lived.paid_out),
            money_in=sum(row.money_in for row in kept),
            settled=sum(row.settled for row in kept),
            suspense=sum(row.suspense for row in kept),
            waiting=_waiting(connection, agency),
            returned=sum(row.returned for row in kept),
            dues_paid=int(connection.scalar(paid) or 0),
            state_fees_paid=int(connection.scalar(paid.where(due.c.kind != "OTHER")) or 0),
            receipts=int(amount),
            receipt_count=int(count),
            collected=int(collected),
            retained=int(retained),
            budget=int(budget),
            unproven=int(connection.scalar(_unproven(agency)) or 0),
            violations=len(proof.violations(connection)) + len(gaps(connection)) + len(changed),
        )


def _sides(connection: sa.Connection, world: World, lived: Lived, bank_credits: int) -> Iterator[Side]:
    query = sa.select(notice.c.connector, _sum(notice.c.counted)).where(own(notice, world.trial.agency))
    ours = {name: int(amount) for name, amount in connection.execute(query.group_by(notice.c.connector))}
    theirs = {BANK: bank_credits}
    theirs |= {name: psp.settlement(lived.day).gross for name, psp in world.psps.items()}
    theirs |= {"pos.vietinbank": sum(world.machines.acquirer.standing().values())}
    for name in sorted(theirs.keys() | ours.keys(), key=lambda name: (name != BANK, name)):
        yield Side(name, theirs.get(name, 0), ours.get(name, 0))


def _waiting(connection: sa.Connection, agency: str) -> tuple[tuple[str, int], ...]:
    query = sa.select(suspense.c.reason, _sum(suspense.c.amount)).where(
        own(suspense, agency), suspense.c.closed_at.is_(None)
    )
    rows = connection.execute(query.group_by(suspense.c.reason).order_by(suspense.c.reason))
    return tuple((reason, int(amount)) for reason, amount in rows if amount)


def _handed_over(agency: str) -> sa.Select[int, int, int]:
    """Remittances that the bank's statement proves."""
    proven = own(remittance, agency) & (remittance.c.state == RemittanceState.CONFIRMED.value)
    return sa.select(_sum(remittance.c.collected), _sum(remittance.c.retained), _sum(remittance.c.budget)).where(proven)


def _unproven(agency: str) -> sa.Select[Any]:
    return (
        sa.select(_sum(due.c.amount))
        .join(payment, payment.c.id == due.c.payment_id)
        .where(own(due, agency), due.c.status == "paid", due.c.kind != "OTHER")
        .where(payment.c.status != PaymentStatus.CONFIRMED.value)
    )


def _sum(column: sa.Column[int]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(column), 0)
