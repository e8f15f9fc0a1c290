"""Many at once: the same notice from five threads, several workers on one inbox, two payments for one due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from gateway.settlement import drain as draining
from gateway.settlement import store
from gateway.settlement.drain import drain
from tests.town import LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def at_once(*acts: Callable[[], object]) -> None:
    """Run all acts in threads that start together; an error in one is the test's error."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_one_notice_from_five_threads_is_one_notice(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)
    request = town.bank.due_notices()[0].request
    at_once(*[lambda: town.notify(request)] * 5)
    town.work()

    assert [(row.copies, row.state) for row in town.rows(store.inbox)] == [(5, "done")]
    assert town.suspended() == {}
    assert len(town.receipts()) == 1
    town.ties()


def test_two_workers_share_the_inbox_and_number_without_gap(town: Town) -> None:
    payments = [town.payment(LE_PHI) for _ in range(30)]
    for payment in payments:
        town.transfer(payment)
        town.transfer(payment)
    while town.deliver():
        pass

    def work() -> None:
        while drain(town.environment, limit=7):
            pass

    at_once(work, work, work)
    town.work()
    assert [r.number for r in town.receipts()] == list(range(1, 31))
    assert town.suspended() == {"duplicate": 30 * 135_000}
    town.ties()


def test_a_second_hand_helps_where_much_waits_and_leaves_little_to_the_first(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, which has one writer, it never reaches in."""
    monkeypatch.setattr(draining, "BATCH", 5)
    for payment in [town.payment(LE_PHI) for _ in range(23)]:
        town.transfer(payment)
    while town.deliver():
        pass
    helped = []
    while done := draining.help_out(town.environment):
        helped.append(done)
    assert helped == ([] if town.environment.embedded else [5, 5, 5])  # with 8 left, fewer than two batches, it stops
    town.work()
    assert [r.number for r in town.receipts()] == list(range(1, 24))
    town.ties()


def test_both_hands_at_once_settle_each_notice_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "BATCH", 4)
    payments = [town.payment(LE_PHI) for _ in range(30)]
    for payment in payments:
        town.transfer(payment)
    while town.deliver():
        pass
    done: list[int] = []

    def first() -> None:
        while more := drain(town.environment, limit=4):
            done.append(more)

    def second() -> None:
        while more := draining.help_out(town.environment):
            done.append(more)

    at_once(first, second, second)
    assert sum(done) == 30
    assert [r.number for r in town.receipts()] == list(range(1, 31))
    assert {row.state for row in town.rows(store.inbox)} == {"done"}
    assert {town.view(payment).status for payment in payments} == {"paid"}
    town.ties()


def test_two_payments_for_one_due_at_once_give_one_receipt(town: Town) -> None:
    dossier = town.dossier(LE_PHI)
    for payment in (town.pay_for(dossier), town.pay_for(dossier)):
        town.transfer(payment)
    town.deliver()
    at_once(*[lambda: drain(town.environment, limit=1)] * 2)
    town.work()

    assert len(town.receipts()) == 1
    assert town.suspended() == {"due_paid": 135_000}
    town.ties()
