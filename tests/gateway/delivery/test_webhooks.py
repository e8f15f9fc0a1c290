"""The one-stop system hears of each payment and receipt: signed, in order, again after a failure."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from gateway.delivery import webhooks
from gateway.delivery.documents import sign_waiting
from gateway.kernel.clock import system_clock
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town


class OneStop:
    """A receiver that writes down what it is told, and fails on request."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.failures = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                failing = outer.failures > 0
                outer.failures -= failing
                if not failing:
                    outer.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(500 if failing else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.heard]


@pytest.fixture
def one_stop() -> Iterator[OneStop]:
    receiver = OneStop()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def town(environment: Environment, tmp_path: Path, clock: HandClock) -> Town:
    environment.settings.private_webhooks = True
    clock.moment = system_clock().replace(microsecond=0)  # the receiver checks the time against its own
    return Town(environment, tmp_path)


def listen(town: Town, url: str) -> str:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        return webhooks.add_endpoint(uow, AGENCY, url)


def send(town: Town) -> int:
    webhooks.fan_out(town.environment)
    return webhooks.deliver(town.environment)


def test_paid_and_signed_are_told_in_order_and_can_be_checked(town: Town, one_stop: OneStop) -> None:
    secret = listen(town, one_stop.url)
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    sign_waiting(town.environment, town.keys)
    assert send(town) == 2
    assert send(town) == 0

    assert one_stop.kinds() == ["payment.paid", "receipt.signed"]
    headers, body = one_stop.heard[0]
    told = Webhook(secret).verify(body, headers)
    assert told["data"]["payment_id"] == payment.id and told["data"]["amount"] == 135_000
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(body.replace(b"135000", b"135001"), headers)


def test_after_a_failure_the_first_event_still_comes_first(town: Town, one_stop: OneStop, clock: HandClock) -> None:
    listen(town, one_stop.url)
    one_stop.failures = 1
    first = town.payment(LE_PHI)
    town.money_comes(first)
    send(town)
    second = town.payment(LE_PHI)
    town.money_comes(second)
    send(town)
    assert one_stop.heard == []

    for _ in range(3):
        clock.advance(seconds=10)
        send(town)
    told = [json.loads(body)["data"]["payment_id"] for _, body in one_stop.heard]
    assert told == [first.id, second.id]


def test_nobody_else_hears_of_an_agency(town: Town, one_stop: OneStop) -> None:
    from gateway import agencies
    from gateway.agencies import Agency

    with town.environment.begin(actor="test") as uow:
        agencies.add(uow, Agency("H57", "Cơ quan khác", "2800000002", "Nơi khác"))
        webhooks.add_endpoint(uow, "H57", one_stop.url)
    town.money_comes(town.payment(LE_PHI))
    assert send(town) == 0


def test_private_addresses_are_refused_unless_allowed(town: Town) -> None:
    town.environment.settings.private_webhooks = False
    for url in ("http://example.vn/x", "https://127.0.0.1/x", "https://[::1]/x", "ftp://example.vn"):
        with pytest.raises(webhooks.AddressRefused):
            listen(town, url)


def test_one_that_grew_old_behind_another_does_not_wait_for_its_age(
    town: Town, one_stop: OneStop, clock: HandClock
) -> None:
    listen(town, one_stop.url)
    town.money_comes(town.payment(LE_PHI))
    clock.advance(hours=1)
    one_stop.failures = 1
    send(town)
    assert one_stop.heard == []

    clock.advance(seconds=6)
    send(town)
    assert one_stop.kinds() == ["payment.paid"]


def test_waiting_doubles_with_each_attempt_and_ends_after_days() -> None:
    hour = timedelta(hours=1)
    waits = [webhooks.next_wait(attempt, age=hour) for attempt in (1, 2, 3, 12, 15, 4_000)]
    assert waits == [timedelta(seconds=n) for n in (5, 10, 20, 10_240, 43_200, 43_200)]
    assert webhooks.next_wait(1, age=timedelta(days=5)) is None
