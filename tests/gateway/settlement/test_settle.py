"""Money finds its due, or waits with a reason: each way it can come, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.dues.amend import Changes, amend
from gateway.kernel.uow import Environment
from gateway.payments.expire import expire_waiting
from gateway.settlement import store
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def test_the_exact_amount_settles_and_numbers_one_receipt(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)

    view = town.view(payment)
    assert (view.status, view.row.received, view.remaining) == ("paid", 135_000, 0)
    assert [(r.number, r.amount, r.state) for r in view.receipts] == [(1, 135_000, "numbered")]
    assert town.suspended() == {}
    town.ties()


def test_phi_and_le_phi_get_receipts_apart(town: Town) -> None:
    payment = town.payment(PHI, LE_PHI)
    town.money_comes(payment)

    assert [(r.number, r.kind_split, r.amount) for r in town.receipts()] == [(1, "PHI", 60_000), (2, "LE_PHI", 135_000)]
    town.ties()


def test_one_dong_less_is_held_and_the_rest_completes_it(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, 134_999)

    view = town.view(payment)
    assert (view.status, view.row.received, view.remaining) == ("pending", 134_999, 1)
    assert town.suspended() == {"under": 134_999}
    assert town.receipts() == []
    town.ties()

    town.money_comes(payment, 1)
    assert town.view(payment).status == "paid"
    assert [r.amount for r in town.receipts()] == [135_000]
    assert town.suspended() == {}
    town.ties()


def test_paying_twice_is_surplus(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    town.money_comes(payment)

    assert town.suspended() == {"duplicate": 135_000}
    assert len(town.receipts()) == 1
    town.ties()


def test_more_than_asked_waits_for_the_statement(town: Town) -> None:
    """VietinBank signs amount and bank reference without a separator, so a larger amount proves nothing yet."""
    payment = town.payment(LE_PHI)
    town.money_comes(payment, 140_000)

    assert town.view(payment).status == "checking"
    assert town.suspended() == {"over": 140_000}
    assert town.receipts() == []
    town.ties()


def test_late_money_settles_an_open_due(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    clock.advance(hours=2)
    assert expire_waiting(town.environment) == 1
    assert town.view(payment).status == "expired"

    town.money_comes(payment)
    assert town.view(payment).status == "paid"
    assert len(town.receipts()) == 1
    town.ties()


def test_two_payments_on_one_due_the_first_money_wins(town: Town) -> None:
    dossier = town.dossier(LE_PHI)
    first, second = town.pay_for(dossier), town.pay_for(dossier)
    town.money_comes(second)
    town.money_comes(first)

    assert town.view(second).status == "paid"
    assert town.suspended() == {"due_paid": 135_000}
    assert town.view(first).remaining == 0
    town.ties()


def test_money_for_a_withdrawn_due_is_surplus(town: Town) -> None:
    dossier = town.dossier(LE_PHI)
    payment = town.pay_for(dossier)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        amend(uow, AGENCY, dossier.dossier.id, Changes(withdraw=(dossier.dues[0].id,)))
    town.money_comes(payment)

    assert town.suspended() == {"due_withdrawn": 135_000}
    assert town.receipts() == []
    town.ties()


@pytest.mark.parametrize(
    ("memo", "reason"), [("tien hoc phi thang 11", "unknown_reference"), ("BLQ00000AA00", "unknown_reference")]
)
def test_money_without_a_known_reference_waits(town: Town, memo: str, reason: str) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, memo=memo)

    assert town.suspended() == {reason: 135_000}
    assert town.view(payment).status == "pending"
    town.ties()


def test_one_transfer_with_two_references_waits_for_a_person(town: Town) -> None:
    one, two = town.payment(LE_PHI), town.payment(LE_PHI)
    town.money_comes(one, 270_000, memo=f"{one.reference} {two.reference}")

    assert town.suspended() == {"several_references": 270_000}
    town.ties()


def test_a_notice_in_another_currency_counts_nothing_until_a_statement_tells(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, faults=["wrong_currency"])

    assert [(n.currency, n.counted) for n in town.rows(store.notice)] == [("USD", 0)]
    assert town.suspended() == {"wrong_currency": 0}
    assert town.receipts() == []
    town.ties()


def test_a_forged_notice_is_kept_apart_and_moves_nothing(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment, faults=["forged"])
    forged, *_ = town.deliver()
    town.work()

    assert b'"01"' in forged.body
    assert len(town.rows(store.inbox_refused)) == 1
    clock.advance(seconds=10)
    town.deliver()
    town.work()
    assert [r.amount for r in town.receipts()] == [135_000]
    town.ties()


def test_the_same_notice_five_times_books_once(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)
    outgoing = town.bank.due_notices()[0]
    for _ in range(5):
        town.notify(outgoing.request)
        town.work()

    assert [(row.copies, row.state) for row in town.rows(store.inbox)] == [(5, "done")]
    assert len(town.receipts()) == 1
    assert town.suspended() == {}
    town.ties()


def test_closed_series_holds_the_money_and_settles_nothing(town: Town) -> None:
    from receipts.series import close_series

    payment = town.payment(LE_PHI)
    with town.environment.begin(actor="test") as uow:
        close_series(uow.connection, town.series.id, uow.now())
    town.money_comes(payment)

    assert town.view(payment).status == "checking"
    assert town.suspended() == {"series_closed": 135_000}
    town.ties()


def test_a_poison_row_is_set_apart_and_its_neighbours_go_through(town: Town) -> None:
    payments = [town.payment(LE_PHI) for _ in range(5)]
    for payment in payments:
        town.transfer(payment)
    town.deliver()
    with town.environment.begin(actor="test") as uow:
        bad = uow.connection.execute(sa.select(store.inbox.c.id).order_by(store.inbox.c.id).offset(2)).scalars().first()
        uow.connection.execute(sa.update(store.inbox).where(store.inbox.c.id == bad).values(notice_sealed=b"broken"))
    town.work()

    assert [row.state for row in town.rows(store.inbox)].count("poison") == 1
    assert sum(town.view(p).status == "paid" for p in payments) == 4
    assert [r.number for r in town.receipts()] == [1, 2, 3, 4]
    town.ties()


def test_a_poison_row_is_tried_again_when_a_person_says_so(town: Town) -> None:
    from gateway.settlement.poison import put_back, set_apart

    payment = town.payment(LE_PHI)
    town.transfer(payment)
    town.deliver()
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.update(store.inbox).values(state="poison", error="KeyError"))
    town.work()
    with town.environment.begin(actor="test") as uow:
        row = set_apart(uow.connection)[0]
        assert row.error == "KeyError"
        assert put_back(uow, [row.id, "in_unknown"]) == [row.id]
    town.work()
    assert town.view(payment).status == "paid"
    town.ties()


def test_money_on_another_account_of_ours_waits(town: Town) -> None:
    from connectors.vietqr import codec
    from tests.town import OTHER_ACCOUNT

    payment = town.payment(LE_PHI)
    qr = codec.for_payment(bin="970415", account=OTHER_ACCOUNT, amount=payment.amount, purpose=payment.reference)
    town.bank.pay(codec.encode(qr))
    town.deliver()
    town.work()

    assert town.suspended() == {"wrong_account": 135_000}
    assert ACCOUNT != OTHER_ACCOUNT
    town.ties()


def test_many_payments_in_one_batch_number_in_order(town: Town) -> None:
    payments = [town.payment(LE_PHI) for _ in range(40)]
    for payment in payments:
        town.transfer(payment)
    while town.deliver():
        pass
    town.work()

    assert [r.number for r in town.receipts()] == list(range(1, 41))
    assert {town.view(p).status for p in payments} == {"paid"}
    assert timedelta(0) <= town.environment.clock() - payments[0].created_at
    town.ties()
