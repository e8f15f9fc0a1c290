"""The state table: nothing falls through, nothing is dead, and money is only ever settled when everything is right."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.payments.model import OUTER, TRANSITIONS, PaymentStatus
from gateway.settlement.decide import RULES
from gateway.settlement.model import Confirm, Reason, Settle, Suspend
from gateway.settlement.states import Situation, decided, page, said, situations

ALL = [(situation, *decided(situation)) for situation in situations()]


def test_every_combination_is_decided_and_every_rule_speaks() -> None:
    assert {rule for _, rule, _ in ALL} == {rule.__name__ for rule in RULES}


def test_every_reason_can_be_given() -> None:
    given = {d.reason for _, _, d in ALL if isinstance(d, Suspend)}
    given |= {d.surplus_reason for _, _, d in ALL if isinstance(d, Settle) and d.surplus_reason}
    assert given == set(Reason)


def test_money_settles_only_when_everything_is_right() -> None:
    settled = [situation for situation, _, decision in ALL if isinstance(decision, Settle)]
    assert settled
    for situation in settled:
        assert situation.references == "one" and situation.account == "right"
        assert situation.currency == "VND" and situation.direction == "in"
        assert situation.series == "open"
        assert situation.amount != "less"
        assert not situation.dues.startswith("all")
        assert situation.payment not in (PaymentStatus.SETTLED, PaymentStatus.CONFIRMED)
        assert situation.proof != "notice, statement wanted"
        assert not situation.known.startswith("settled")


def test_what_is_settled_adds_up() -> None:
    for situation, _, decision in ALL:
        if isinstance(decision, Settle):
            payment = decision.payment
            assert sum(due.amount for due in decision.dues) == payment.needed
            assert (decision.surplus > 0) == (decision.surplus_reason is not None), situation
            assert decision.surplus >= 0


def test_money_in_the_books_is_never_booked_again() -> None:
    for situation, _, decision in ALL:
        if situation.known.startswith("settled"):
            assert isinstance(decision, Confirm)


def test_the_outcome_never_depends_on_what_does_not_matter() -> None:
    """A wrong currency or direction is told before anything about the payment."""
    for situation, rule, decision in ALL:
        if situation.known == "new" and situation.direction == "out":
            assert (rule, said(decision)) == ("wrong_direction", "suspend: wrong_direction")
        elif situation.known == "new" and situation.currency == "other":
            assert (rule, said(decision)) == ("wrong_currency", "suspend: wrong_currency")


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_every_payment_state_is_reachable_and_has_an_outer_name(status: PaymentStatus) -> None:
    reached = {PaymentStatus.PENDING}
    while more := {after for s in reached for after in TRANSITIONS[s].values()} - reached:
        reached |= more
    assert status in reached
    assert OUTER[status] in ("pending", "paid", "expired", "failed", "checking")


def test_the_page_names_every_rule_in_order() -> None:
    told = page()
    places = [told.index(rule.__name__.replace("_", " ") + ":") for rule in RULES]
    assert places == sorted(places)
    assert Counter(isinstance(s, Situation) for s, _, _ in ALL) == {True: len(ALL)}
