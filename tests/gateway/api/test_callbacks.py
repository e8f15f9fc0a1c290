"""Where the bank calls: its bytes are kept as they are, and it hears exactly what its connector says."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from connectors.simulators.postal_agent import Batch, Collected, PostalAgent
from gateway import providers
from gateway.settlement import store
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town

HOOK = "/callbacks/H56.17/vietinbank"


def _call(client: TestClient, town: Town, path: str = HOOK) -> list[dict[str, str]]:
    answers = []
    for outgoing in town.bank.due_notices():
        answer = client.post(path, content=outgoing.request.body, headers=dict(outgoing.request.headers))
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        town.bank.answered(outgoing.id, answer.status_code, answer.content)
        answers.append(answer.json())
    return answers


@pytest.mark.parametrize("path", [HOOK, f"{HOOK}/credit/v1"])
def test_a_notice_is_stored_and_acknowledged(client: TestClient, town: Town, path: str) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)

    (answer,) = _call(client, town, path)
    assert answer["errorCode"] == "00"
    assert [row.state for row in town.rows(store.inbox)] == ["waiting"]
    town.work()
    assert town.view(payment).status == "paid"


def test_a_repeat_is_one_message(client: TestClient, town: Town) -> None:
    town.transfer(town.payment(LE_PHI))
    (outgoing,) = town.bank.due_notices()
    for _ in range(3):
        assert client.post(HOOK, content=outgoing.request.body).json()["errorCode"] == "00"
    assert [row.copies for row in town.rows(store.inbox)] == [3]


def test_a_forged_notice_is_kept_apart(client: TestClient, town: Town) -> None:
    town.transfer(town.payment(LE_PHI), faults=["forged", "drop_notice"])
    (answer,) = _call(client, town)
    assert answer["errorCode"] == "01"
    assert town.rows(store.inbox) == []
    assert len(town.rows(store.inbox_refused)) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", json.dumps({"header": []}).encode()])
def test_what_cannot_be_read_is_answered_too(client: TestClient, town: Town, content: bytes) -> None:
    assert client.post(HOOK, content=content).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/callbacks/H56.17/nobank", "/callbacks/H99.99/vietinbank", "/callbacks/H56.17/a%00b", "/callbacks/%C3%A1/vnpay"],
)
def test_nobody_is_called_here(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_other_methods_are_not_taken(client: TestClient) -> None:
    assert client.put(HOOK).status_code == 405


def test_an_agents_signed_list_comes_in_by_the_same_door(client: TestClient, town: Town) -> None:
    agent = PostalAgent("key-of-the-agent", f"/callbacks/{AGENCY}/postal")
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, "postal", {}, {"signing_keys": agent.key})
    now = town.environment.clock()
    paid = [town.payment(LE_PHI), town.payment(LE_PHI)]
    told = tuple(Collected(str(n), payment.reference, payment.amount, now) for n, payment in enumerate(paid))
    (call,) = agent.deliveries(Batch("VNP-1", ACCOUNT, TODAY, told), now, bits=lambda bits: 0)
    for _ in range(2):
        answer = client.post(agent.hook, content=call.request.body, headers=dict(call.request.headers))
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert sorted(row.state for row in town.rows(store.inbox)) == ["done", "waiting", "waiting"]
    town.work()
    assert {town.view(payment).status for payment in paid} == {"paid"}
    forged = client.post(agent.hook, content=call.request.body + b" ", headers=dict(call.request.headers))
    assert forged.status_code == 401
