"""kill -9 between any two statements of a refund's way: either the step happened or nothing of it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from gateway.settlement.refund import store
from gateway.settlement.refund.approve import approve
from gateway.settlement.refund.execute import execute
from gateway.settlement.refund.model import ByLine, RefundRequest
from gateway.settlement.refund.request import request
from gateway.settlement.refund.returned import confirm_returned
from tests.gateway.settlement.office import GROUND, Office
from tests.gateway.settlement.test_kill import MOST_STATEMENTS, in_a_process_killed_at
from tests.town import ACCOUNT, AGENCY, PHI, Town


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def survives(office: Office, act: Callable[[Environment], None], before: Callable[[], object]) -> int:
    """Kill `act` before each of its statements in turn; what `before` tells must not change until it lives. How often
    it was killed."""
    told = before()
    for step in range(1, MOST_STATEMENTS):
        if in_a_process_killed_at(office.environment, step, act):
            return step - 1
        assert before() == told
        office.ties()
    raise AssertionError("never lived to the end")


def test_killed_anywhere_on_the_way_of_a_due(office: Office) -> None:
    due = office.paid(PHI)
    asked = RefundRequest(AGENCY, "A", "Không đủ điều kiện", due_id=due, amount=20_000, ground=GROUND)

    def ask(env: Environment) -> None:
        with env.begin(actor="officer:lan", agency=AGENCY) as uow:
            request(uow, asked)

    def state() -> object:
        return [row.status for row in office.town.rows(store.refund)], office.books(), office.kept()

    assert survives(office, ask, state) > 5
    (row,) = office.town.rows(store.refund)

    def yes(env: Environment) -> None:
        with env.begin(actor="officer:minh", agency=AGENCY) as uow:
            approve(uow, AGENCY, row.id)

    def order(env: Environment) -> None:
        with env.begin(actor="officer:thu", agency=AGENCY) as uow:
            execute(uow, AGENCY, row.id)

    assert survives(office, yes, state) > 10
    assert survives(office, order, state) > 7
    for again in (ask, yes, order):  # each retried after it had happened
        told = state()
        again(office.environment)
        assert state() == told
    line = office.bank_pays_out(20_000, "HOAN TIEN")

    def confirm(env: Environment) -> None:
        with env.begin(actor="officer:thu", agency=AGENCY) as uow:
            confirm_returned(uow, AGENCY, [row.id], ByLine(line))

    assert survives(office, confirm, state) > 8
    confirm(office.environment)
    assert office.kept() == (60_000, 40_000, 0, 20_000)
    assert len(office.told("refund.returned")) == 1
    office.ties()


def test_killed_anywhere_while_a_suspense_is_divided(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(), amount=100_000)

    def yes(env: Environment) -> None:
        with env.begin(actor="officer:minh", agency=AGENCY) as uow:
            approve(uow, AGENCY, row.id)

    assert survives(office, yes, office.town.suspended) > 10
    assert office.town.suspended() == {"duplicate": 35_000}
    office.ties()


def test_killed_anywhere_while_the_statement_with_the_debit_is_imported(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    office.town.bank.post(ACCOUNT, -135_000, f"HOAN TRA {row.reference}", code="NTRF")

    def take(env: Environment) -> None:
        office.environment, kept = env, office.environment
        try:
            office.statement()
        finally:
            office.environment = kept

    def state() -> object:
        return office.now(row).status, office.books(), office.kept()

    assert survives(office, take, state) > 15
    office.statement()  # the same day again
    assert office.now(row).status == "returned"
    assert office.kept() == (270_000, 135_000, 0, 135_000)
    office.ties()
