"""The morning after: the acquirer's file and its one credit per batch say what the terminal took, to the đồng."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from connectors.simulators import acquirer_wire as wire
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.closing.settlements import import_settlement
from gateway.counter.terminal_lane import TerminalLane
from gateway.counter.terminal_store import SaleState
from gateway.kernel.clock import business_day
from gateway.kernel.uow import Environment
from gateway.ledger.balance import balances
from gateway.payments.model import PaymentStatus
from tests.conftest import HandClock
from tests.flows.till import Till
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, Town


@pytest.fixture
def till(environment: Environment, clock: HandClock, tmp_path: Path) -> Till:
    return Till(Town(environment, tmp_path), clock, tmp_path)


def test_from_the_card_to_the_matched_lump(till: Till) -> None:
    taken = [till.town.payment(LE_PHI, PHI, channel="pos") for _ in range(3)]
    for payment in taken:
        till.ask(payment)
        till.work()
    lost, refused = till.town.payment(LE_PHI, channel="pos"), till.town.payment(PHI, channel="pos")
    till.terminal.arm(["line_dead"])
    till.ask(lost)
    till.settle()
    till.line.repair()
    till.terminal.arm(["declined"])
    till.ask(refused)
    till.work()
    assert till.sale(lost).phase == "file"

    day = business_day(till.clock())
    till.terminal.reconcile()
    till.clock.advance(days=1)
    lane = TerminalLane(till.environment, till.ways)
    file = till.acquirer.settlement(day)
    _import(till, day)
    assert lane.read_files() == 1  # the file proves what the terminal never answered
    till.work()
    assert (till.sale(lost).state, till.sale(refused).state) == (SaleState.APPROVED, SaleState.REFUSED)

    for lump in file.lumps():
        till.town.bank.post(ACCOUNT, lump.net, lump.memo, code="NTRF")
    for at in (day, day + timedelta(days=1)):
        statement = till.town.bank.statement(ACCOUNT, at)
        if statement.entries:
            data = camt053(statement, message_id=f"M{at:%d}", created_at=till.clock())
            import_statement(till.environment, AGENCY, f"{at}.xml", data, actor="test")
    with till.environment.begin(actor="test", agency=AGENCY) as uow:
        result = reconcile(uow, AGENCY, day + timedelta(days=1))

    gross = sum(payment.amount for payment in (*taken, lost))
    commission = sum(row.mdr for row in file.rows)
    assert (sum(row.gross for row in file.rows), sum(lump.net for lump in file.lumps())) == (gross, gross - commission)
    assert commission == sum(payment.amount * 11 // 1000 for payment in (*taken, lost))
    found = {kind: (totals.lines, totals.payments) for kind, totals in result.totals.items() if totals.payments}
    assert found == {"MATCH_BATCH": (1, 4), "OPEN": (0, 1)}
    assert result.totals["MATCH_BATCH"].difference == -commission

    assert till.town.suspended() == {}
    with till.environment.read() as connection:
        balance = balances(connection, AGENCY)
    assert balance["commission"] == commission
    assert balance.get("in_transit:pos.demobank", 0) == balance.get("in_transit:vietinbank", 0) == 0
    assert balance[f"bank:{ACCOUNT}"] == gross - commission
    assert {till.town.view(payment).row.status for payment in (*taken, lost)} == {PaymentStatus.CONFIRMED}
    till.town.ties()


def test_a_sale_that_no_file_holds_brought_nothing(till: Till) -> None:
    """The bank took it back itself; the terminal's line stayed dead. Only a file of a later day makes the first whole."""
    seen, lost = till.town.payment(LE_PHI, channel="pos"), till.town.payment(LE_PHI, channel="pos")
    till.ask(seen)
    till.work()
    till.terminal.arm(["line_dead"])
    till.ask(lost)
    till.settle()
    (gone,) = [sale for sale in till.acquirer.sales() if sale.reference == lost.reference]
    undo = {"t": "0420", "3": wire.PURCHASE, "11": gone.stan, "41": gone.tid, "42": gone.mid.ljust(15)}
    till.acquirer.handle(wire.packed(undo | {"90": wire.original("0200", gone.stan, gone.stamp)}))

    lane = TerminalLane(till.environment, till.ways)
    first = business_day(till.clock())
    _import(till, first)
    assert lane.read_files() == 0
    assert till.sale(lost).state is SaleState.REVERSING
    till.clock.advance(days=1)
    lane.read_files()
    till.clock.advance(minutes=10)
    till.line.repair()
    till.ask(till.town.payment(PHI, channel="pos"))
    till.work()
    _import(till, first + timedelta(days=1))
    assert lane.read_files() == 1
    assert (till.sale(lost).state, till.sale(lost).reason) == (SaleState.REFUSED, "file")
    assert till.town.view(lost).status in ("pending", "expired")
    till.ask(lost)
    till.work()
    assert till.town.view(lost).status == "paid"
    till.town.ties()


def test_money_that_only_the_file_knows_of_is_never_lost(till: Till) -> None:
    """The acquirer has charged twice under one reference: the second is owed back, however often its file comes."""
    payment = till.town.payment(LE_PHI, channel="pos")
    till.ask(payment)
    till.work()
    (once,) = till.acquirer.sales()
    again = {"t": "0200", "3": wire.PURCHASE, "4": f"{once.amount:012d}", "7": once.stamp, "11": "009999"}
    there = {"41": once.tid, "42": once.mid.ljust(15), "60": once.batch, "62": once.reference, "2": "9704000000001234"}
    till.acquirer.handle(wire.packed(again | there))
    for _ in range(2):
        _import(till, business_day(till.clock()))
        TerminalLane(till.environment, till.ways).read_files()
        till.work()
    assert till.town.suspended() == {"duplicate": payment.amount}
    assert till.booked(payment) == till.acquirer.standing()[payment.reference] == 2 * payment.amount
    assert till.receipts(payment) == 1
    till.town.ties()


def _import(till: Till, day: date) -> None:
    import_settlement(till.environment, AGENCY, f"{day}.csv", till.acquirer.settlement(day).csv(), actor="test")
