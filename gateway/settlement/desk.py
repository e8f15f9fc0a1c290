"""Applies decisions one after another, each seeing what the one before left, and writes the sum of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from gateway.dues.model import DueEvent, next_status
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.model import SUSPENSE, Entry, Posting, collected, in_transit
from gateway.payments.model import PAID, PaymentEvent, PaymentStatus, follow
from gateway.settlement.cases import Loaded, Money, Twins
from gateway.settlement.decide import enough
from gateway.settlement.model import (
    COUNTED,
    HELD,
    Arrival,
    Case,
    Confirm,
    Decision,
    DueCase,
    Held,
    PaymentCase,
    Proof,
    Reason,
    Settle,
    Suspend,
)


@dataclass(frozen=True, slots=True)
class Settled:
    """The payment has its money; receipts follow in the same transaction."""

    arrival: Arrival
    payment: PaymentCase
    dues: tuple[DueCase, ...]
    surplus: int
    late: bool


@dataclass(frozen=True, slots=True)
class Suspended:
    """The money waits."""

    arrival: Arrival
    suspense_id: str
    reason: Reason
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same money was in the books; the second proof is noted."""

    arrival: Arrival
    notice_id: str
    contradicted: bool


Outcome = Settled | Suspended | Repeated
Pool = tuple[int, str]  # year, tax code of the delegate: numbers that the same receipts may take


@dataclass(frozen=True, slots=True)
class NewSuspense:
    """A row of `suspense` to write."""

    id: str
    notice_id: str
    payment_id: str | None
    amount: int
    reason: Reason


