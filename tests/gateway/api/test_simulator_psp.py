"""Demo: the payment services' tills. From a payment by VNPAY or VNPT Pay to its receipt, by hand and by program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from connectors.contract import Call
from gateway import providers
from gateway.connecting import lane, send
from gateway.kernel import wire
from gateway.kernel.uow import Environment
from gateway.main import create_app
from gateway.settlement import inbox
from gateway.trial import psps as trial
from tests.town import ACCOUNT, AGENCY, LE_PHI, Town

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def town(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    town = Town(environment, tmp_path)
    monkeypatch.setattr(trial, "STATE_FEES", ACCOUNT)
    assert trial.connect(environment, BASE, AGENCY)
    return town


@pytest.fixture
def client(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The gateway's calls reach the services on the same application."""
    psps = trial.open_psps(tmp_path, town.environment.clock, BASE, agency=AGENCY)
    app = create_app(town.environment, bank=town.bank, psps=psps)
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:

        def post(call: Call) -> wire.Told:
            answer = client.request(call.method, call.url, content=call.body, headers=dict(call.headers))
            return wire.Told(answer.status_code, answer.content, answer.headers["content-type"])

        monkeypatch.setattr(send, "_post", post)
        yield client
    for psp in psps.values():
        psp.close()


@pytest.mark.parametrize("name", ["vnpay", "vnptpay"])
@pytest.mark.parametrize("hand", [True, False], ids=["by hand", "by program"])
def test_to_the_till_and_back(client: TestClient, town: Town, name: str, hand: bool, tmp_path: Path) -> None:
    payment = town.payment(LE_PHI, channel=name)
    lane.work(town.environment)
    there = client.get(f"/vi/pay/{payment.token}/go").headers["location"]
    till = client.get(there)
    assert "135.000 ₫" in till.text
    found = re.search('name="target" value="([^"]*)"', till.text)
    assert found is not None
    if hand:
        answer = client.post(f"/simulator/psp/{name}/till", data={"target": unescape(found[1]), "outcome": "paid"})
        assert answer.status_code == (303 if name == "vnpay" else 200)
    else:
        answer = client.post(f"/simulator/psp/{name}/pay", json={"target": there, "faults": ["duplicate"]})
        assert (answer.status_code, answer.json()["amount"]) == (202, 135_000)
    psp = trial.open_psps(tmp_path, town.environment.clock, BASE, agency=AGENCY)[name]
    for call in trial.Notifier(psp).due_notices():
        reply = inbox.receive(town.environment, AGENCY, name, call.request)
        psp.answered(call.id, reply.status, reply.body)
    town.work()
    assert town.view(payment).status == "paid"
    assert client.get(there).status_code == 409, "the till is closed"


def test_beyond_this_machine_only_under_tls(town: Town) -> None:
    with town.environment.read() as connection:
        before = providers.find(connection, town.environment, AGENCY, "vnpay").settings
    assert not trial.connect(town.environment, "http://10.0.0.5:8000", AGENCY)
    with town.environment.read() as connection:
        assert providers.find(connection, town.environment, AGENCY, "vnpay").settings == before
