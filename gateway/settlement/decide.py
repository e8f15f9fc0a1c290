"""Where money goes: one ordered table of rules, pure. The first rule that speaks decides; the last one always does.

Money is never refused: what has no due to go to is suspended with a reason (design of settlement: notice settles,
statement confirms).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.dues.model import DueStatus
from gateway.payments.model import PAID, PaymentStatus
from gateway.settlement.model import Arrival, Case, Confirm, Decision, PaymentCase, Proof, Reason, Settle, Suspend

Rule = Callable[[Case, Arrival], Decision | None]


def decide(case: Case, arrival: Arrival) -> Decision:
    """The one decision for this arrival."""
    for rule in RULES:
        decision = rule(case, arrival)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always decides")


def already_in_the_books(case: Case, arrival: Arrival) -> Decision | None:
    """The second proof of the same money: confirm it, unless the first left it unsettled and this one can place it."""
    known = case.known
    if known is None:
        return None
    if known.settled:
        return Confirm(known, contradicted=arrival.incoming and known.counted != arrival.amount)
    if arrival.proof is Proof.NOTICE:
        return Confirm(known)
    return None


def wrong_direction(case: Case, arrival: Arrival) -> Decision | None:
    """A debit is no money for a due."""
    return None if arrival.incoming else Suspend(Reason.WRONG_DIRECTION, _only(case))


def wrong_currency(case: Case, arrival: Arrival) -> Decision | None:
    """The currency of most notices is not under their signature: the statement will tell."""
    return None if arrival.currency == "VND" else Suspend(Reason.WRONG_CURRENCY, _only(case))


def unknown_reference(case: Case, _: Arrival) -> Decision | None:
    """Identify by reference; never by amount."""
    return None if case.payments else Suspend(Reason.UNKNOWN_REFERENCE)


def several_references(case: Case, _: Arrival) -> Decision | None:
    """One transfer for several payments: a person divides it."""
    return Suspend(Reason.SEVERAL_REFERENCES) if len(case.payments) > 1 else None


def wrong_account(case: Case, arrival: Arrival) -> Decision | None:
    """The money stands on another account than the one the payment named."""
    payment = case.payments[0]
    return None if arrival.account == payment.account else Suspend(Reason.WRONG_ACCOUNT, payment)


def paid_before(case: Case, _: Arrival) -> Decision | None:
    """The payment, or every due of it, has had its money: all of this is surplus."""
    payment = case.payments[0]
    if payment.status in PAID:
        return Suspend(Reason.DUPLICATE, payment)
    if payment.open_dues:
        return None
    return Suspend(_why_closed(payment), payment)


def not_proven(case: Case, arrival: Arrival) -> Decision | None:
    """The agency issues on the statement only."""
    return None if arrival.settles else Suspend(Reason.UNPROVEN, case.payments[0])


def too_little(case: Case, arrival: Arrival) -> Decision | None:
    """Held for the payment until the rest comes."""
    payment = case.payments[0]
    return Suspend(Reason.UNDER, payment) if payment.counted + arrival.amount < payment.needed else None


def too_much_and_unsure(case: Case, arrival: Arrival) -> Decision | None:
    """More than was asked, from a provider whose signature does not fix the amount: the statement decides."""
    payment = case.payments[0]
    if arrival.amount_sure or payment.counted + arrival.amount <= max(payment.needed, payment.amount):
        return None
    return Suspend(Reason.OVER, payment)


def series_closed(case: Case, _: Arrival) -> Decision | None:
    """No receipt can be issued, so nothing is settled; the money waits for the series."""
    return None if case.series_open else Suspend(Reason.SERIES_CLOSED, case.payments[0])


def enough(case: Case, arrival: Arrival) -> Settle:
    """Settle every open due of the payment; what is over is owed back."""
    payment = case.payments[0]
    surplus = payment.counted + arrival.amount - payment.needed
    return Settle(
        payment,
        tuple(payment.open_dues),
        surplus,
        _why_surplus(payment) if surplus else None,
        late=payment.status is PaymentStatus.EXPIRED,
    )


RULES: tuple[Rule, ...] = (
    already_in_the_books,
    wrong_direction,
    wrong_currency,
    unknown_reference,
    several_references,
    wrong_account,
    paid_before,
    not_proven,
    too_little,
    too_much_and_unsure,
    series_closed,
    enough,
)


def _only(case: Case) -> PaymentCase | None:
    return case.payments[0] if len(case.payments) == 1 else None


def _why_closed(payment: PaymentCase) -> Reason:
    paid = any(due.status is DueStatus.PAID for due in payment.dues)
    return Reason.DUE_PAID if paid else Reason.DUE_WITHDRAWN


def _why_surplus(payment: PaymentCase) -> Reason:
    closed = len(payment.open_dues) < len(payment.dues)
    return _why_closed(payment) if closed else Reason.OVER
