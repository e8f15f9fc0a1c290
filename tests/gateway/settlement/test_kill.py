"""kill -9 between any two statements: no gap, no double, no lost acknowledged notice, on both databases."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel.uow import Environment
from gateway.settlement import store
from gateway.settlement.drain import drain
from gateway.settlement.inbox import receive
from tests.town import AGENCY, LE_PHI, PHI, Town

MOST_STATEMENTS = 80


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def die_at(environment: Environment, step: int) -> None:
    """SIGKILL to ourselves right before the step-th statement or commit on the writing engine."""
    seen = 0

    def count(*_: object, **__: object) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(environment.writer, "before_cursor_execute", count)
    sa.event.listen(environment.writer, "commit", count)


def in_a_process_killed_at(environment: Environment, step: int, act: Callable[[Environment], None]) -> bool:
    """Run `act` in a process of its own that dies at the step; whether it lived to the end."""
    environment.close()
    child = os.fork()
    if child == 0:  # pragma: no cover - the other process
        own = Environment(environment.settings, clock=environment.clock)
        die_at(own, step)
        try:
            act(own)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return not os.WIFSIGNALED(status)


def test_the_worker_killed_anywhere_in_the_settlement(town: Town) -> None:
    payments = [town.payment(PHI, LE_PHI), town.payment(LE_PHI), town.payment(LE_PHI)]
    town.transfer(payments[0])
    town.transfer(payments[1], 134_000)
    town.transfer(payments[2])
    town.transfer(payments[2])
    town.deliver()

    killed = 0
    for step in range(1, MOST_STATEMENTS):
        if in_a_process_killed_at(town.environment, step, drain):
            break
        killed += 1
        town.ties()
        assert town.receipts() == []
        assert {row.state for row in town.rows(store.inbox)} == {"waiting"}
    assert killed > 15

    town.work()
    town.ties()
    assert [row.state for row in town.rows(store.inbox)] == ["done"] * 4
    assert [(r.number, r.amount) for r in town.receipts()] == [(1, 60_000), (2, 135_000), (3, 135_000)]
    assert town.suspended() == {"under": 134_000, "duplicate": 135_000}


def test_the_door_killed_anywhere_keeps_what_it_acknowledged(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)
    request = town.bank.due_notices()[0].request

    acknowledged = False
    for step in range(1, MOST_STATEMENTS):
        acknowledged = in_a_process_killed_at(
            town.environment, step, lambda env: receive(env, AGENCY, "vietinbank", request) and None
        )
        if acknowledged:
            break
    assert acknowledged and step > 2
    assert len(town.rows(store.inbox)) == 1

    town.notify(request)
    town.work()
    town.ties()
    assert [r.amount for r in town.receipts()] == [135_000]
    assert town.suspended() == {}
