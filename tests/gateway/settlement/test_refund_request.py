"""Asking for money back: of what, how much, on which ground, to whom; nothing moves yet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.simulators.bank import Payer
from gateway.kernel.uow import Environment
from gateway.settlement.refund import destination, model, store
from gateway.settlement.refund.model import Elsewhere
from gateway.settlement.refund.refuse import refuse
from tests.conftest import HandClock
from tests.gateway.settlement.office import ANH, ELSEWHERE, GROUND, Office
from tests.town import AGENCY, LE_PHI, PHI, Town


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def test_a_wish_moves_nothing_and_names_no_person(office: Office) -> None:
    task = office.paid_twice()
    before = office.books(), office.kept(), office.town.suspended()
    row = office.asks(suspense_id=task)

    assert (row.status, row.amount, row.to_origin) == ("requested", 135_000, True)
    assert (office.books(), office.kept(), office.town.suspended()) == before
    (event,) = office.told("refund.requested")
    assert json.loads(event.body)["refund_id"] == row.id
    for secret in (ANH.account, ANH.name, "Nộp hai lần"):
        assert secret not in event.body and secret not in repr(row)
        assert all(secret.encode() not in bytes(kept.destination_sealed) for kept in office.town.rows(store.refund))
    office.ties()


def test_the_money_goes_where_it_came_from(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(proven=False))
    by_notice = destination.read(office.environment.vault, row)
    office.statement()
    again = office.asks(suspense_id=office.paid_twice())
    by_line = destination.read(office.environment.vault, again)

    assert (by_notice.account, by_notice.bank, by_notice.holder) == (ANH.account, ANH.bank, ANH.name)
    assert by_line == by_notice


@pytest.mark.parametrize("amount", [135_001, 0, -1])
def test_no_more_than_is_there(office: Office, amount: int) -> None:
    task = office.paid_twice()
    with pytest.raises((model.Exceeds, model.RefundInvalid)) as refusal:
        office.asks(suspense_id=task, amount=amount)
    assert refusal.value.field == "amount"


def test_parts_add_up_to_the_whole_and_no_further(office: Office) -> None:
    task = office.paid_twice()
    parts = [office.asks(suspense_id=task, amount=amount) for amount in (100_000, 30_000)]
    with pytest.raises(model.Exceeds) as refusal:
        office.asks(suspense_id=task, amount=5_001)
    assert refusal.value.facts == {"available": 5_000}

    parts.append(office.asks(suspense_id=task))  # all that is left
    assert [row.amount for row in parts] == [100_000, 30_000, 5_000]
    with office.act("minh") as uow:
        refuse(uow, AGENCY, parts[0].id, "Nhầm số tiền")
    assert office.asks(suspense_id=task).amount == 100_000


def test_a_settled_due_needs_a_ground_in_law_and_keeps_its_receipt(office: Office) -> None:
    due = office.paid(PHI, LE_PHI)
    for ground in ("", "theo đề nghị", "Điều khoản chung"):
        with pytest.raises(model.GroundMissing):
            office.asks(due_id=due, ground=ground)
    row = office.asks(due_id=due, ground=GROUND, amount=10_000)

    (phi, _) = office.town.receipts()
    assert (row.receipt_ids, row.ground) == ((phi.id,), GROUND)
    assert [(r.number, r.amount, r.state) for r in office.town.receipts()] == [
        (1, 60_000, "numbered"),
        (2, 135_000, "numbered"),
    ]
    with pytest.raises(model.Exceeds) as refusal:
        office.asks(due_id=due, ground=GROUND, amount=50_001)
    assert refusal.value.facts == {"available": 50_000}


def test_what_is_not_there_cannot_be_asked_for(office: Office) -> None:
    due = office.town.dossier(LE_PHI).dues[0].id
    with pytest.raises(model.NothingThere):
        office.asks(due_id=due, ground=GROUND)
    for source in ({"suspense_id": "sus_X"}, {"due_id": "due_X", "ground": GROUND}):
        with pytest.raises(model.RefundMissing):
            office.asks(**source)  # type: ignore[arg-type]
    for source in ({}, {"suspense_id": "sus_X", "due_id": due}):
        with pytest.raises(model.RefundInvalid):
            office.asks(**source)  # type: ignore[arg-type]
    payment = office.town.payment(LE_PHI)
    office.town.money_comes(payment, faults=["wrong_currency"])
    with pytest.raises(model.NothingThere):
        office.asks(suspense_id=office.task())


def test_the_same_key_is_the_same_refund(office: Office) -> None:
    task = office.paid_twice()
    first = office.asks(key="A", suspense_id=task)
    office.approves("minh", first)
    assert office.asks(key="A", suspense_id=task).id == first.id
    with pytest.raises(model.KeyReused):
        office.asks(key="A", suspense_id=task, amount=1)
    assert len(office.town.rows(store.refund)) == 1


def test_another_agency_finds_nothing(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())
    from gateway.settlement.refund.approve import approve
    from gateway.settlement.refund.execute import execute

    acts: list[Any] = [approve, execute, lambda uow, agency, i: refuse(uow, agency, i, "x")]
    for act in acts:
        with pytest.raises(model.RefundMissing), office.act("minh") as uow:
            act(uow, "H56.99", row.id)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ELSEWHERE, evidence=" "),
        replace(ELSEWHERE, inquired_name="NGUYEN THI ANH HONG"),
        replace(ELSEWHERE, destination=replace(ELSEWHERE.destination, account="12")),
        replace(ELSEWHERE, destination=replace(ELSEWHERE.destination, bank="")),
    ],
)
def test_another_destination_has_to_be_proven(office: Office, wrong: Elsewhere) -> None:
    task = office.paid_twice()
    with pytest.raises(model.DestinationUnproven):
        office.asks(suspense_id=task, elsewhere=wrong)


def test_an_unknown_origin_has_to_be_named(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    for _ in range(2):
        office.pays(payment, payer=Payer("", "", "970436"))
    office.statement()
    with pytest.raises(model.DestinationUnknown):
        office.asks(suspense_id=office.task())
    assert not office.asks(suspense_id=office.task(), elsewhere=ELSEWHERE).to_origin


def test_repeated_destinations_raise_an_alarm(office: Office, clock: HandClock) -> None:
    office.asks(suspense_id=office.paid_twice())
    clock.advance(days=31)
    for _ in range(2):
        office.asks(suspense_id=office.paid_twice())
    other = office.asks(suspense_id=office.paid_twice(), elsewhere=ELSEWHERE)
    assert office.told("refund.destination_repeated") == []

    last = office.asks(suspense_id=office.paid_twice())
    (alarm,) = office.told("refund.destination_repeated")
    assert json.loads(alarm.body) == {"refund_id": last.id, "refunds": 3, "days": 30}
    assert other.destination_digest != last.destination_digest
    assert ANH.account not in last.destination_digest


def test_officers_see_what_waits_and_the_approver_the_evidence(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(), elsewhere=ELSEWHERE)
    other = office.asks(suspense_id=office.paid_twice())
    assert destination.read_evidence(office.environment.vault, row) == ELSEWHERE
    assert destination.read_evidence(office.environment.vault, other) is None
    office.approves("minh", other)

    with office.environment.read() as connection:
        assert [item.id for item in store.page(connection, AGENCY, statuses=model.WAITING)] == [row.id]
        assert [item.id for item in store.page(connection, AGENCY, limit=1)] == [row.id]
        assert [item.id for item in store.page(connection, AGENCY, after=row.id)] == [other.id]
        assert store.page(connection, "H56.99") == []
