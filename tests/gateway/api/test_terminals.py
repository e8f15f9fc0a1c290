"""A payment at a terminal over HTTP, carried out by the worker over a real network: TLS, pinned certificate."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import Pace, SimulatedTerminal
from connectors.simulators.terminal_server import TerminalApp, own_certificate, serve
from connectors.terminal import envelope
from gateway.counter.terminal_lane import TerminalLane
from gateway.counter.terminal_register import NewTerminal, add
from gateway.delivery import documents
from tests.gateway.api.conftest import Api
from tests.town import ACCOUNT, AGENCY, LE_PHI, Town

PATIENCE_S = 30


@contextmanager
def terminal_on_the_network(
    town: Town, directory: Path, model: Any = "lan"
) -> Iterator[tuple[SimulatedTerminal, SimulatedAcquirer]]:
    """A terminal process in a thread of its own, known to the agency as POS-1."""

    def clock() -> datetime:
        return datetime.now(UTC)

    acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=clock)
    terminal = SimulatedTerminal(
        directory / "terminal.db",
        acquirer,
        poi_id="POI-1",
        tid="TID00001",
        mid="MID1",
        clock=clock,
        pace=Pace(0.1, 0.05, 0.1),
    )
    certificate, key = own_certificate(directory, clock())
    server = serve(TerminalApp(terminal, "TILL"), host="127.0.0.1", port=0, certificate=certificate, key=key)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    new = NewTerminal(
        "POS-1", "demobank", "POI-1", "TILL", f"127.0.0.1:{port}", certificate.read_text(), ACCOUNT, model
    )
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        add(uow, AGENCY, new)
    try:
        yield terminal, acquirer
    finally:
        server.should_exit = True
        thread.join()


def _until_ended(api: Api, lane: TerminalLane, payment_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lane.serve()
        sale: dict[str, Any] = api.get(f"/api/v1/payments/{payment_id}/terminal").json()
        if sale["state"] not in ("asked", "unknown", "reversing"):
            return sale
    pytest.fail(f"the terminal has not answered: {sale}")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_from_the_key_to_the_receipt(api: Api, town: Town, tmp_path: Path) -> None:
    (tmp_path / "pos").mkdir()
    with terminal_on_the_network(town, tmp_path / "pos") as (terminal, acquirer):
        dossier = town.dossier(LE_PHI).dossier.id
        body = {"dossier_id": dossier, "channel": "pos"}
        payment = api.post("/api/v1/payments", body).json()
        assert payment["vietqr"] is None
        path = f"/api/v1/payments/{payment['id']}/terminal"
        assert api.get(path).status_code == 404

        terminal.arm(["cut_before_answer"])
        asked = api.post(path, {"terminal": "POS-1"}, Idempotency_Key="once")
        again = api.post(path, {"terminal": "POS-1"}, Idempotency_Key="once")
        assert (asked.status_code, again.status_code, asked.json()) == (202, 202, again.json())
        assert asked.json()["state"] == "asked" and asked.json()["slip"] is None
        refused = api.post(path, {"terminal": "POS-1"})
        assert (refused.status_code, refused.json()["code"]) == (409, "terminal.sale_open")

        lane = TerminalLane(town.environment)
        sale = _until_ended(api, lane, payment["id"])
        lane.close()
        assert (sale["state"], sale["slip"]["masked_pan"]) == ("approved", "970400******1234")
        assert acquirer.standing() == {payment["reference"]: payment["amount"]}
    town.work()
    documents.sign_waiting(town.environment, town.keys)
    paid = api.get(f"/api/v1/payments/{payment['id']}").json()
    assert (paid["status"], [receipt["status"] for receipt in paid["receipts"]]) == ("paid", ["signed"])
    town.ties()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_without_a_terminal_there_is_no_such_channel(api: Api, town: Town) -> None:
    refused = api.post("/api/v1/payments", {"dossier_id": town.dossier(LE_PHI).dossier.id, "channel": "pos"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payment.channel_not_set")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_terminal_that_comes_for_its_bill(api: Api, town: Town, tmp_path: Path) -> None:
    (tmp_path / "pos").mkdir()
    with terminal_on_the_network(town, tmp_path / "pos", model="pull") as (terminal, acquirer):
        payment = town.payment(LE_PHI, channel="pos")
        api.post(f"/api/v1/payments/{payment.id}/terminal", {"terminal": "POS-1"})
        lane = TerminalLane(town.environment)
        path, pulled = "/api/v1/terminals/POS-1/message", {"number": None, "message": None}
        while pulled["message"] is None:
            lane.serve()
            pulled = api.get(path).json()
        assert api.get(path).json() == {"number": None, "message": None}
        reply = terminal.handle(str(pulled["message"]).encode())
        asked = envelope.read(str(pulled["message"]).encode())
        while reply is None:
            reply = terminal.answer_to(asked.ends.sale_id, asked.service_id)
        body = {"number": pulled["number"], "message": reply.decode()}
        assert [api.post(path, body).json() for _ in range(2)] == [{"taken": True}, {"taken": False}]
        assert _until_ended(api, lane, payment.id)["state"] == "approved"
        lane.close()
        assert acquirer.standing() == {payment.reference: payment.amount}
