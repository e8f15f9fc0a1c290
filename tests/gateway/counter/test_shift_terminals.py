"""At the close of a shift the terminal itself says what it took; a slip is copied only where it does not answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Failure
from connectors.terminal.contract import LinkFailed
from gateway.counter import shift_store, shift_terminals
from gateway.counter.shift_store import DifferenceUnexplained
from gateway.counter.shift_terminals import ShiftOpen
from gateway.counter.terminal_register import retire
from gateway.counter.terminal_totals import BatchInUse, Compared
from gateway.kernel.uow import Environment
from gateway.officers.model import RoleMissing
from tests.conftest import HandClock
from tests.gateway.counter.office import Office
from tests.town import AGENCY, LE_PHI, PHI


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    made = Office(environment, clock, tmp_path)
    made.open()
    return made


def asked(office: Office) -> tuple[Compared, ...]:
    return shift_terminals.ask(office.environment, office.clerk, office.till.ways)


def cut(office: Office) -> None:
    """The line to the terminal is dead."""

    async def dead(_message: bytes, _timeout_s: float) -> bytes:
        raise LinkFailed(Failure.CUT)

    office.till.line.send = dead  # type: ignore[method-assign]


def closing(office: Office, shift_id: str) -> list[tuple[str, str, int, int]]:
    """What the close has kept of the terminals."""
    with office.environment.read() as connection:
        kept = json.loads(shift_store.shift_row(connection, AGENCY, shift_id).closing)["terminals"]
    return [(one["name"], one["source"], one["said"], one["booked"]) for one in kept]


def test_the_terminals_word_closes_the_shift_and_is_named(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    office.undo(office.card(office.town.dossier(PHI)))
    office.reverse()
    closed = office.close(said=asked(office))
    assert closed.differences == {}
    assert closing(office, closed.shift_id) == [("POS-1", "terminal", 135_000, 135_000)]
    with pytest.raises(RoleMissing):
        shift_terminals.ask(office.environment, office.boss, office.till.ways)


def test_after_the_shift_the_batch_is_closed_with_the_host_once(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    undone = office.card(office.town.dossier(PHI))
    shift_id = office.act(
        office.clerk, lambda uow: shift_store.require_shift(uow.connection, AGENCY, office.clerk.id)
    ).id

    def settle() -> list[tuple[str, bool]]:
        told = shift_terminals.settle(office.environment, office.clerk, shift_id, office.till.ways)
        return [(one.state, one.agrees) for one in told]

    with pytest.raises(ShiftOpen):
        settle()
    office.undo(undone)
    office.close(said=asked(office))
    with pytest.raises(BatchInUse):  # afterwards it could not be reversed any more
        settle()
    office.reverse()
    assert settle() == [("told", True)]
    assert settle() == []
    with office.environment.read() as connection:
        worked = shift_store.by_id(connection, AGENCY, shift_id)
        assert [(one.said_amount, one.balanced) for one in shift_terminals.settled(connection, worked)] == [
            (135_000, True)
        ]


def test_a_batch_that_holds_two_shifts_is_compared_as_a_batch(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    office.close(said=asked(office))
    office.clock.advance(minutes=1)
    office.open()
    office.card(office.town.dossier(PHI))
    closed = office.close(said=asked(office))
    assert closed.differences == {}
    assert closing(office, closed.shift_id) == [("POS-1", "terminal", 195_000, 195_000)]


def test_what_the_terminal_took_and_we_did_not_book_is_a_difference_of_its_own(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    said = tuple(replace(one, said_amount=200_000) for one in asked(office))
    with pytest.raises(DifferenceUnexplained) as refused:
        office.close(said=said)
    assert refused.value.facts["differences"] == {"terminal.terminal.POS-1": 65_000}
    assert "POS-1" in refused.value.vi


def test_a_silent_terminal_leaves_it_to_the_slip_and_no_slip_to_a_reason(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    cut(office)
    said = asked(office)
    assert [one.state == "told" for one in said] == [False]
    assert asked(office) == ()  # nobody waits twice for a dead line
    with pytest.raises(DifferenceUnexplained) as refused:
        office.close(said=said)
    assert refused.value.facts["differences"] == {"terminal.none.POS-1": -135_000}
    with pytest.raises(DifferenceUnexplained) as differs:
        office.close(said=said, terminal_total=130_000)
    assert differs.value.facts["differences"] == {"terminal.typed.POS-1": -5_000}
    closed = office.close(said=said, terminal_total=135_000)
    assert closing(office, closed.shift_id) == [("POS-1", "typed", 135_000, 135_000)]


def test_a_terminal_taken_out_of_use_meanwhile_is_not_asked_but_counted(office: Office) -> None:
    office.card(office.town.dossier(LE_PHI))
    with office.environment.begin(actor="test", agency=AGENCY) as uow:
        retire(uow, AGENCY, "POS-1")
    assert asked(office) == ()
    with pytest.raises(DifferenceUnexplained):
        office.close()
    assert office.close(terminal_total=135_000).differences == {}
