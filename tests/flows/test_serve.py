"""`thuphi serve --demo` as its users meet it: by HTTP alone, beside a live server, and after a kill -9."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import require

PATIENCE_SECONDS = 90
THUPHI = [sys.executable, "-c", "from gateway.cli import main; main()"]


class Server:
    """A `serve --demo` process on a free port, and a client with the key it wrote down."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self._keys = itertools.count()

    def start(self) -> None:
        arguments = ["serve", "--demo", "--data", str(self.directory), "--port", str(self.port)]
        self.process = subprocess.Popen([*THUPHI, *arguments], stderr=subprocess.DEVNULL)
        assert self.eventually(self.ready), "the server did not become ready"
        self.told = json.loads((self.directory / "demo.json").read_text())

    def ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False

    def eventually(self, holds: Any) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (held := holds()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return bool(held)

    def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def call(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.told['api_key']}", "Idempotency-Key": f"k{next(self._keys)}"}
        return httpx2.request(method, f"{self.told['base_url']}{path}", json=body, headers=headers, timeout=10)

    def payment(self, code: str, channel: str = "vietqr") -> dict[str, Any]:
        dossier = {
            "dossier_code": code,
            "procedure_code": self.told["sample_procedure_code"],
            "agency": self.told["agency"],
            "payer": {"name": "Lê Thị Thử"},
            "items": [{"fee_code": self.told["sample_fee_code"], "quantity": 1}],
        }
        made = self.call("POST", "/api/v1/dossiers", dossier)
        assert made.status_code == 201, made.text
        started = self.call("POST", "/api/v1/payments", {"dossier_id": made.json()["id"], "channel": channel})
        assert started.status_code == 201, started.text
        told: dict[str, Any] = started.json()
        return told

    def pay(self, payment: dict[str, Any], **more: Any) -> None:
        paid = self.call("POST", "/simulator/bank/pay", {"payload": payment["vietqr"]["payload"], **more})
        assert paid.status_code == 202, paid.text

    def state(self, payment: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = self.call("GET", f"/api/v1/payments/{payment['id']}").json()
        return told

    def signed(self, payment: dict[str, Any]) -> bool:
        receipts = self.state(payment)["receipts"]
        return bool(receipts) and all(receipt["status"] != "numbered" for receipt in receipts)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("serve") / "office")
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()


def thuphi(*arguments: str) -> int:
    return subprocess.run([*THUPHI, *arguments], stdout=subprocess.DEVNULL, check=False).returncode


def test_from_dossier_to_a_receipt_that_a_foreign_tool_verifies(server: Server, tmp_path: Path) -> None:
    payment = server.payment("H56.17-261124-8001")
    assert payment["status"] == "pending"
    server.pay(payment)
    assert server.eventually(lambda: server.signed(payment))

    told = server.state(payment)
    assert (told["status"], told["received"], told["remaining"]) == ("paid", payment["amount"], 0)
    receipt = told["receipts"][0]["id"]
    pdf = server.call("GET", f"/api/v1/receipts/{receipt}.pdf")
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF-")
    file = tmp_path / "receipt.xml"
    file.write_bytes(server.call("GET", f"/api/v1/receipts/{receipt}.xml").content)
    ids = [
        "DLBLai",
        "http://www.w3.org/2000/09/xmldsig#:Object",
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
    ]
    command = [require("xmlsec1"), "--verify", *(word for name in ids for word in ("--id-attr:Id", name))]
    command += [
        "--trusted-pem",
        str(server.directory / "keys" / "ca.pem"),
        "--enabled-reference-uris",
        "empty,same-doc",
    ]
    assert subprocess.run([*command, str(file)], capture_output=True, check=False).returncode == 0


def test_killed_right_after_the_citizen_paid_nothing_is_lost(server: Server) -> None:
    payments = [server.payment(f"H56.17-261124-81{n:02d}") for n in range(6)]
    faults: list[list[str]] = [[], ["duplicate"], ["late"], ["reorder"], ["memo_mangled"], ["slow"]]
    for payment, chosen in zip(payments, faults, strict=True):
        server.pay(payment, faults=chosen)
    seed = server.told["seed"]
    server.kill()
    server.start()

    assert server.told["seed"] == seed
    for payment in payments:
        assert server.eventually(lambda p=payment: server.signed(p)), payment
    days = server.call("GET", "/api/v1/reports/conservation").json()["data"]
    assert all(day["money_in"] == day["settled"] + day["suspense"] + day["returned"] for day in days)
    assert thuphi("ledger", "check", "--data", str(server.directory)) == 0
    assert thuphi("receipts", "gaps", "--data", str(server.directory)) == 0


def test_every_channel_can_be_tried_by_a_person(server: Server) -> None:
    card = server.payment("H56.17-261124-8201", "pos")
    asked = server.call("POST", f"/api/v1/payments/{card['id']}/terminal", {"terminal": "POS-01"})
    assert asked.status_code == 202, asked.text
    waiting = [card]
    for number, channel in enumerate(("vnpay", "vnptpay")):
        payment = server.payment(f"H56.17-261124-83{number:02d}", channel)
        assert server.eventually(lambda p=payment: server.state(p).get("redirect_url"))
        page = server.state(payment)["redirect_url"]
        assert page.startswith(server.told["base_url"])
        assert httpx2.get(page, timeout=10).status_code == 200  # the till, with its two buttons
        paid = server.call("POST", f"/simulator/psp/{channel}/pay", {"target": page})
        assert paid.status_code == 202, paid.text
        waiting.append(payment)
    for payment in waiting:
        assert server.eventually(lambda p=payment: server.signed(p)), server.state(payment)
        assert server.state(payment)["status"] == "paid"


def test_a_second_process_may_look_but_not_write(server: Server) -> None:
    key = ["key", "create", "--agency", server.told["agency"], "--data", str(server.directory)]
    refused = subprocess.run([*THUPHI, *key, "--json"], capture_output=True, check=False)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "database.second_writer"


def test_asked_to_stop_it_ends_by_itself(server: Server) -> None:
    with httpx2.stream("GET", server.payment("H56.17-261124-8999")["pay_url"] + "/events", timeout=10) as stream:
        assert stream.status_code == 200
        code = server.kill(signal.SIGTERM)
    assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert thuphi("ledger", "check", "--data", str(server.directory)) == 0
