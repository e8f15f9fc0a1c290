"""The worker does all that follows a notice, sleeps when there is nothing to do, and survives a step that fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel.uow import Environment
from gateway.settlement import store
from gateway.worker import Worker
from tests.conftest import HandClock
from tests.town import LE_PHI, PHI, Town

PATIENCE_SECONDS = 30


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_from_notice_to_signed_receipt_without_a_hand(town: Town) -> None:
    worker = Worker(town.environment)
    worker.start()
    try:
        payment = town.payment(PHI, LE_PHI)
        town.transfer(payment)
        town.deliver()
        assert eventually(lambda: [r.state for r in town.receipts()] == ["signed", "signed"])
        assert eventually(lambda: all(r.pdf_at is not None for r in town.receipts()))
    finally:
        worker.stop()
    assert town.view(payment).status == "paid"
    town.ties()


def test_an_idle_worker_writes_nothing(town: Town) -> None:
    """Every write wakes the sleepers; one write per round would keep all lanes spinning."""
    town.money_comes(town.payment(LE_PHI))
    worker = Worker(town.environment)
    worker.run_until_quiet()
    rings = town.environment.bell.wait(-1, 0)
    assert worker.run_until_quiet() == 0
    assert town.environment.bell.wait(-1, 0) == rings


def test_it_expires_what_is_over(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    worker = Worker(town.environment)
    worker.run_until_quiet()
    clock.advance(minutes=town.environment.settings.payment_minutes)
    worker.run_until_quiet()
    assert town.view(payment).status == "expired"


def test_a_lane_lives_on_when_a_step_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)
    town.deliver()
    failures = iter([sa.exc.OperationalError("x", {}, Exception()), RuntimeError("y")])
    from gateway.settlement import drain

    real = drain.drain

    def sometimes(environment: Environment) -> int:
        for failure in failures:
            raise failure
        return real(environment)

    monkeypatch.setattr(drain, "drain", sometimes)
    worker = Worker(town.environment)
    worker.start()
    try:
        assert eventually(lambda: [row.state for row in town.rows(store.inbox)] == ["done"])
    finally:
        worker.stop()
    town.ties()
