"""Does the day tie to the đồng? Bank, payments, ledger and receipts are counted apart and laid beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from gateway.audit.leaves import Flaw
from gateway.closing import proof
from gateway.dues.store import due
from gateway.settlement import conservation
from gateway.trial.day import Lived
from gateway.trial.found import AGENCY, OTHER_MONEY, STATE_FEES, Trial
from receipts.series import gaps
from receipts.store import receipt


@dataclass(frozen=True, slots=True)
class Sums:
    """The day in đồng; every pair that must be equal is checked by `flaws`."""

    bank_credits: int  # what the bank's own statements credit, interest apart
    money_in: int  # what the gateway says came in
    settled: int
    suspense: int
    dues_paid: int
    state_fees_paid: int  # phí and lệ phí among them
    receipts: int  # sum of all receipts
    receipt_count: int
    violations: int

    def flaws(self) -> Iterator[str]:
        """Every equation that does not hold."""
        pairs = (
            ("bank = money in", self.bank_credits, self.money_in),
            ("money in = settled + suspense", self.money_in, self.settled + self.suspense),
            ("settled = dues paid", self.settled, self.dues_paid),
            ("state fees = receipts", self.state_fees_paid, self.receipts),
            ("violations = 0", self.violations, 0),
        )
        yield from (f"{rule}: {left} / {right}" for rule, left, right in pairs if left != right)


def sums(trial: Trial, lived: Lived, changed: Sequence[Flaw]) -> Sums:
    """Count each side for itself; `changed` is what the proof of the audit trail found."""
    with trial.environment.read() as connection:
        kept = conservation.days(connection, AGENCY)
        paid = sa.select(sa.func.coalesce(sa.func.sum(due.c.amount), 0)).where(due.c.status == "paid")
        receipts = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(receipt.c.amount), 0), sa.func.count()))
        amount, count = receipts.one()
        return Sums(
            bank_credits=_credited(trial, lived),
            money_in=sum(row.money_in for row in kept),
            settled=sum(row.settled for row in kept),
            suspense=sum(row.suspense for row in kept),
            dues_paid=int(connection.scalar(paid) or 0),
            state_fees_paid=int(connection.scalar(paid.where(due.c.kind != "OTHER")) or 0),
            receipts=int(amount),
            receipt_count=int(count),
            violations=len(proof.violations(connection)) + len(gaps(connection)) + len(changed),
        )


def _credited(trial: Trial, lived: Lived) -> int:
    """From the bank's book alone."""
    entries = [e for number in (STATE_FEES, OTHER_MONEY) for e in trial.bank.statement(number, lived.day).entries]
    return int(sum((e.amount for e in entries if e.amount > 0 and e.transaction_code != "NINT"), Decimal(0)))
