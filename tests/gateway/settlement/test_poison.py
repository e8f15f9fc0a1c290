"""An error of ours is not the notice's: it is tried again and can be seen, and its neighbours go through meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from gateway.settlement import drain, poison, store
from gateway.settlement.model import Arrival
from tests.conftest import HandClock
from tests.town import LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def test_a_program_error_is_tried_again_until_it_is_mended(
    town: Town, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = [town.payment(LE_PHI) for _ in range(3)]
    for payment in payments:
        town.transfer(payment)
    town.deliver()
    real, unlucky = drain.arrival_of, payments[1].reference

    def broken(*given: object) -> Arrival:
        made = real(*given)  # type: ignore[arg-type]
        if unlucky in made.references:
            raise AttributeError("a slip of the pen")
        return made

    monkeypatch.setattr(drain, "arrival_of", broken)
    town.work()
    assert [town.view(one).status for one in payments] == ["paid", "pending", "paid"]
    with town.environment.read() as connection:
        (row,) = poison.set_apart(connection)
    assert (row.state, row.error) == ("waiting", "AttributeError")
    tries = []
    for seconds in (1, 1, 10, 60, 300):
        clock.advance(seconds=seconds)
        town.work()
        tries.append(next(one.tries for one in town.rows(store.inbox) if one.id == row.id))
    assert tries == [1, 2, 3, 4, 5], "with growing patience"

    monkeypatch.setattr(drain, "arrival_of", real)
    town.work()
    assert town.view(payments[1]).status == "pending"
    with town.environment.begin(actor="test") as uow:
        assert poison.put_back(uow, [row.id]) == [row.id]
    town.work()
    assert town.view(payments[1]).status == "paid"
    with town.environment.read() as connection:
        assert poison.set_apart(connection) == []
    town.ties()


def test_data_that_cannot_be_read_is_poison_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.transfer(town.payment(LE_PHI))
    town.deliver()
    monkeypatch.setattr(drain, "arrival_of", lambda *_: int("x"))
    town.work()
    assert [(row.state, row.error, row.tries) for row in town.rows(store.inbox)] == [("poison", "ValueError", 0)]
