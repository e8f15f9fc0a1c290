"""A line's money on several payments or dues: each placed part is in the books and in the reconciliation, and can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.closing import breaks, breaks_act, breaks_place, breaks_store
from gateway.closing.breaks import Break, Wanted
from gateway.closing.breaks_act import BreakClosed
from gateway.closing.breaks_target import PaymentUnknown
from gateway.closing.reconcile import reconcile
from gateway.kernel.uow import Environment
from gateway.payments.store import payment as payment_table
from reconciliation.model import Kind
from tests.gateway.settlement.office import Office
from tests.town import AGENCY, LE_PHI, PHI, TODAY, Town

CLERK, BOSS = "officer:clerk", "officer:boss"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def act(town: Town, actor: str, verb: Any, *more: Any) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more)


def reconciled(town: Town) -> None:
    act(town, "worker", reconcile, TODAY)


def came(town: Town, amount: int) -> None:
    """One transfer that names nobody, with its statement."""
    town.money_comes(town.payment(LE_PHI), amount, memo="nop phi nhieu ho so")
    Office(town).statement()
    reconciled(town)


def seen(town: Town, kind: Kind) -> Break:
    with town.environment.read() as connection:
        found = breaks.breaks(connection, AGENCY, TODAY, Wanted(kind=kind.value))
    [one] = [each for each in found if each.lines]
    return one


def split(town: Town, *named: tuple[str, int]) -> None:
    """Proposed, agreed to, and reconciled anew."""
    found = seen(town, Kind.UNKNOWN_REFERENCE)
    with town.environment.read() as connection:
        [money] = breaks_place.money_of(connection, AGENCY, found.lines)
    asked = act(town, CLERK, breaks_place.split, money.id, named, "Người nộp mang ủy nhiệm chi đến quầy")
    act(town, BOSS, breaks_place.agree, asked)
    reconciled(town)


def placed(town: Town, found: Break) -> list[tuple[str, int, bool]]:
    with town.environment.read() as connection:
        rows = breaks_place.placed(connection, AGENCY, found.lines)
    return [(row.reference, row.amount, bool(row.settled)) for row in rows]


def test_one_line_is_matched_with_all_its_payments_and_they_are_confirmed(town: Town) -> None:
    came(town, 195_000)
    first, second = town.payment(LE_PHI), town.payment(PHI)
    reconciled(town)
    split(town, (first.reference, 135_000), (second.reference.lower(), 60_000))
    found = seen(town, Kind.MATCH_ONE_TO_MANY)
    assert (set(found.payments), found.difference, found.state) == ({first.id, second.id}, 0, breaks.CLOSED)
    assert placed(town, found) == [(first.reference, 135_000, True), (second.reference, 60_000, True)]
    assert [town.view(one).row.status for one in (first, second)] == ["confirmed", "confirmed"]
    with pytest.raises(BreakClosed, match="refund"):
        act(town, CLERK, breaks_act.undo, found.subject)
    reconciled(town)
    assert not seen(town, Kind.MATCH_ONE_TO_MANY).contested
    town.ties()


@pytest.mark.parametrize("looked_at", [True, False])
def test_what_is_left_over_is_a_break_of_that_sum_with_its_money_in_suspense(town: Town, looked_at: bool) -> None:
    came(town, 300_000)
    first, second = town.payment(LE_PHI), town.payment(PHI)
    if looked_at:
        reconciled(town)
    split(town, (first.reference, 135_000), (second.reference, 60_000))
    found = seen(town, Kind.AMOUNT_OVER)
    assert (found.difference, found.stake, found.contested) == (105_000, 105_000, False)
    with town.environment.read() as connection:
        [money] = breaks_place.money_of(connection, AGENCY, found.lines)
    assert money.amount == 105_000
    town.ties()


def test_parts_that_only_wait_are_undone_by_a_new_entry_and_the_passes_speak_again(town: Town) -> None:
    came(town, 80_000)
    first, second = town.payment(LE_PHI), town.payment(PHI)
    reconciled(town)
    split(town, (first.reference, 50_000), (second.reference, 30_000))
    found = seen(town, Kind.AMOUNT_UNDER)
    assert placed(town, found) == [(first.reference, 50_000, False), (second.reference, 30_000, False)]
    act(town, CLERK, breaks_act.undo, found.subject)
    reconciled(town)
    again = seen(town, Kind.UNKNOWN_REFERENCE)
    assert (again.lines, again.payments, placed(town, again)) == (found.lines, (), [])
    assert [row.act for row in town.rows(breaks_store.break_act)] == ["undone"]
    assert town.suspended() == {"unknown_reference": 80_000}
    town.ties()


def test_dues_are_named_by_their_dossier(town: Town) -> None:
    came(town, 255_000)
    whole, half = town.dossier(LE_PHI), town.dossier(PHI, PHI)
    waiting = town.pay_for(whole)
    begun = len(town.rows(payment_table))
    split(town, (whole.dossier.code, 135_000), (f"{half.dossier.code}/2", 60_000))
    assert len(town.rows(payment_table)) == begun + 1  # the dossier's own payment was there, the due's was not
    assert town.view(waiting).status == "paid"
    assert [due.status for due in half.dues] == ["open", "open"]
    found = seen(town, Kind.AMOUNT_OVER)
    assert found.difference == 60_000
    town.ties()
    with pytest.raises(PaymentUnknown):  # nothing is open any more
        split_again(town, found, whole.dossier.code)


def split_again(town: Town, found: Break, named: str) -> None:
    with town.environment.read() as connection:
        [money] = breaks_place.money_of(connection, AGENCY, found.lines)
    act(town, CLERK, breaks_place.place, money.id, named, "x")


def test_another_agency_places_nothing(town: Town) -> None:
    came(town, 60_000)
    found, other = seen(town, Kind.UNKNOWN_REFERENCE), town.payment(PHI)
    with town.environment.begin(actor=CLERK) as uow:
        assert breaks_place.money_of(uow.connection, "H56.99", found.lines) == []
        assert breaks_place.placed(uow.connection, "H56.99", found.lines) == []
        with pytest.raises(PaymentUnknown):
            breaks_place.split(uow, "H56.99", "sus_x", [(other.reference, 1)], "x")
