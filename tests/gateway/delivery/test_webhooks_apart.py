"""One slow receiver holds up itself alone, and no second worker overtakes the message it is thinking about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.delivery import webhooks
from gateway.kernel.clock import system_clock
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.town import AGENCY, Town

PATIENCE_S = 20


class Receiver:
    """Writes down what it hears, and answers when it is let."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.let = threading.Event()
        self.let.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.heard.append(told["data"]["number"])
                outer.let.wait(PATIENCE_S)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.let.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receivers(environment: Environment, tmp_path: Path, clock: HandClock) -> Iterator[tuple[Receiver, Receiver]]:
    environment.settings.private_webhooks = True
    clock.moment = system_clock().replace(microsecond=0)
    Town(environment, tmp_path)
    pair = (Receiver(), Receiver())
    with environment.begin(actor="test", agency=AGENCY) as uow:
        for receiver in pair:
            webhooks.add_endpoint(uow, AGENCY, receiver.url)
    yield pair
    for receiver in pair:
        receiver.close()


def happen(environment: Environment, *numbers: str) -> None:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        uow.emit(Event(AGENCY, "payment.paid", f"pay_{number}", {"number": number}) for number in numbers)
    webhooks.fan_out(environment)


def until(holds: Any) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


def test_a_slow_receiver_holds_nobody_else_up(environment: Environment, receivers: tuple[Receiver, Receiver]) -> None:
    slow, quick = receivers
    slow.let.clear()
    happen(environment, "1", "2")
    deliveries = webhooks.Deliveries(environment)
    assert until(lambda: deliveries.step() and len(quick.heard) == 2)
    happen(environment, "3")
    assert until(lambda: deliveries.step() and len(quick.heard) == 3)
    assert slow.heard == ["1"]
    assert deliveries.step() == 1, "what is in hand is not nothing to do"

    slow.let.set()
    assert until(lambda: deliveries.step() == 0)
    assert slow.heard == ["1", "2", "3"]
    assert quick.heard == ["1", "2", "3"]


def test_a_second_worker_does_not_overtake(environment: Environment, receivers: tuple[Receiver, Receiver]) -> None:
    slow, _ = receivers
    slow.let.clear()
    happen(environment, "1", "2")
    first = webhooks.Deliveries(environment)
    assert until(lambda: first.step() and slow.heard == ["1"])
    assert webhooks.deliver(environment) == 0, "its line is held, whatever else waits in it"
    assert slow.heard == ["1"]
    slow.let.set()
    assert until(lambda: first.step() == 0)
    assert slow.heard == ["1", "2"]
