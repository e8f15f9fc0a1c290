"""Ordering a refund: by payment order or by the provider, once per attempt whatever is retried."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.contract import Answer, Outcome
from gateway.kernel.outbox import job
from gateway.kernel.uow import Environment
from gateway.settlement.refund import model, order, store
from gateway.settlement.refund.answer import answered, fail
from gateway.settlement.refund.store import RefundRow
from tests.gateway.settlement.office import ANH, ELSEWHERE, GROUND, Office
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, Town


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


@pytest.fixture
def refunder(monkeypatch: pytest.MonkeyPatch) -> None:
    """VietinBank as if its interface could refund."""
    able = registry.get("vietinbank")
    can = replace(able.capabilities, refunds=True)
    monkeypatch.setattr(type(able), "capabilities", can)


def fails(office: Office, row: RefundRow, attempt: int = 1) -> RefundRow:
    with office.act("thu") as uow:
        return fail(uow, AGENCY, row.id, attempt=attempt, why="Tài khoản nhận đã đóng")


def says(office: Office, row: RefundRow, attempt: int, **answer: Any) -> RefundRow:
    with office.environment.begin(actor="connector:vietinbank", agency=AGENCY) as uow:
        return answered(uow, AGENCY, row.id, attempt, Answer(**answer))


def test_approved_refunds_are_collected_into_one_order_once(office: Office) -> None:
    rows = [office.approved(suspense_id=office.paid_twice()), office.approved(due_id=office.paid(PHI), ground=GROUND)]
    office.asks(suspense_id=office.paid_twice())  # a wish is not ordered
    (made,) = office.collects()

    assert (made.account, made.total, made.ordered_by) == (ACCOUNT, 195_000, "officer:thu")
    assert [(line.refund_id, line.amount) for line in made.lines] == [(r.id, r.amount) for r in rows]
    assert [office.now(row).status for row in rows] == ["ordered"] * 2
    assert office.collects() == []
    assert len(office.town.rows(store.refund_order_row)) == 2
    assert office.books()["refund_payable"] == -195_000  # ordered is not gone
    office.ties()


def test_the_list_for_the_bank_names_refund_payment_and_destination(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    for _ in range(2):
        office.pays(payment)
    office.statement()
    row = office.approved(suspense_id=office.task())
    (made,) = office.collects()
    with office.environment.read() as connection:
        again = order.read(connection, office.environment.vault, AGENCY, made.id)
        with pytest.raises(model.RefundMissing):
            order.read(connection, office.environment.vault, "H56.99", made.id)

    assert again == made
    heads, line = csv.reader(io.StringIO(order.as_csv(made)))
    assert tuple(heads) == order.HEADINGS
    memo = f"HOAN TRA {row.reference} {payment.reference}"
    assert line == ["1", row.reference, ANH.bank, ANH.account, ANH.name, "135000", memo]
    assert ANH.account not in repr(made)


def test_no_cell_of_the_list_is_a_formula(office: Office) -> None:
    to = replace(ELSEWHERE.destination, bank="=HYPERLINK(1)", holder="+NGUYEN")
    elsewhere = replace(ELSEWHERE, destination=to, inquired_name="NGUYEN")
    row = office.asks(suspense_id=office.paid_twice(), elsewhere=elsewhere)
    for who in ("minh", "hoa"):
        office.approves(who, row)
    _, line = csv.reader(io.StringIO(order.as_csv(office.collects()[0])))
    assert line[2] == "'=HYPERLINK(1)" and line[4] == "'+NGUYEN"


def test_without_a_connector_that_can_refund_it_becomes_an_order_of_its_own(office: Office) -> None:
    row = office.approved(suspense_id=office.paid_twice())
    ordered = office.orders(row)
    assert (ordered.status, ordered.attempt) == ("ordered", 1)
    assert ordered.order_id == office.town.rows(store.refund_order)[0].id
    assert office.orders(row) == ordered  # a retry
    assert len(office.town.rows(store.refund_order)) == 1
    assert len(office.told("refund.ordered")) == 1
    office.ties()


def test_only_what_is_approved_is_ordered(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())
    with pytest.raises(model.RefundClosed):
        office.orders(row)
    row = office.approves("minh", row)
    with pytest.raises(model.RefundClosed):
        office.orders(row, attempt=2)


def test_a_failed_refund_is_ordered_again_under_the_same_reference(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    failed = fails(office, row)
    assert (failed.status, failed.why) == ("failed", "Tài khoản nhận đã đóng")
    assert fails(office, row) == failed
    assert office.orders(row) == failed  # a late retry of the first attempt
    assert office.collects() == []
    office.ties()

    again = office.orders(row, attempt=2)
    assert (again.status, again.attempt, again.reference) == ("ordered", 2, row.reference)
    assert again.order_id != row.order_id
    assert fails(office, row, attempt=1) == again  # a late word on the first attempt
    assert fails(office, row, attempt=2).status == "failed"
    office.ties()


def test_a_failed_refund_may_be_refused_and_the_money_waits_again(office: Office) -> None:
    from gateway.settlement.refund.refuse import refuse

    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    with pytest.raises(model.RefundClosed), office.act("minh") as uow:
        refuse(uow, AGENCY, row.id, "Thôi")
    fails(office, row)
    with office.act("minh") as uow:
        refuse(uow, AGENCY, row.id, "Tài khoản đóng")
    assert office.town.suspended() == {"duplicate": 135_000}
    office.ties()


@pytest.mark.usefixtures("refunder")
def test_a_provider_that_can_is_asked_by_a_job_once_per_attempt(office: Office) -> None:
    row = office.approved(suspense_id=office.paid_twice())
    for _ in range(3):
        assert office.orders(row).order_id is None
    (sent,) = office.town.rows(job)
    assert json.loads(sent.payload) == {
        "refund_id": row.id,
        "attempt": 1,
        "connector": "vietinbank",
        "idempotency_key": row.id,
    }
    says(office, row, 1, outcome=Outcome.FAILED, reason="refund.refused", provider_code="91")
    assert office.now(row).why == "refund.refused 91"
    office.orders(row, attempt=2)
    assert [json.loads(item.payload)["idempotency_key"] for item in office.town.rows(job)] == [row.id] * 2
    office.ties()


@pytest.mark.usefixtures("refunder")
@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING, Outcome.PAID])
def test_doubt_and_waiting_leave_it_ordered(office: Office, outcome: Outcome) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    assert says(office, row, 1, outcome=outcome) == row


@pytest.mark.usefixtures("refunder")
def test_a_provider_refunds_only_to_the_payer_of_one_payment(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(), elsewhere=ELSEWHERE)
    for who in ("minh", "hoa"):
        office.approves(who, row)
    assert office.orders(row).order_id is not None

    office.town.money_comes(office.town.payment(LE_PHI), memo="tien hoc phi")
    office.statement()
    nobody = office.approved(suspense_id=office.task())
    assert office.orders(nobody).order_id is not None
    assert office.town.rows(job) == []


def test_an_attempt_stands_in_one_order_only(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    with office.environment.read() as connection:
        first = connection.execute(sa.select(store.refund_order)).one()._asdict()
    with pytest.raises(sa.exc.IntegrityError), office.act("thu") as uow:
        uow.connection.execute(sa.insert(store.refund_order).values(**first | {"id": "rfo_2", "reference": "X"}))
        again = {"order_id": "rfo_2", "refund_id": row.id, "attempt": 1, "position": 1}
        uow.connection.execute(sa.insert(store.refund_order_row).values(**again))
