"""Whichever way a sale goes back, the books give the money back: nothing in transit, nothing lost, the receipt in a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.contract import Failure
from connectors.terminal.contract import LinkFailed
from gateway.closing.reconcile import reconcile
from gateway.counter import cash_back, cash_deposit, sale_undo, shift_store
from gateway.counter.cash_back import NotAgreed, NotFromDrawer
from gateway.counter.cash_count import CountInvalid
from gateway.counter.sale_undo import NotUndone
from gateway.counter.shift_close import UndoingOpen
from gateway.counter.shift_totals import Totals, totals
from gateway.counter.terminal_file import decide
from gateway.counter.terminal_reverse import agree_reverse, ask_reverse
from gateway.kernel.uow import Environment
from gateway.ledger.balance import balances
from gateway.payments.store import PaymentRow
from gateway.settlement import undone
from gateway.settlement.conservation import days, differences
from gateway.settlement.refund.store import refund
from reconciliation.store import recon_item
from tests.conftest import HandClock
from tests.flows.till import ACQUIRER
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.town import AGENCY, LE_PHI, PHI, TODAY


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    made = Office(environment, clock, tmp_path)
    made.open(counts={100_000: 2})
    return made


def by_two_officers(office: Office) -> PaymentRow:
    money = office.card(office.town.dossier(LE_PHI, PHI))
    with office.environment.begin(actor=office.clerk.actor) as uow:
        sale_id = ask_reverse(uow, AGENCY, money.id, "Thu nhầm")
    with office.environment.begin(actor=office.boss.actor) as uow:
        agree_reverse(uow, AGENCY, sale_id)
    office.reverse()
    return money


def at_the_counter(office: Office) -> PaymentRow:
    money = office.card(office.town.dossier(LE_PHI, PHI))
    office.undo(money)
    office.reverse()
    return money


def by_the_acquirers_file(office: Office) -> PaymentRow:
    """The terminal reverses and is never heard of again: its day's file does not pay the sale out."""
    money = office.card(office.town.dossier(LE_PHI, PHI))
    office.undo(money)
    send = office.till.line.send

    async def deaf(message: bytes, timeout_s: float) -> bytes:
        await send(message, timeout_s)
        raise LinkFailed(Failure.CUT)

    office.till.line.send = deaf  # type: ignore[method-assign]
    for _ in range(8):
        office.reverse()
        office.clock.advance(hours=1)
    office.till.line.send = send  # type: ignore[method-assign]
    office.till.terminal.reconcile()
    for day in office.till.days():
        with office.environment.begin(actor="worker") as uow:
            decide(uow, AGENCY, ACQUIRER, office.till.acquirer.settlement(day).rows, [day])
    office.town.work()
    return money


def out_of_the_drawer(office: Office) -> PaymentRow:
    money = office.cash(office.town.dossier(LE_PHI, PHI), 200_000)
    asked = office.undo(money)
    assert office.act(office.clerk, cash_back.give, office.clerk, asked) == money.amount
    return money


PATHS = [by_two_officers, at_the_counter, by_the_acquirers_file, out_of_the_drawer]


@pytest.mark.parametrize("path", PATHS, ids=[path.__name__ for path in PATHS])
def test_every_way_back_is_booked_and_nothing_is_lost(office: Office, path: Callable[[Office], PaymentRow]) -> None:
    money = path(office)
    with office.environment.read() as connection:
        told = balances(connection, AGENCY)
        assert {
            account: amount for account, amount in told.items() if account.startswith("in_transit") and amount
        } == {}
        assert told.get("refund_payable", 0) == 0
        assert [(day.settled, day.suspense, day.returned) for day in days(connection, AGENCY)] == [(0, 0, money.amount)]
        assert differences(connection) == {AGENCY: 0}
        assert len(undone.open_tasks(connection, AGENCY)) == len(office.town.receipts())
    refunds = office.town.rows(refund)
    assert {(row.status, row.requested_by, row.approved_by) for row in refunds} == {
        ("returned", office.clerk.actor, office.boss.actor)
    }
    assert sum(row.amount for row in refunds) == money.amount
    assert all(row.replaced_by is None for row in office.town.receipts())
    office.town.ties()
    with office.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)
    assert [
        row for row in office.town.rows(recon_item) if row.superseded_by is None
    ] == []  # the bank saw nothing of it


