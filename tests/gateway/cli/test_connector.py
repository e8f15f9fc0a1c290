"""`thuphi connector` by command alone: what is not saved, what a dry run finds, and how each is doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.simulators.bank import SimulatedBank
from gateway.cli.place import installation
from gateway.connecting import health
from gateway.connecting.health import after_call
from gateway.kernel.clock import system_clock
from tests.gateway.cli.test_installation import found_office, thuphi
from tests.town import AGENCY


@pytest.fixture
def office(tmp_path: Path) -> tuple[str, ...]:
    data = str(tmp_path / "office")
    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank:
        found_office(data, bank)
    return ("--agency", AGENCY, "--data", data)


def test_set_check_and_status(office: tuple[str, ...]) -> None:
    data = Path(office[-1])
    secret = data / "hash"
    secret.write_text("a-secret-of-no-value")
    vnpay = ["--setting", "tmn_code=T1", "--secret", f"hash_secret=@{secret}", "--setting", "account=110000012345"]
    refused = thuphi(
        "connector", "set", "vnpay", *vnpay, "--setting", "host=http://vnpay.example", *office, exit_code=1
    )
    assert (refused["error"], refused["field"]) == ("connector.setting_unreadable", "host")
    thuphi("connector", "set", "vnpay", *vnpay, "--setting", "host=https://127.0.0.1:9", *office)

    assert thuphi("connector", "check", "vietinbank", *office)["ok"]
    assert thuphi("connector", "check", "vnpay", *office)["ok"]
    found = thuphi("connector", "check", "vnpay", "--online", *office, exit_code=1)["findings"]
    assert [(one["what"], one["detail"]) for one in found if not one["ok"]] == [("online", "call.not_sent")]
    assert thuphi("connector", "check", "vnptpay", *office, exit_code=1)["error"] == "connector.not_set"

    told = thuphi("connector", "status", *office)["providers"]
    assert [(one["connector"], one["state"]) for one in told] == [("vietinbank", "ok"), ("vnpay", "ok")]
    with installation(data) as environment, environment.begin(actor="test", agency=AGENCY) as uow:
        for _ in range(3):
            health.change(uow, AGENCY, "vnpay", lambda known: after_call(known, uow.now(), False, 0))
    told = thuphi("connector", "status", *office, exit_code=1)["providers"]
    assert told[1]["state"] == "failing" and told[1]["sentence_vi"].startswith("VNPAY: không trả lời từ ")
