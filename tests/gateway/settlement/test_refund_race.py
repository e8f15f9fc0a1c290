"""Two at once on the same money: one wins, the other hears why; nothing is promised or paid out twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel.uow import Environment
from gateway.settlement.refund import store
from gateway.settlement.refund.approve import approve
from gateway.settlement.refund.execute import execute
from gateway.settlement.refund.model import ByLine
from gateway.settlement.refund.order import collect
from gateway.settlement.refund.refuse import refuse
from gateway.settlement.refund.returned import confirm_returned
from gateway.settlement.store import notice
from tests.gateway.settlement.office import GROUND, Office
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def race(*acts: Callable[[], object]) -> list[str]:
    """Start all together; `done` or the code of the refusal of each, sorted."""
    barrier, ends = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
            ends.append("done")
        except Exception as error:
            ends.append(getattr(error, "code", repr(error)))

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_of_two_requests_for_the_same_suspense_one_wins(office: Office) -> None:
    task = office.paid_twice()
    ends = race(*[lambda k=k: office.asks(key=k, suspense_id=task, amount=100_000) for k in "ABCD"])  # type: ignore[misc]
    assert ends == ["done"] + ["refund.exceeds"] * 3
    assert [row.amount for row in office.town.rows(store.refund)] == [100_000]
    office.ties()


def test_of_two_requests_for_the_same_due_one_wins(office: Office) -> None:
    due = office.paid()
    ends = race(*[lambda k=k: office.asks(key=k, due_id=due, ground=GROUND) for k in "ABCD"])  # type: ignore[misc]
    assert ends == ["done"] + ["refund.exceeds"] * 3


def test_the_same_key_from_five_threads_is_one_refund(office: Office) -> None:
    task = office.paid_twice()
    assert race(*[lambda: office.asks(key="A", suspense_id=task)] * 5) == ["done"] * 5
    assert len(office.town.rows(store.refund)) == 1


def test_two_approvers_at_once_set_the_money_aside_once(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())
    ends = race(*[lambda who=who: office.approves(who, row) for who in ("minh", "hoa", "tuan")])  # type: ignore[misc]
    assert ends == ["done"] + ["refund.closed"] * 2
    assert office.books()["refund_payable"] == -135_000
    office.ties()


def test_approval_and_refusal_at_once_leave_one_truth(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())

    def no() -> None:
        with office.act("hoa") as uow:
            refuse(uow, AGENCY, row.id, "Không")

    ends = race(lambda: office.approves("minh", row), no)
    assert ends in (["done", "done"], ["done", "refund.closed"])  # an approved one may be refused
    assert office.now(row).status == "refused"
    office.ties()


def test_ordering_from_all_sides_orders_once(office: Office) -> None:
    row = office.approved(suspense_id=office.paid_twice())

    def one() -> None:
        with office.act("thu") as uow:
            execute(uow, AGENCY, row.id)

    def all_of_them() -> None:
        with office.act("kim") as uow:
            collect(uow, AGENCY)

    assert race(one, all_of_them, one, all_of_them) == ["done"] * 4
    assert [(item.refund_id, item.attempt) for item in office.town.rows(store.refund_order_row)] == [(row.id, 1)]
    assert len(office.town.rows(store.refund_order)) == 1
    office.ties()


def test_one_line_confirmed_from_many_sides_returns_once(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    line = office.bank_pays_out(135_000, "HOAN TIEN")

    def confirm() -> None:
        with office.act("thu") as uow:
            confirm_returned(uow, AGENCY, [row.id], ByLine(line))

    assert race(*[confirm] * 4) == ["done"] * 4
    assert office.kept() == (270_000, 135_000, 0, 135_000)
    assert len(office.told("refund.returned")) == 1
    office.ties()


def test_one_line_for_two_refunds_at_once_proves_one(office: Office) -> None:
    rows = [office.orders(office.approved(suspense_id=office.paid_twice())) for _ in range(2)]
    line = office.bank_pays_out(135_000, "HOAN TIEN")

    def confirm(refund_id: str) -> None:
        with office.act("thu") as uow:
            confirm_returned(uow, AGENCY, [refund_id], ByLine(line))

    ends = race(*[lambda i=row.id: confirm(i) for row in rows])  # type: ignore[misc]
    assert ends == ["done", "refund.proof_differs"]
    assert sorted(office.now(row).status for row in rows) == ["ordered", "returned"]
    office.ties()


def test_a_part_goes_back_while_the_rest_completes_the_payment(office: Office) -> None:
    """Settlement takes what is held, approval takes what goes back: never the same đồng."""
    payment = office.town.payment(LE_PHI)
    office.pays(payment, 100_000)
    office.statement()
    row = office.asks(suspense_id=office.task())
    office.town.transfer(payment, 35_000)
    office.town.deliver()

    def yes() -> None:
        with office.act("minh") as uow:
            approve(uow, AGENCY, row.id)

    ends = race(yes, office.town.work)
    settled = office.town.view(payment).status == "paid"
    assert ends == (["done", "refund.nothing_there"] if settled else ["done", "done"])
    assert office.town.suspended() == ({} if settled else {"under": 35_000})
    office.ties()


def test_the_database_itself_stops_what_two_lost_updates_would_do(office: Office) -> None:
    """Without any lock of ours: both add to what is set aside, the CHECK refuses the second."""
    office.paid_twice()
    add = sa.update(notice).where(notice.c.suspended > 0).values(refunding=notice.c.refunding + 100_000)

    def take() -> None:
        with office.environment.begin(actor="test") as uow:
            uow.connection.execute(add)

    ends = race(take, take)
    assert ends.count("done") == 1
    assert [row.refunding for row in office.town.rows(notice) if row.suspended] == [100_000]
