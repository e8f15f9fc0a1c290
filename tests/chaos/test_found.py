"""What the state machine found, told as short stories: more is held for a payment than it needs when money comes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from gateway.closing.intake import import_statement
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.store import DossierView
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from gateway.settlement import store
from gateway.worker import Worker
from receipts.series import close_series, open_series
from tests.chaos import judge
from tests.chaos.journal import Journal
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def close(town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        close_series(uow.connection, town.series.id, uow.now())


def open_another(town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        tax_code = town.series.tax_code
        open_series(uow.connection, owner=AGENCY, tax_code=tax_code, symbol="26TAB", now=uow.now(), mint=uow.mint)


def change(town: Town, dossier: DossierView, changes: Changes) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        amend(uow, AGENCY, dossier.dossier.id, changes)


def all_is_placed(town: Town, *, money_in: int, receipts: list[int]) -> None:
    """No notice is set apart; what came in is on receipts or waits as surplus."""
    assert {row.state for row in town.rows(store.inbox)} == {"done"}
    assert [row.amount for row in town.receipts()] == receipts
    assert sum(town.suspended().values()) == money_in - sum(receipts)
    town.ties()


def hand_in_statement(town: Town, *, memo: str | None = None) -> None:
    """The bank's file of today; `memo` stands in for what it prints on each line."""
    made_at = town.environment.clock().astimezone(VIETNAM)
    told = town.bank.statement(ACCOUNT, TODAY)
    if memo is not None:
        told = replace(told, entries=tuple(replace(entry, memo=memo) for entry in told.entries))
    data = camt053(told, message_id="M1", created_at=made_at)
    import_statement(town.environment, AGENCY, "today.xml", data, actor="test")


def test_a_statement_with_more_than_was_asked_while_the_series_was_closed(town: Town) -> None:
    """The whole statement is refused for one line, again and again."""
    payment = town.payment(LE_PHI)
    close(town)
    for amount in (135_000, 1_000):
        town.transfer(payment, amount, faults=["drop_notice"])
    hand_in_statement(town)
    assert town.suspended() == {"series_closed": 136_000}
    open_another(town)
    town.transfer(payment, 500, faults=["drop_notice"])
    hand_in_statement(town)
    assert [row.amount for row in town.receipts()] == [135_000]
    assert sum(town.suspended().values()) == 1_500
    town.ties()


def test_paid_in_part_and_then_a_due_is_withdrawn(town: Town) -> None:
    dossier = town.dossier(PHI, LE_PHI)
    payment = town.pay_for(dossier)
    town.money_comes(payment, 150_000)
    change(town, dossier, Changes(withdraw=(dossier.dues[1].id,)))
    town.money_comes(payment, 45_000)
    all_is_placed(town, money_in=195_000, receipts=[60_000])


def test_paid_in_part_and_then_the_due_is_less(town: Town) -> None:
    dossier = town.dossier(LE_PHI)
    change(town, dossier, Changes(amend=(DueChange(dossier.dues[0].id, quantity=3),)))
    payment = town.pay_for(dossier)
    town.money_comes(payment, 400_000)
    change(town, dossier, Changes(amend=(DueChange(dossier.dues[0].id, quantity=1),)))
    town.money_comes(payment, 5_000)
    all_is_placed(town, money_in=405_000, receipts=[135_000])


def test_money_that_waited_for_the_series_settles_when_it_reopens(town: Town) -> None:
    payment = town.payment(LE_PHI)
    close(town)
    town.money_comes(payment)
    assert town.suspended() == {"series_closed": 135_000}
    open_another(town)
    Worker(town.environment, town.keys).run_until_quiet()
    assert town.view(payment).status == "paid"
    all_is_placed(town, money_in=135_000, receipts=[135_000])


def test_a_statement_that_cut_the_reference_off_leaves_the_payment_right(town: Town) -> None:
    """What a payment says it received is what is held or settled for it, whatever the second proof can tell."""
    payment = town.payment(LE_PHI)
    town.money_comes(payment, 100_000)
    hand_in_statement(town, memo="CT DEN")
    with town.environment.read() as connection:
        case = judge.Case(connection, Journal(), [], town.environment.clock(), False, town.rows(store.notice))
        assert list(judge.received(case)) == []
    town.ties()