class Desk:
    """The state of one agency's batch. `save.py` writes what it gathered."""

    def __init__(self, uow: UnitOfWork, loaded: Loaded, receipts_needed: Callable[[Settle], int]) -> None:
        self.uow = uow
        self.loaded = loaded
        self.entries: list[Entry] = []
        self.opened: list[NewSuspense] = []
        self.released: list[str] = []  # suspense ids that went to their dues, all or in part
        self.replaced: list[str] = []  # suspense ids that wait on for another reason
        self.retaken: list[str] = []  # ids of money that is placed anew: its open suspense ends as replaced
        self.settled: list[Settled] = []
        self.changed: dict[str, PaymentCase] = {}
        self._twins = Twins(loaded.money.values())
        self._by_reference = {p.reference: p for p in loaded.payments.values()}
        self._left: Counter[Pool] = Counter()
        for year, ranges in loaded.series.items():
            for one in ranges:
                self._left[year, one.delegate] += one.left
        self._receipts_needed = receipts_needed

    def place(self, arrival: Arrival, decide: Callable[[Case, Arrival], Decision]) -> Outcome:
        """Decide on one arrival and apply the decision."""
        payments = tuple(self._by_reference[r] for r in arrival.references if r in self._by_reference)
        money = self._twins.find(arrival, payments[0] if len(payments) == 1 else None)
        if not payments and money is not None and money.payment_id in self.loaded.payments:
            payments = (self.loaded.payments[money.payment_id],)  # the first proof could still read the reference
        if money is not None and not money.settled and arrival.proof is Proof.STATEMENT:
            self._take_back(money, arrival)
        case = Case(payments, known=money.known() if money else None)
        decision = decide(case, arrival)
        if isinstance(decision, Settle) and not self._series_open(decision, arrival):
            decision = decide(replace(case, series_open=False), arrival)
        if isinstance(decision, Confirm):
            return self._confirm(arrival, decision)
        money = money or self._new_money(arrival)
        money.payment_id = decision.payment.id if decision.payment else None
        self._twins.add(money)
        if isinstance(decision, Settle):
            return self._settle(arrival, money, decision)
        return self._suspend(arrival, money, decision)

    def _series_open(self, decision: Settle, arrival: Arrival) -> bool:
        needed = self._needed(decision, arrival)
        return needed == 0 or (self._may_issue(arrival.day) and self._left[self._pool(arrival.day)] >= needed)

    def _needed(self, decision: Settle, arrival: Arrival) -> int:
        return 0 if arrival.receipted_elsewhere else self._receipts_needed(decision)

    def _may_issue(self, day: date) -> bool:
        return day in self.loaded.issuing and self.loaded.issuing[day].open

    def _pool(self, day: date) -> Pool:
        """Whose numbers the receipts of a day take."""
        verdict = self.loaded.issuing.get(day)
        return day.year, verdict.delegate.tax_code if verdict and verdict.delegate else ""

    def _confirm(self, arrival: Arrival, decision: Confirm) -> Repeated:
        money = self.loaded.money[decision.known.id]
        self._note_proof(money, arrival)
        return Repeated(arrival, money.id, decision.contradicted)

    def _note_proof(self, money: Money, arrival: Arrival) -> None:
        money.touched = True
        if arrival.proof is Proof.NOTICE:
            money.noticed = True
        else:
            money.line_id = arrival.id

    def _new_money(self, arrival: Arrival) -> Money:
        money = Money(
            id=arrival.id,
            account=arrival.account,
            amount=arrival.amount,
            bank_reference=arrival.bank_reference,
            day=arrival.day,
            payment_id=None,
            counted=0,
            settled=0,
            suspended=0,
            noticed=False,
            line_id=None,
            new=arrival,
        )
        self.loaded.money[money.id] = money
        return money

    def _take_back(self, money: Money, arrival: Arrival) -> None:
        """A statement speaks of money that only waited: place it anew, with the amount the bank books."""
        if money.suspended:
            pair = (Posting(SUSPENSE, money.suspended), Posting(in_transit(arrival.connector), -money.suspended))
            self.entries.append(Entry(arrival.agency, arrival.day, "retake", arrival.id, pair))
        for payment in self.loaded.payments.values():
            self._let_go(payment, money.id)
        self.retaken.append(money.id)
        money.counted = money.suspended = 0
        money.amount = arrival.amount

    def _let_go(self, payment: PaymentCase, notice_id: str) -> None:
        mine = [item for item in payment.held if item.notice_id == notice_id]
        if not mine:
            return
        payment.held = [item for item in payment.held if item.notice_id != notice_id]
        payment.received -= sum(item.amount for item in mine)
        if payment.status is PaymentStatus.UNKNOWN and not _doubtful(payment):
            payment.status = follow(payment.status, PaymentEvent.REOPENED)
        self.changed[payment.id] = payment

    def settle_held(self, payment: PaymentCase) -> Settled | None:
        """Settle from what is held alone: the series reopened, or the dues became less. None while it cannot be."""
        held = [item for item in payment.held if item.reason in COUNTED]
        if payment.status in PAID or not payment.open_dues or payment.counted < payment.needed or not held:
            return None
        last = self.loaded.money[held[-1].notice_id]
        arrival = Arrival(
            id=held[-1].suspense_id,
            agency=self.loaded.agency.id,
            connector="",
            proof=Proof.NOTICE,
            amount=0,
            currency="VND",
            incoming=True,
            account=payment.account,
            day=last.day,
            at=self.uow.now(),
            references=(),
        )
        decision = enough(Case((payment,)), arrival)
        return self._settle(arrival, None, decision) if self._series_open(decision, arrival) else None

    def _settle(self, arrival: Arrival, money: Money | None, decision: Settle) -> Settled:
        """What is held goes first, oldest first, then what has just come; what is left of either is surplus."""
        payment, left = decision.payment, sum(due.amount for due in decision.dues)
        from_held = 0
        for item in [item for item in payment.held if item.reason in COUNTED]:
            used = min(item.amount, left)
            self._use(item, used, decision, payment)
            left -= used
            from_held += used
        assert left <= arrival.amount, "decided to settle with too little"
        if money is not None:
            self._count(money, arrival, settled=left, suspended=arrival.amount - left)
            self._open_surplus(money, arrival.amount - left, decision, payment)
        for due in decision.dues:
            due.status = next_status(due.status, DueEvent.SETTLED)
        payment.received += arrival.amount
        payment.status = follow(payment.status, PaymentEvent.SETTLED)
        self.changed[payment.id] = payment
        self._left[self._pool(arrival.day)] -= self._needed(decision, arrival)
        self._enter_settled(arrival, decision, from_held - (arrival.amount - left))
        outcome = Settled(arrival, payment, decision.dues, decision.surplus, decision.late)
        self.settled.append(outcome)
        return outcome

    def _use(self, item: Held, used: int, decision: Settle, payment: PaymentCase) -> None:
        money = self.loaded.money[item.notice_id]
        money.suspended -= used
        money.settled += used
        money.touched = True
        payment.held.remove(item)
        (self.released if used else self.replaced).append(item.suspense_id)
        self._open_surplus(money, item.amount - used, decision, payment)

    def _open_surplus(self, money: Money, amount: int, decision: Settle, payment: PaymentCase) -> None:
        if amount:
            assert decision.surplus_reason is not None
            self._open(money, amount, decision.surplus_reason, payment)

    def _enter_settled(self, arrival: Arrival, decision: Settle, from_suspense: int) -> None:
        """Debit what came and what leaves suspense (less what stays there as surplus), credit the fees."""
        postings = [Posting(in_transit(arrival.connector), arrival.amount), Posting(SUSPENSE, from_suspense)]
        postings += [Posting(collected(due.fee_code), -due.amount) for due in decision.dues]
        moved = tuple(posting for posting in postings if posting.amount)
        kind = "notice" if arrival.amount else "release"
        self.entries.append(Entry(arrival.agency, arrival.day, kind, arrival.id, moved))

    def _suspend(self, arrival: Arrival, money: Money, decision: Suspend) -> Suspended:
        counts = arrival.incoming and arrival.currency == "VND"
        amount = arrival.amount if counts else 0
        self._count(money, arrival, settled=0, suspended=amount)
        payment = decision.payment
        suspense_id = self._open(money, amount, decision.reason, payment)
        if payment is not None and decision.reason in HELD:
            self._hold(payment, Held(suspense_id, money.id, amount, decision.reason))
        if amount:
            pair = (Posting(in_transit(arrival.connector), amount), Posting(SUSPENSE, -amount))
            self.entries.append(Entry(arrival.agency, arrival.day, "notice", arrival.id, pair))
        return Suspended(arrival, suspense_id, decision.reason, payment.id if payment else None)

    def _hold(self, payment: PaymentCase, item: Held) -> None:
        payment.held.append(item)
        payment.received += item.amount
        if _doubtful(payment) and payment.status is not PaymentStatus.UNKNOWN:
            payment.status = follow(payment.status, PaymentEvent.DOUBTED)
        self.changed[payment.id] = payment

    def _count(self, money: Money, arrival: Arrival, *, settled: int, suspended: int) -> None:
        money.settled, money.suspended, money.counted = settled, suspended, settled + suspended
        self._note_proof(money, arrival)

    def _open(self, money: Money, amount: int, reason: Reason, payment: PaymentCase | None) -> str:
        suspense_id = self.uow.mint("sus")
        row = NewSuspense(suspense_id, money.id, payment.id if payment else None, amount, reason)
        self.opened.append(row)
        return suspense_id


def _doubtful(payment: PaymentCase) -> bool:
    """Whether money is held that more of the same would not help."""
    return any(item.reason is not Reason.UNDER for item in payment.held)
