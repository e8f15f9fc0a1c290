"""What stands at the counters is an administrator's list: out of use it keeps its past, and comes back by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.counter import places, shift_store
from gateway.counter.places import CounterInUse
from gateway.counter.shift_store import CounterMissing, ShiftInvalid
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.gateway.counter.office import Office
from tests.town import AGENCY


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    return Office(environment, clock, tmp_path)


def test_a_counter_goes_with_what_stands_there_and_comes_back_under_a_new_address(office: Office) -> None:
    place = office.act(office.boss, places.add_counter, AGENCY, "Quầy 1")
    assert office.act(office.boss, places.add_counter, AGENCY, " Quầy 1 ").token == place.token
    office.act(office.boss, places.add_card, AGENCY, place.id, "qr-001")
    office.act(office.boss, places.add_printer, AGENCY, place.id, "HP tầng 1", "a5")
    office.open(counter="Quầy 1", cards=("QR-001",))
    with pytest.raises(CounterInUse):
        office.act(office.boss, places.retire_counter, AGENCY, place.id)
    office.close(terminal_total=0)
    office.act(office.boss, places.retire_counter, AGENCY, place.id)
    with office.environment.read() as connection:
        assert shift_store.counters(connection, AGENCY) == []
        assert places.cards(connection, AGENCY) == []
        assert places.printers(connection, AGENCY) == []
        with pytest.raises(CounterMissing):
            shift_store.counter_by_token(connection, place.token)
    with pytest.raises(CounterMissing):
        office.act(office.boss, places.add_card, AGENCY, place.id, "QR-002")
    again = office.act(office.boss, places.add_counter, AGENCY, "Quầy 1")
    assert (again.id == place.id, again.token == place.token) == (True, False)


def test_a_card_out_of_use_is_a_foreign_card_until_it_is_registered_again(office: Office) -> None:
    place = office.act(office.boss, places.add_counter, AGENCY, "Quầy 1")
    other = office.act(office.boss, places.add_counter, AGENCY, "Quầy 2")
    for serial in ("QR-001", "QR-002"):
        office.act(office.boss, places.add_card, AGENCY, place.id, serial)
    with pytest.raises(ShiftInvalid):
        office.act(office.boss, places.add_card, AGENCY, other.id, "QR-001")
    office.act(office.boss, places.retire_card, AGENCY, "QR-001")
    with pytest.raises(ShiftInvalid):
        office.act(office.boss, places.retire_card, AGENCY, "QR-001")
    with pytest.raises(ShiftInvalid, match="QR-001"):
        office.open(counter="Quầy 1", cards=("QR-001", "QR-002"))
    office.act(office.boss, places.add_card, AGENCY, other.id, "QR-001")
    with office.environment.read() as connection:
        assert {one.serial: one.counter_id for one in places.cards(connection, AGENCY)} == {
            "QR-001": other.id,
            "QR-002": place.id,
        }


@pytest.mark.parametrize(("name", "paper"), [("", "a5"), ("x" * 31, "a5"), ("HP", "a4")])
def test_what_cannot_be_a_printer_is_refused(office: Office, name: str, paper: str) -> None:
    place = office.act(office.boss, places.add_counter, AGENCY, "Quầy 1")
    with pytest.raises(ShiftInvalid):
        office.act(office.boss, places.add_printer, AGENCY, place.id, name, paper)
