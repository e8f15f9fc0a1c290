"""Money goes back once, of one payment no more than was paid, and only the provider's word says that it went."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.conformance.acts import answer_of
from connectors.conformance.case import Case
from connectors.contract import Call, OrderRefused, Outcome, Refunder

pytestmark = pytest.mark.needs("refund")


def test_a_refund_is_ordered_under_its_own_key(case: Case) -> None:
    call, another = _ordered(case), _ordered(case, refund_id=f"{case.refund.refund_id}9")
    assert call.idempotency_key != another.idempotency_key
    assert call.body != another.body or call.headers != another.headers
    assert call == _ordered(case)


@pytest.mark.parametrize("surplus", [1, 1_000_000])
def test_more_than_was_paid_does_not_go_back(case: Case, surplus: int) -> None:
    with pytest.raises(OrderRefused):
        _ordered(case, amount=case.order.amount + surplus)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_refund(case: Case, amount: int) -> None:
    with pytest.raises(OrderRefused):
        _ordered(case, amount=amount)


def test_a_part_is_not_ordered_as_the_whole(case: Case) -> None:
    assert _ordered(case, amount=case.order.amount - 1).body != _ordered(case, amount=case.order.amount).body


def test_what_is_accepted_is_under_way_or_done(case: Case) -> None:
    called = case.samples.calls["refund"]
    answer = answer_of(case, "refund", called.write(called.fields))
    assert answer.outcome in (Outcome.PENDING, Outcome.REVERSED)
    assert answer.notice is None


def _ordered(case: Case, **changes: object) -> Call:
    assert isinstance(case.connector, Refunder)
    return case.connector.refund(case.order, replace(case.refund, **changes), case.desk)  # type: ignore[arg-type]