def found(office: Office) -> Totals:
    with office.environment.read() as connection:
        return totals(connection, shift_store.require_shift(connection, AGENCY, office.clerk.id))


def test_what_went_back_is_counted_in_the_shift_which_still_closes_to_the_dong(office: Office) -> None:
    card, cash = office.card(office.town.dossier(LE_PHI)), office.cash(office.town.dossier(LE_PHI), 135_000)
    office.card(office.town.dossier(PHI))
    office.cash(office.town.dossier(PHI), 60_000)
    office.undo(card)
    asked = office.undo(cash)
    with pytest.raises(UndoingOpen):  # the second person has agreed, the money is still in the drawer
        office.close(counts={100_000: 2, 50_000: 3, 5_000: 9}, terminal_total=60_000)
    with pytest.raises(CountInvalid):
        office.act(office.clerk, cash_back.give, office.clerk, asked, {100_000: 1})
    office.act(office.clerk, cash_back.give, office.clerk, asked, {100_000: 1, 20_000: 1, 10_000: 1, 5_000: 1})
    with pytest.raises(NotAgreed):
        office.act(office.clerk, cash_back.give, office.clerk, asked)
    assert found(office).doubtful == 1  # the card's reversal is on its way
    office.reverse()

    told = found(office)
    assert (told.approved, told.reversed, told.cash, told.given_back) == (195_000, 135_000, 195_000, 135_000)
    assert (told.amount, told.returned, told.expected_cash, told.doubtful) == (120_000, 270_000, 260_000, 0)
    closed = office.close(counts={100_000: 2, 50_000: 1, 10_000: 1}, terminal_total=60_000)
    assert closed.differences == {}
    with office.environment.read() as connection:
        assert [row.amount for row in cash_deposit.of_shift(connection, AGENCY, closed.shift_id)] == [60_000]
        assert shift_store.shift_row(connection, AGENCY, closed.shift_id).left_cash == 200_000


def test_a_shift_that_gave_all_its_cash_back_brings_nothing_to_the_bank(office: Office) -> None:
    out_of_the_drawer(office)
    assert office.close(counts={100_000: 2}, terminal_total=0).deposits == ()


def test_cash_leaves_the_drawer_only_agreed_in_its_own_shift_and_once(office: Office) -> None:
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    asked = office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm")
    with pytest.raises(NotAgreed):
        office.act(office.clerk, cash_back.give, office.clerk, asked)
    office.act(office.boss, sale_undo.decide, office.boss, asked, approved=False)
    with pytest.raises(NotAgreed):
        office.act(office.clerk, cash_back.give, office.clerk, asked)
    office.close(counts={100_000: 3, 20_000: 1, 10_000: 1, 5_000: 1}, terminal_total=0)
    office.clock.advance(minutes=1)
    office.open(counts={100_000: 2})
    with pytest.raises(NotUndone):  # on its way to the bank
        office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm")
    unbooked = office.ask(office.town.dossier(LE_PHI), "cash")
    with pytest.raises((NotUndone, NotFromDrawer)):
        office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, unbooked.id, "Thu nhầm")


def test_a_neighbours_cash_goes_back_in_the_neighbours_books(office: Office) -> None:
    office.neighbour()
    money = office.cash(office.neighbours_dossier(LE_PHI), 135_000, NEIGHBOUR)
    asked = office.undo(money)
    office.act(office.clerk, cash_back.give, office.clerk, asked)
    with office.environment.read() as connection:
        assert balances(connection, NEIGHBOUR).get("in_transit:cash", 0) == 0
        assert [task.kind for task in undone.open_tasks(connection, NEIGHBOUR)] == ["voided"]
    office.town.ties()
    assert office.close(counts={100_000: 2}, terminal_total=0).differences == {}
