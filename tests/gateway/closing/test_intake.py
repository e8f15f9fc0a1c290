"""A statement proves: it confirms, settles what no notice told of, and decides what a notice left open."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from connectors.files.write_mt940 import mt940
from gateway.closing.intake import StatementRefused, Taken, import_statement
from gateway.closing.reconcile import reconcile
from gateway.closing.store import bank_file
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from gateway.ledger.balance import balances
from gateway.settlement import store
from reconciliation.store import recon_item, statement_line
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def import_today(town: Town) -> Taken:
    made_at = town.environment.clock().astimezone(VIETNAM)
    data = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=made_at)
    return import_statement(town.environment, AGENCY, "today.xml", data, actor="test")


def kinds(town: Town) -> list[str]:
    """The current kind of each line, in the order of the file."""
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)
    lines = {row.id: row for row in town.rows(statement_line)}
    items = [row for row in town.rows(recon_item) if row.line_id and row.superseded_by is None]
    return [row.kind for row in sorted(items, key=lambda row: lines[row.line_id].id)]


def test_a_line_confirms_what_a_notice_settled(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    import_today(town)

    view = town.view(payment)
    assert view.row.status == "confirmed" and view.status == "paid"
    assert len(town.receipts()) == 1
    assert len(town.rows(store.notice)) == 1
    assert kinds(town) == ["MATCH_MEMO"]
    town.ties()
    with town.environment.read() as connection:
        books = balances(connection, AGENCY)
    assert books == {f"bank:{ACCOUNT}": 135_000, "in_transit:vietinbank": 0, "collected:gplx-cap-1": -135_000}


def test_money_without_a_notice_settles_by_the_statement(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, faults=["drop_notice"])
    assert town.view(payment).status == "pending"

    import_today(town)
    assert town.view(payment).row.status == "confirmed"
    assert [r.amount for r in town.receipts()] == [135_000]
    assert kinds(town) == ["MATCH_MEMO"]
    town.ties()


def test_a_notice_that_comes_after_its_line_is_the_same_money(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment, faults=["late"])
    import_today(town)
    clock.advance(minutes=1)
    assert town.deliver()
    town.work()

    assert [row.state for row in town.rows(store.inbox)] == ["done"]
    assert len(town.rows(store.notice)) == 1
    assert town.suspended() == {}
    assert len(town.receipts()) == 1
    town.ties()


def test_the_statement_proves_the_larger_amount(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, 140_000)
    assert town.suspended() == {"over": 140_000}

    import_today(town)
    assert town.view(payment).row.status == "confirmed"
    assert town.suspended() == {"over": 5_000}
    assert [r.amount for r in town.receipts()] == [135_000]
    town.ties()


def test_the_statement_tells_the_currency(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, faults=["wrong_currency"])
    import_today(town)

    assert town.view(payment).row.status == "confirmed"
    assert town.suspended() == {}
    assert len(town.rows(store.notice)) == 1
    town.ties()


def test_the_same_file_twice_and_an_overlap_book_nothing_twice(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    first = import_today(town)
    again = import_today(town)
    other_format = mt940(town.bank.statement(ACCOUNT, TODAY), reference="M1")
    overlap = import_statement(town.environment, AGENCY, "today.sta", other_format, actor="test")

    assert (first.imported.new, again.imported.new, overlap.imported.new) == (1, 0, 0)
    assert len(town.rows(statement_line)) == 1
    town.ties()


def test_fee_interest_and_unknown_debit_are_posted_by_nature(town: Town) -> None:
    town.bank.post(ACCOUNT, -11_000, "PHI DICH VU THANG 11", code="NCHG")
    town.bank.post(ACCOUNT, 2_500, "LAI TIEN GUI", code="NINT")
    town.bank.post(ACCOUNT, -70_000, "RUT TIEN", code="NTRF")
    import_today(town)

    with town.environment.read() as connection:
        books = balances(connection, AGENCY)
    assert books == {
        f"bank:{ACCOUNT}": -78_500,
        "commission": 11_000,
        "budget_payable": -2_500,
        "unexplained": 70_000,
    }
    assert kinds(town) == ["BANK_FEE", "INTEREST", "UNKNOWN_DEBIT"]
    town.ties()


def test_a_broken_file_is_kept_raw_and_refused_with_its_problems(town: Town) -> None:
    with pytest.raises(StatementRefused) as refusal:
        import_statement(town.environment, AGENCY, "x.xml", b"<Document><Bk", actor="test")

    assert refusal.value.facts["flaws"][0]["code"] == "xml.malformed"  # type: ignore[index]
    assert [row.verdict for row in town.rows(bank_file)] == ["refused"]


def test_two_equal_payments_by_two_citizens_stay_two(town: Town, clock: HandClock) -> None:
    payments = [town.payment(LE_PHI), town.payment(LE_PHI)]
    for payment in payments:
        town.money_comes(payment)
    clock.advance(seconds=timedelta(minutes=1).total_seconds())
    import_today(town)

    assert {town.view(p).row.status for p in payments} == {"confirmed"}
    assert kinds(town) == ["MATCH_MEMO", "MATCH_MEMO"]
    town.ties()
