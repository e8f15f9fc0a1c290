"""Demo: somebody's bank app scans the code and pays; from the code to the receipt over HTTP alone."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from gateway.main import create_app
from tests.gateway.api.conftest import Api, Dossier
from tests.town import Town

PATH = "/simulator/bank/pay"


def _payload(api: Api, dossier: Dossier) -> tuple[str, str]:
    made = api.post("/api/v1/dossiers", dossier()).json()
    payment = api.post("/api/v1/payments", {"dossier_id": made["id"], "channel": "vietqr"}).json()
    return payment["id"], payment["vietqr"]["payload"]


def test_from_the_code_to_the_receipt(api: Api, client: TestClient, dossier: Dossier, town: Town) -> None:
    payment_id, payload = _payload(api, dossier)
    answer = client.post(PATH, json={"payload": payload})
    assert answer.status_code == 202
    assert answer.json()["amount"] == 135_000
    assert set(answer.json()) == {"transfer_id", "amount"}

    for outgoing in town.bank.due_notices():
        client.post(outgoing.hook, content=outgoing.request.body)
    town.work()
    paid = api.get(f"/api/v1/payments/{payment_id}").json()
    assert (paid["status"], len(paid["receipts"])) == ("paid", 1)


def test_the_payer_may_change_what_is_paid(api: Api, client: TestClient, dossier: Dossier) -> None:
    _, payload = _payload(api, dossier)
    answer = client.post(PATH, json={"payload": payload, "amount": 5, "memo": "x", "faults": ["late"]})
    assert (answer.status_code, answer.json()["amount"]) == (202, 5)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"payload": "000201"}, "bank.payload_unreadable", "payload"),
        ({"amount": 0}, "bank.amount_out_of_range", "amount"),
        ({"faults": ["typhoon"]}, "bank.fault_unknown", "faults"),
        ({"amount": "5"}, "request.invalid", "amount"),
    ],
)
def test_what_the_bank_says_no_to(
    api: Api, client: TestClient, dossier: Dossier, change: dict[str, object], code: str, field: str
) -> None:
    _, payload = _payload(api, dossier)
    answer = client.post(PATH, json={"payload": payload} | change)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_a_real_installation_has_no_simulator(town: Town) -> None:
    with TestClient(create_app(town.environment)) as client:
        assert client.post(PATH, json={"payload": "x"}).status_code == 404
