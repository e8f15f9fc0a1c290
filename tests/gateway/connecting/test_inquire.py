"""VietinBank asks before its customer pays: name and amount under our signature, and nothing is written but that."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from connectors.signing import joined, rsa_sha256_holds, rsa_sha256_sign
from connectors.simulators.bank_refused import BankRefused
from connectors.stamp import stamp_of
from gateway.connecting.store import exchange
from gateway.main import create_app
from gateway.settlement.store import inbox, inbox_refused
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Fair
from tests.town import ACCOUNT, AGENCY, LE_PHI

HOOK = f"/callbacks/{AGENCY}/vietinbank/inquiry"
SIGNED = ("transId", "transTime", "custCode", "custName", "billId", "amount", "errorCode")


@pytest.fixture
def client(fair: Fair) -> Iterator[TestClient]:
    with TestClient(create_app(fair.environment), follow_redirects=False) as client:
        yield client


def ask(fair: Fair, client: TestClient, code: str, *, key: str | None = None) -> dict[str, str]:
    told = {"transId": "Q1", "transTime": stamp_of(fair.environment.clock()), "custCode": code, "msgType": "1100"}
    text = joined(told[name] for name in ("transId", "transTime", "custCode"))
    signed = told | {"signature": rsa_sha256_sign(text, key or fair.bank._key)}
    answer = client.post(HOOK, content=json.dumps(signed))
    assert answer.status_code == 200
    said: dict[str, str] = answer.json()
    ours = (fair.environment.settings.keys / "signer.pem").read_text()
    assert rsa_sha256_holds(joined(said[name] for name in SIGNED), said["signature"], ours)
    return said


def test_what_is_owed(fair: Fair, client: TestClient) -> None:
    payment = fair.payment(LE_PHI)
    said = ask(fair, client, payment.reference)
    assert (said["errorCode"], said["amount"], said["billId"]) == ("00", "135000", payment.reference)
    assert said["custName"] == "NG*** TH* A**"
    (kept,) = fair.rows(exchange)
    assert (kept.act, kept.payment_id, kept.outcome, kept.reason) == ("inquiry", payment.id, "answered", "bill.told")
    assert fair.rows(inbox) == [] and fair.rows(inbox_refused) == []
    assert fair.view(payment).status == "pending"

    fair.money_comes(payment, 100_000)
    assert ask(fair, client, payment.reference.lower())["amount"] == "35000"


def test_the_bank_asks_and_its_customer_pays_what_it_was_told(fair: Fair, client: TestClient) -> None:
    payment, key = fair.payment(LE_PHI), (fair.environment.settings.keys / "signer.pem").read_text()

    def send(body: bytes) -> bytes:
        return client.post(HOOK, content=body).content

    fair.bank.pay_bill(ACCOUNT, payment.reference, send=send, their_key=key)
    fair.deliver()
    fair.work()
    assert (fair.view(payment).status, len(fair.receipts())) == ("paid", 1)
    with pytest.raises(BankRefused, match="bank.bill_refused"):
        fair.bank.pay_bill(ACCOUNT, payment.reference, send=send, their_key=key)
    with pytest.raises(BankRefused, match="bank.answer_untrusted"):
        fair.bank.pay_bill(ACCOUNT, payment.reference, send=send, their_key=fair.bank.public_key_pem())
    fair.ties()


def test_nothing_may_be_paid(fair: Fair, client: TestClient, clock: HandClock) -> None:
    paid, other = fair.payment(LE_PHI), fair.payment(LE_PHI, channel="vnpay")
    fair.money_comes(paid)
    late = fair.payment(LE_PHI)
    clock.advance(minutes=fair.environment.settings.payment_minutes)
    for code in (paid.reference, other.reference, late.reference, "BLQ00000000A"):
        said = ask(fair, client, code)
        assert (said["errorCode"], said["custName"], said["amount"]) == ("02", "", "")


def test_a_stranger_hears_nothing(fair: Fair, client: TestClient) -> None:
    payment = fair.payment(LE_PHI)
    own = (fair.environment.settings.keys / "signer.key").read_text()
    said = ask(fair, client, payment.reference, key=own)
    assert (said["errorCode"], said["custName"], said["amount"]) == ("01", "", "")
    assert [row.reason for row in fair.rows(exchange)] == ["forged: signature.invalid"]


def test_a_connection_that_asks_nothing(client: TestClient) -> None:
    assert client.post(f"/callbacks/{AGENCY}/vnpay/inquiry", content=b"{}").status_code == 404
