"""A shift opens against how the counter was left, takes money only for who may, and closes to the đồng or with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.files.write_camt import camt053
from connectors.vietqr import codec
from gateway import providers
from gateway.access import own
from gateway.closing.intake import import_statement
from gateway.counter import cash_deposit, hand_over, places, sale_undo, shift_close
from gateway.counter import shift_store as store
from gateway.counter.cash_take import TooLittle, take
from gateway.counter.hand_over import HandedToOther, HandOverWaits
from gateway.counter.shift_close import Closing, OwnShift, UndoingOpen
from gateway.counter.shift_store import DifferenceUnexplained, NoShift, ShiftInvalid, ShiftMissing, ShiftTaken
from gateway.counter.shift_totals import totals
from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment
from gateway.ledger.store import posting
from gateway.officers import register
from gateway.officers.model import RoleMissing
from gateway.payments.model import ChannelNotSet, PaymentClosed
from gateway.settlement.store import notice
from tests.conftest import HandClock
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    return Office(environment, clock, tmp_path)


def balance(office: Office, account: str) -> int:
    return sum(row.amount for row in office.town.rows(posting) if row.account == account)


@pytest.mark.parametrize("told", [False, True])
def test_a_day_at_the_counter_closes_to_the_dong_and_its_cash_reaches_the_bank(office: Office, told: bool) -> None:
    office.open(counts={100_000: 2})
    card = office.card(office.town.dossier(LE_PHI))
    cash = office.cash(office.town.dossier(PHI, LE_PHI), 200_000)
    with office.environment.read() as connection:
        worked = store.require_shift(connection, AGENCY, office.clerk.id)
        found = totals(connection, worked)
    assert [(one.channel, one.paid, one.amount, one.difference) for one in found.channels] == [
        ("cash", 1, 195_000, 0),
        ("pos", 1, 135_000, 0),
    ]
    assert (found.approved, found.cash, found.expected_cash) == (135_000, 195_000, 395_000)
    assert {office.town.view(one).status for one in (card, cash)} == {"paid"}
    assert balance(office, "in_transit:cash") == 195_000

    closed = office.close(counts={100_000: 3, 50_000: 1, 20_000: 2, 5_000: 1}, terminal_total=135_000)
    assert closed.differences == {}
    with office.environment.read() as connection:
        (deposit,) = cash_deposit.of_shift(connection, AGENCY, closed.shift_id)
        row = store.shift_row(connection, AGENCY, closed.shift_id)
    assert (deposit.amount, deposit.number, row.left_cash, row.state) == (195_000, ACCOUNT, 200_000, "closed")

    _statement(office, deposit.reference, 195_000, told=told)
    assert cash_deposit.clear_waiting(office.environment) == 1
    assert cash_deposit.clear_waiting(office.environment) == 0
    assert balance(office, "in_transit:cash") == 0
    assert balance(office, f"bank:{ACCOUNT}") == 195_000
    assert office.town.view(cash).row.status == "confirmed"
    office.town.ties()


def test_a_deposit_of_another_amount_clears_nothing(office: Office) -> None:
    office.open()
    office.cash(office.town.dossier(LE_PHI), 135_000)
    closed = office.close(counts={100_000: 1, 20_000: 1, 10_000: 1, 5_000: 1}, terminal_total=0)
    with office.environment.read() as connection:
        (deposit,) = cash_deposit.of_shift(connection, AGENCY, closed.shift_id)
    _statement(office, deposit.reference, 130_000)
    assert cash_deposit.clear_waiting(office.environment) == 0
    assert balance(office, "in_transit:cash") == 135_000


def test_what_differs_at_closing_needs_a_reason_or_a_second_person(office: Office) -> None:
    office.open()
    office.cash(office.town.dossier(LE_PHI), 200_000)
    with pytest.raises(DifferenceUnexplained) as refused:
        office.close(counts={100_000: 1}, terminal_total=0)
    assert refused.value.facts["differences"] == {"cash.drawer": -35_000}
    closed = office.close(counts={100_000: 1}, terminal_total=0, note="Thối nhầm 35.000", escalate=True)

    assert closed.escalated
    with pytest.raises(RoleMissing):
        office.act(office.clerk, shift_close.resolve, office.clerk, closed.shift_id, "ok")
    office.act(office.boss, shift_close.resolve, office.boss, closed.shift_id, "Cán bộ bù đủ")
    with office.environment.read() as connection:
        row = store.shift_row(connection, AGENCY, closed.shift_id)
        leaves = connection.execute(
            sa.select(leaf.c.body).where(own(leaf, AGENCY), leaf.c.ref == row.id).order_by(leaf.c.id)
        ).scalars()
        told = [json.loads(body) for body in leaves]
    assert (row.state, row.difference, row.resolved_by) == ("resolved", 35_000, office.boss.actor)
    assert [(one["kind"], one["actor"]) for one in told] == [
        ("shift.opened", office.clerk.actor),
        ("shift.escalated", office.clerk.actor),
        ("shift.resolved", office.boss.actor),
    ]
    assert told[1]["facts"]["counter"] == "Quầy 1"
    assert told[1]["facts"]["note"] == "Thối nhầm 35.000"


def test_cards_and_cash_are_checked_against_how_the_counter_was_left(office: Office) -> None:
    place = office.act(office.clerk, places.add_counter, AGENCY, "Quầy 1")
    office.act(office.clerk, places.add_card, AGENCY, place.id, "QR-001")
    with pytest.raises(ShiftInvalid, match="QR-001, QR-999"):
        office.open(cards=("qr-999",))
    opened = office.open(cards=("QR-001",), counts={50_000: 2}, note="Tiền lẻ đầu ngày")
    assert opened.opening_cash == 100_000
    with pytest.raises(ShiftTaken):
        office.open(office.colleague, cards=("QR-001",))
    with pytest.raises(ShiftInvalid):  # a counter nobody has registered would have no cards to check
        office.open(counter="Quầy 2", cards=("QR-001",))
    office.act(office.clerk, places.add_counter, AGENCY, "Quầy 2")
    with pytest.raises(ShiftTaken):
        office.open(counter="Quầy 2")
    office.close(counts={50_000: 2}, terminal_total=0)
    office.clock.advance(minutes=1)
    with pytest.raises(ShiftInvalid):
        office.open(office.colleague, cards=("QR-001",), counts={50_000: 1})
    office.open(office.colleague, cards=("QR-001",), counts={50_000: 2})


def test_a_counter_handed_over_is_the_named_officers_once_he_has_counted_himself(office: Office) -> None:
    place = office.act(office.clerk, places.add_counter, AGENCY, "Quầy 1")
    office.act(office.clerk, places.add_card, AGENCY, place.id, "QR-001")
    office.act(office.clerk, places.add_counter, AGENCY, "Quầy 2")
    office.open(cards=("QR-001",), counts={50_000: 2}, note="Tiền lẻ đầu ngày")
    closed = office.close(counts={50_000: 2}, terminal_total=0, handed_to=office.colleague.id)
    office.clock.advance(minutes=1)
    left = {"cards": ("QR-001",), "counts": {50_000: 2}}
    with pytest.raises(HandedToOther):
        office.open(office.clerk, **left, counted=True)
    with pytest.raises(HandOverWaits):
        office.open(office.colleague, counter="Quầy 2")
    for wrong in ({}, {"counted": True, "counts": {50_000: 1}}, {"counted": True, "cards": ()}):
        with pytest.raises(ShiftInvalid):
            office.open(office.colleague, **(left | wrong))
    with pytest.raises(NoShift):  # until then it is nobody's
        office.act(office.colleague, shift_close.close, office.colleague, Closing())
    office.open(office.colleague, **left, counted=True)
    with office.environment.read() as connection:
        assert hand_over.waiting(connection, AGENCY) == []
        leaves = connection.execute(sa.select(leaf.c.body).where(own(leaf, AGENCY))).scalars()
        (opened,) = [
            told
            for told in map(json.loads, leaves)
            if (told["kind"], told["actor"]) == ("shift.opened", office.colleague.actor)
        ]
    assert opened["facts"]["taken_over"] is True
    with pytest.raises(ShiftMissing):
        office.act(office.boss, hand_over.release, office.boss, closed.shift_id, "Không ai chờ nữa")


def test_a_second_person_releases_a_counter_whose_next_officer_does_not_come(office: Office) -> None:
    office.open()
    closed = office.close(terminal_total=0, handed_to=office.colleague.id)
    office.clock.advance(minutes=1)
    with pytest.raises(RoleMissing):
        office.act(office.clerk, hand_over.release, office.clerk, closed.shift_id, "Ốm")
    with pytest.raises(ShiftInvalid):
        office.act(office.boss, hand_over.release, office.boss, closed.shift_id, " ")
    office.act(office.boss, hand_over.release, office.boss, closed.shift_id, "Cán bộ nhận ca nghỉ ốm")
    office.open()


def test_cash_takes_an_open_shift_the_role_and_an_agency_that_allows_it(office: Office) -> None:
    dossier = office.town.dossier(LE_PHI)
    with pytest.raises(NoShift):
        office.ask(dossier, "cash")
    office.open()
    money = office.ask(dossier, "cash")
    with pytest.raises(RoleMissing):
        office.act(office.guide, take, office.guide, AGENCY, money.id, 135_000)
    with pytest.raises(NoShift):
        office.act(office.colleague, take, office.colleague, AGENCY, money.id, 135_000)
    with pytest.raises(TooLittle):
        office.act(office.clerk, take, office.clerk, AGENCY, money.id, 100_000)
    assert office.act(office.clerk, take, office.clerk, AGENCY, money.id, 200_000, {200_000: 1}) == 65_000
    with pytest.raises(PaymentClosed):
        office.act(office.clerk, take, office.clerk, AGENCY, money.id, 135_000)
    office.town.work()
    assert [row.counted for row in office.town.rows(notice)] == [135_000]
    assert len(office.town.receipts()) == 1

    _set_cash(office, "no")
    with pytest.raises(ChannelNotSet):
        office.ask(office.town.dossier(LE_PHI), "cash")


def test_another_agencys_dues_go_into_its_account_and_its_series(office: Office) -> None:
    office.neighbour()
    office.open()
    money = office.cash(office.neighbours_dossier(LE_PHI), 135_000, NEIGHBOUR)
    mine = office.cash(office.town.dossier(LE_PHI), 135_000)
    by_payment = {row.payment: (row.owner, row.symbol, row.number) for row in office.town.receipts()}
    assert by_payment == {money.id: (NEIGHBOUR, "26TBB", 1), mine.id: (AGENCY, "26TAA", 1)}
    closed = office.close(counts={50_000: 5, 20_000: 1}, terminal_total=0)
    with office.environment.read() as connection:
        deposits = cash_deposit.of_shift(connection, AGENCY, closed.shift_id)
    assert {row.collects_for: row.amount for row in deposits} == {AGENCY: 135_000, NEIGHBOUR: 135_000}
    office.town.ties()


def test_pressed_twice_it_is_asked_once(office: Office) -> None:
    office.open()
    dossier = office.town.dossier(LE_PHI)
    assert office.ask(dossier, "vietqr").id == office.ask(dossier, "vietqr").id
    assert office.ask(dossier, "bank_transfer").id != office.ask(dossier, "vietqr").id


def test_an_open_request_to_undo_keeps_the_shift_open(office: Office) -> None:
    office.open()
    money = office.card(office.town.dossier(LE_PHI))
    office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm")
    with pytest.raises(UndoingOpen):
        office.act(office.clerk, shift_close.close, office.clerk, Closing(terminal_total=135_000))


def test_who_worked_the_shift_does_not_look_at_its_difference(office: Office) -> None:
    both = office.act(office.boss, register.grant, AGENCY, office.clerk.id, ["approver"])
    office.open(both)
    closed = office.close(both, counts={1_000: 1}, terminal_total=0, note="Thừa 1.000", escalate=True)
    with pytest.raises(OwnShift):
        office.act(both, shift_close.resolve, both, closed.shift_id, "ok")


def _set_cash(office: Office, allowed: str) -> None:
    with office.environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, "cash", {"allowed": allowed}, {})


def _statement(office: Office, reference: str, amount: int, *, told: bool = False) -> None:
    """The deposit is at the bank, which tells of it (or not), and then on its statement."""
    town = office.town
    qr = codec.for_payment(bin="970415", account=ACCOUNT, amount=amount, purpose=reference)
    town.bank.pay(codec.encode(qr), memo=f"{reference} NOP TIEN MAT")
    if told:
        town.deliver()
        town.work()
    content = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=office.clock())
    import_statement(office.environment, AGENCY, "sao-ke.xml", content, actor="test")
