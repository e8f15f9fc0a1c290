"""To the provider's page and back: the browser is sent there, and what it brings back books nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.kernel.uow import Environment
from gateway.main import create_app
from tests.conftest import HandClock
from tests.gateway.connecting.fair import PSPS, Fair
from tests.town import LE_PHI


@pytest.fixture
def fair(environment: Environment, tmp_path: Path) -> Iterator[Fair]:
    fair = Fair(environment, tmp_path)
    yield fair
    fair.close()


@pytest.fixture
def client(fair: Fair) -> Iterator[TestClient]:
    with TestClient(create_app(fair.environment), follow_redirects=False) as client:
        yield client


def path_of(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


def test_there_and_back_by_vnpay(fair: Fair, client: TestClient, clock: HandClock) -> None:
    payment = fair.payment(LE_PHI, channel="vnpay")
    here = f"/vi/pay/{payment.token}"
    assert f'href="{here}/go"' in client.get(here).text
    sent = client.get(f"{here}/go")
    assert sent.status_code == 303 and sent.headers["referrer-policy"] == "no-referrer"
    left = fair.counters["vnpay"].psp.pay(sent.headers["location"], faults=["drop"])
    assert "vnp_ResponseCode=00" in left.return_url

    back = client.get(path_of(left.return_url))
    assert (back.status_code, back.headers["location"]) == (303, here)
    fair.work()
    assert fair.view(payment).status == "checking", "nothing is booked on a browser's word"
    assert fair.receipts() == []
    assert f'href="{here}/go"' not in client.get(here).text

    clock.advance(seconds=10)
    fair.speak()
    fair.work()
    assert fair.view(payment).status == "paid"
    client.get(path_of(left.return_url))
    assert fair.view(payment).status == "paid"
    fair.ties()


def test_vnpt_makes_the_payer_wait_until_the_worker_has_asked(
    fair: Fair, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.go.LOOKS", 1)
    payment = fair.payment(LE_PHI, channel="vnptpay")
    waiting = client.get(f"/en/pay/{payment.token}/go")
    assert (waiting.status_code, waiting.headers["refresh"]) == (202, "3")
    fair.speak()
    assert client.get(f"/en/pay/{payment.token}/go").headers["location"] == fair.page(payment)


@pytest.mark.parametrize("name", PSPS)
def test_no_way_on_where_nothing_is_asked(fair: Fair, client: TestClient, name: str, clock: HandClock) -> None:
    payment, page = fair.begun(name)
    fair.counters[name].psp.pay(page)
    fair.hear(name)
    fair.work()
    here = f"/vi/pay/{payment.token}"
    assert client.get(f"{here}/go").headers["location"] == here
    assert client.get(f"{here}/back?vnp_ResponseCode=24").headers["location"] == here
    assert fair.view(payment).status == "paid"
    assert client.get("/vi/pay/NOSUCH/go").status_code == 404
    assert client.get("/vi/pay/NOSUCH/back").status_code == 404
    by_bank = fair.payment(LE_PHI)
    assert client.get(f"/vi/pay/{by_bank.token}/back").headers["location"] == f"/vi/pay/{by_bank.token}"
    assert fair.view(by_bank).status == "pending"
