"""From a payment by VNPAY or VNPT Pay to its signed receipt: by notification, by a question alone, by both at once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gateway.connecting.store import exchange
from gateway.delivery.documents import sign_waiting
from gateway.kernel.outbox import event, job
from gateway.settlement.store import inbox
from tests.conftest import HandClock
from tests.gateway.connecting.fair import API_KEY, HASH_SECRET, PSPS, SECRET_KEY, Fair
from tests.town import ACCOUNT, LE_PHI


def told(fair: Fair, kind: str) -> list[str]:
    return [row.subject for row in fair.rows(event) if row.kind == kind]


def is_paid_once(fair: Fair, payment_id: str) -> None:
    fair.work()
    assert fair.view(payment_id).status == "paid"
    assert [row.amount for row in fair.receipts()] == [135_000]
    assert sign_waiting(fair.environment, fair.keys) == 1
    assert [row.state for row in fair.receipts()] == ["signed"]
    fair.ties()


@pytest.mark.parametrize("name", PSPS)
def test_paid_and_notified(fair: Fair, name: str) -> None:
    payment, page = fair.begun(name)
    fair.counters[name].psp.pay(page)
    (answer,) = fair.hear(name)
    assert b'"00"' in answer
    is_paid_once(fair, payment.id)
    assert fair.rows(inbox)[0].origin == "notice"


@pytest.mark.parametrize("name", PSPS)
def test_paid_and_the_notification_lost(fair: Fair, name: str, clock: HandClock) -> None:
    """The question after ten seconds finds the money; the raw answer is kept as the notice it stands for."""
    payment, page = fair.begun(name)
    fair.counters[name].psp.pay(page, faults=["drop"])
    fair.work()
    assert fair.view(payment).status == "pending"
    clock.advance(seconds=10)
    assert fair.speak() == 1
    assert fair.rows(inbox)[0].origin == "query"
    is_paid_once(fair, payment.id)
    clock.advance(hours=3)
    asked = len(fair.counters[name].calls)
    fair.speak()
    assert len(fair.counters[name].calls) == asked, "what is decided is asked no more"


@pytest.mark.parametrize("name", PSPS)
@pytest.mark.parametrize("first", ["notice", "question"])
def test_notification_and_answer_are_one_message(fair: Fair, name: str, first: str, clock: HandClock) -> None:
    payment, page = fair.begun(name)
    fair.counters[name].psp.pay(page)
    clock.advance(seconds=10)
    for act in ("notice", "question") if first == "notice" else ("question", "notice"):
        if act == "notice":
            fair.hear(name)
        else:
            fair.speak()
    (row,) = fair.rows(inbox)
    assert (row.copies, row.origin) == (2, "notice")
    is_paid_once(fair, payment.id)


@pytest.mark.parametrize("name", PSPS)
def test_unknown_is_asked_on_schedule_and_then_left_to_the_statement(fair: Fair, name: str, clock: HandClock) -> None:
    payment, _ = fair.begun(name)  # nobody pays: the service says neither yes nor no
    began, before, asked = clock.moment, len(fair.counters[name].calls), []
    for second in range(0, 4_000, 5):
        fair.at(began + timedelta(seconds=second))
        if (made := len(fair.counters[name].calls)) >= 0 and fair.speak() and len(fair.counters[name].calls) > made:
            asked.append(second)
    assert asked == [10, 30, 120, 600, 3_600, 3_660]
    assert len(fair.counters[name].calls) == before + 6
    assert told(fair, "payment.left_to_statement") == [payment.id]
    assert fair.receipts() == []
    assert [row.outcome for row in fair.rows(exchange)][-6:] == ["unknown"] * 6


@pytest.mark.parametrize("name", PSPS)
def test_a_no_ends_the_payment_and_later_money_is_still_taken(fair: Fair, name: str) -> None:
    payment, page = fair.begun(name)
    fair.counters[name].psp.fail(page)
    fair.hear(name)
    fair.work()
    assert fair.view(payment).status == "failed"
    assert told(fair, "payment.failed") == [payment.id]
    fair.money_comes(payment)  # by bank transfer, with the same reference
    assert fair.view(payment).status == "paid"
    fair.ties()


def test_a_question_answered_no_ends_it_too(fair: Fair, clock: HandClock) -> None:
    payment, page = fair.begun("vnpay")
    fair.counters["vnpay"].psp.fail(page, faults=["drop"])
    clock.advance(seconds=10)
    fair.speak()
    assert fair.view(payment).status == "failed"
    assert fair.receipts() == []


@pytest.mark.parametrize("name", PSPS)
def test_no_secret_is_kept_in_an_exchange(fair: Fair, name: str, clock: HandClock) -> None:
    fair.begun(name)
    clock.advance(seconds=10)
    fair.speak()
    rows = fair.rows(exchange)
    assert rows
    for row in rows:
        said = fair.environment.vault.unseal(f"exchange.request.{row.id}", row.request_sealed)
        heard = fair.environment.vault.unseal(f"exchange.answer.{row.id}", row.answer_sealed)
        for secret in (HASH_SECRET, API_KEY, SECRET_KEY):
            assert secret.encode() not in said + heard
        assert b"BLQ" in said and heard.startswith(b"HTTP 200")
        assert row.elapsed_ms is not None and row.retain_until.year == 2028


def test_vnpay_has_its_page_at_once_and_vnpt_when_the_worker_has_asked(fair: Fair) -> None:
    assert "vnp_SecureHash" in (fair.page(fair.payment(LE_PHI, channel="vnpay")) or "")
    later = fair.payment(LE_PHI, channel="vnptpay")
    assert fair.page(later) is None
    fair.speak()
    assert (fair.page(later) or "").startswith("https://psp.example/pay/")
    assert fair.view(later).payload is None, "one way to pay at a time"


def test_a_doors_transaction_never_waits_for_a_provider(fair: Fair) -> None:
    """While the service thinks the database can be written: no transaction is open over the call."""
    counter = fair.counters["vnptpay"]
    wrote = []

    def meanwhile() -> None:
        with fair.environment.begin(actor="test") as uow:
            uow.connection.execute(job.update().values(last_error="seen"))
        wrote.append(True)

    counter.meanwhile = meanwhile
    fair.begun("vnptpay")
    assert wrote == [True]


def test_jobs_name_no_person(fair: Fair) -> None:
    fair.payment(LE_PHI, channel="vnptpay")
    (row,) = fair.rows(job)
    assert set(json.loads(row.payload)) == {"payment_id", "connector"}
    assert ACCOUNT not in row.payload
