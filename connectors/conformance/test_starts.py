"""A payment is begun with what the provider takes, and the same payment always in the same way."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from connectors.conformance.case import Case
from connectors.contract import OrderRefused, Redirect, Starter

pytestmark = pytest.mark.needs("starts")


def test_an_amount_the_provider_does_not_take_is_refused_before_it_hears_of_it(case: Case) -> None:
    can = case.connector.capabilities
    assert isinstance(case.connector, Starter)
    for amount in (0, -1, can.minimum_amount - 1, can.maximum_amount + 1):
        with pytest.raises(OrderRefused) as refused:
            case.connector.start(replace(case.order, amount=amount), case.desk)
        assert refused.value.code
        assert refused.value.field == "amount"


def test_a_reference_that_could_end_a_field_is_refused(case: Case) -> None:
    assert isinstance(case.connector, Starter)
    for reference in ("", "A B", "A|B", "A&B", "A\n", "Ạ", "A" * 300):
        with pytest.raises(OrderRefused):
            case.connector.start(replace(case.order, reference=reference), case.desk)


def test_the_same_order_is_begun_in_the_same_way(case: Case) -> None:
    assert isinstance(case.connector, Starter)
    started = case.connector.start(case.order, case.desk)
    assert started == case.connector.start(case.order, case.desk)
    assert urlsplit(started.url).scheme == "https"
    if isinstance(started, Redirect):
        assert started.expires_at == case.order.expires_at
