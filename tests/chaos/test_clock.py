"""A clock that is set forward and back harms nothing: order comes from locks and ids, the business day from the bank."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from gateway.payments.expire import expire_waiting
from gateway.settlement import store
from tests.conftest import HandClock
from tests.town import LE_PHI, TODAY, Town

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS = {
    "forward": (10 * MINUTE, 2 * HOUR, 3 * DAY),
    "back": (-10 * MINUTE, -2 * HOUR, -3 * DAY),
    "to and fro": (HOUR, -HOUR, DAY, -DAY, 5 * DAY, -5 * DAY, timedelta(0)),
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_clock_that_jumps(
    environment: Environment, tmp_path: Path, clock: HandClock, steps: tuple[timedelta, ...]
) -> None:
    """The bank keeps time; the gateway's clock is off by each step in turn, and right again at the end."""
    town = Town(environment, tmp_path)
    wrong = environment.clock = HandClock(clock.moment)
    payments = []
    for step in steps:
        before = town.payment(LE_PHI)
        wrong.moment = clock.moment + step
        expire_waiting(environment)
        after = town.payment(LE_PHI)
        for payment in (before, after):
            town.transfer(payment, faults=["duplicate"])
            payments.append(payment)
        clock.advance(seconds=30)
        while town.deliver():
            town.work()
        sign_waiting(environment, town.keys)
        town.ties()

    wrong.moment = clock.advance(minutes=1)
    sign_waiting(environment, town.keys)
    town.ties()
    assert {town.view(payment).status for payment in payments} == {"paid"}
    assert [receipt.number for receipt in town.receipts()] == list(range(1, len(payments) + 1))
    assert {(receipt.state, receipt.day) for receipt in town.receipts()} == {("signed", TODAY)}
    assert {row.state for row in town.rows(store.inbox)} == {"done"}
    assert town.suspended() == {}
