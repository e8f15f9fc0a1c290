"""A real installation from nothing, by command alone, takes a payment to its signed receipt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.simulators.bank import SimulatedBank
from gateway.cli import build
from gateway.cli.place import installation
from gateway.kernel.clock import system_clock
from gateway.payments.view import as_contract
from tests.town import AGENCY, LE_PHI, PAYER

RUN = CliRunner()


def thuphi(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    result = RUN.invoke(build(arguments[0]), [*arguments, "--json"])
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(tmp_path / "office")


def found_office(data: str, bank: SimulatedBank) -> None:
    year = system_clock().year % 100
    thuphi("migrate", "--data", data)
    thuphi("keys", "init", "--demo", "--data", data)
    agency = ("--name", "UBND xã Thọ Xuân", "--tax-code", "2800000001", "--address", "Thanh Hóa")
    account = ("--bin", bank.bin, "--account", "110000012345", "--holder", "UBND XA THO XUAN")
    thuphi("agency", "add", AGENCY, *agency, *account, "--symbol", f"{year:02d}TAA", "--data", data)
    (Path(data) / "bank.pem").write_text(bank.public_key_pem())
    setting = ("--setting", f"bank_public_key=@{data}/bank.pem", "--secret", f"private_key=@{data}/keys/signer.key")
    thuphi("connector", "set", "vietinbank", "--agency", AGENCY, *setting, "--data", data)


def test_an_office_founded_by_command_takes_a_payment(data: str, tmp_path: Path) -> None:
    from gateway.dues.model import DueRequest
    from gateway.dues.register import DossierRequest, register
    from gateway.payments.start import StartRequest, start
    from gateway.payments.store import by_id
    from gateway.payments.view import views
    from gateway.settlement.inbox import receive
    from gateway.worker import Worker

    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank:
        bank.open_account("110000012345", "UBND XA THO XUAN", hook="")
        found_office(data, bank)
        assert thuphi("key", "create", "--agency", AGENCY, "--data", data)["api_key"].startswith("tp_")
        assert thuphi("config", "check", "--data", data)["demo_keys"] is True
        with installation(Path(data)) as environment:
            request = DossierRequest(AGENCY, "H56.17-261124-0001", "3.000346", PAYER, (DueRequest(LE_PHI),))
            with environment.begin(actor="test", agency=AGENCY) as uow:
                dossier = register(uow, request)
                row = start(uow, StartRequest(AGENCY, "vietqr", dossier_ids=(dossier.dossier.id,)))[0]
            with environment.read() as connection:
                view = views(connection, [row])[0]
            assert view.payload is not None
            bank.pay(view.payload)
            for outgoing in bank.due_notices():
                receive(environment, AGENCY, "vietinbank", outgoing.request)
            Worker(environment).run_until_quiet()
            with environment.read() as connection:
                told = as_contract(views(connection, [by_id(connection, AGENCY, row.id)])[0], "http://x")
    assert told["status"] == "paid"
    assert [(r["number"], r["status"]) for r in told["receipts"]] == [(1, "signed")]
    assert thuphi("ledger", "check", "--data", data) == {"violations": []}


def test_refusals_exit_1_with_a_code(data: str) -> None:
    assert thuphi("key", "create", "--agency", "H1", "--data", data, exit_code=1)["error"] == "database.not_migrated"
    thuphi("migrate", "--data", data)
    assert thuphi("key", "create", "--agency", "H1", "--data", data, exit_code=1)["error"] == "agency.missing"
    assert thuphi("config", "check", "--data", data, exit_code=1)["error"] == "receipt.key_unusable"


@pytest.mark.parametrize(
    "arguments",
    [("keys", "init"), ("connector", "set", "vietinbank", "--agency", "H1", "--setting", "x"), ("agency", "add")],
)
def test_bad_usage_exits_2(arguments: tuple[str, ...], data: str) -> None:
    result = RUN.invoke(build(arguments[0]), [*arguments, "--data", data])
    assert result.exit_code == 2


def test_an_unknown_connector_is_refused(data: str, tmp_path: Path) -> None:
    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank:
        found_office(data, bank)
    refused = thuphi("connector", "set", "nobank", "--agency", AGENCY, "--data", data, exit_code=1)
    assert refused["error"] == "connector.missing"
    refused = thuphi("connector", "set", "vietinbank", "--agency", AGENCY, "--data", data, exit_code=1)
    assert (refused["error"], refused["field"]) == ("connector.setting", "bank_public_key")


def test_the_whole_command_line_has_help() -> None:
    result = RUN.invoke(build(), ["--help"])
    assert result.exit_code == 0
    for word in ("demo", "serve", "worker", "migrate", "vietqr", "reconcile", "receipts"):
        assert word in result.output
