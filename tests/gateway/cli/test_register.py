"""The right to issue, kept by command: registration, certificates, delegation, next year, and what happens to receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.simulators.bank import SimulatedBank
from gateway.cli import build
from gateway.cli.place import installation
from gateway.delivery.documents import load_keys, render_waiting, sign_waiting
from gateway.kernel.clock import VIETNAM, system_clock
from gateway.settlement.drain import drain
from gateway.settlement.inbox import receive
from receipts import store
from tests.gateway.cli.test_installation import found_office, thuphi
from tests.receipts.paper import text_of
from tests.town import AGENCY, LE_PHI, PAYER

YEAR = system_clock().astimezone(VIETNAM).year
CENTRE = (
    "--name",
    "Trung tâm PVHCC",
    "--tax-code",
    "2800000009",
    "--address",
    "Thanh Hóa",
    "--purpose",
    "Thu tại một cửa",
)


@pytest.fixture
def data(tmp_path: Path) -> str:
    data = str(tmp_path / "office")
    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank:
        bank.open_account("110000012345", "UBND XA THO XUAN", hook="")
        found_office(data, bank)
    return data


def shown(data: str, exit_code: int = 0) -> dict[str, Any]:
    return thuphi("register", "show", "--agency", AGENCY, "--data", data, exit_code=exit_code)


def codes(found: dict[str, Any], what: str) -> list[str]:
    return [one["code"] for one in found[what]]


def test_agency_add_leads_to_an_office_that_may_issue(data: str) -> None:
    found = shown(data)
    assert found["open"] and codes(found, "reasons") == []
    (registration,) = found["registrations"]
    assert (registration["state"], registration["certificate"]["state"]) == ("accepted", "in_use")
    assert [(one["first"], one["last"], one["taken"]) for one in found["ranges"]] == [(1, 99_999_999, 0)]


def test_file_accept_stop(data: str) -> None:
    serial = shown(data)["registrations"][0]["certificate"]["serial"]
    thuphi("register", "stop", "--agency", AGENCY, "--serial", serial.upper(), "--data", data)
    assert codes(shown(data, 1), "reasons") == ["certificate.not_listed"]
    assert thuphi("register", "stop", "--agency", AGENCY, "--serial", serial, "--data", data, exit_code=1)["error"] == (
        "registration.certificate_missing"
    )
    made = thuphi("register", "file", "--agency", AGENCY, "--data", data)["registration"]
    assert codes(shown(data, 1), "reasons") == ["certificate.not_listed"]  # sent is not accepted
    thuphi("register", "accept", made, "--agency", AGENCY, "--data", data)
    assert shown(data)["open"]
    again = thuphi("register", "accept", made, "--agency", AGENCY, "--refused", "--data", data, exit_code=1)
    assert again["error"] == "registration.answered"
    text = CliRunner().invoke(build("register"), ["register", "show", "--agency", AGENCY, "--data", data]).output
    assert "Được lập biên lai / may issue" in text and serial in text


def test_an_unregistered_agency_may_not(data: str, tmp_path: Path) -> None:
    agency = (
        "--name",
        "UBND xã B",
        "--tax-code",
        "2800000002",
        "--address",
        "Thanh Hóa",
        "--symbol",
        f"{YEAR % 100}TAA",
    )
    account = ("--bin", "970415", "--account", "110000099999", "--holder", "UBND XA B")
    thuphi("agency", "add", "H56.18", *agency, *account, "--unregistered", "--data", data)
    found = thuphi("register", "show", "--agency", "H56.18", "--data", data, exit_code=1)
    assert codes(found, "reasons") == ["registration.absent"]


def test_delegate_and_end(data: str) -> None:
    symbol = f"{YEAR % 100}TAA"
    terms = ("--symbol", symbol, "--from-number", "101", "--to-number", "200")
    days = ("--from-day", f"{YEAR}-01-01", "--to-day", f"{YEAR}-12-31", "--notified-on", f"{YEAR}-01-01")
    made = thuphi("register", "delegate", "--agency", AGENCY, *CENTRE, *terms, *days, "--data", data)
    assert "từ số 101 đến số 200" in made["posting"]
    found = shown(data)
    assert [(one["first"], one["last"]) for one in found["ranges"]] == [(1, 100), (101, 200), (201, 99_999_999)]
    posted = ("--posted-on", f"{YEAR}-01-02")
    thuphi("register", "notify", made["delegation"], "--agency", AGENCY, *posted, "--data", data)
    ended = thuphi(
        "register",
        "stop",
        "--agency",
        AGENCY,
        "--delegation",
        made["delegation"],
        "--on",
        f"{YEAR}-06-30",
        "--data",
        data,
    )
    assert f"ngày cuối cùng lập biên lai: 30/06/{YEAR}" in ended["text"]
    (kept,) = shown(data)["delegations"]
    assert (kept["posted_on"], kept["ended_on"]) == (f"{YEAR}-01-02", f"{YEAR}-06-30")


def test_next_year(data: str) -> None:
    opened = thuphi("register", "next-year", "--agency", AGENCY, "--data", data)
    assert opened["opened"] == [f"{(YEAR + 1) % 100:02d}TAA"]
    assert thuphi("register", "next-year", "--agency", AGENCY, "--data", data)["opened"] == []


def issued(data: str, tmp_path: Path) -> str:
    """A signed receipt with its PDF; its id."""
    from gateway.dues.model import DueRequest
    from gateway.dues.register import DossierRequest, register
    from gateway.payments.start import StartRequest, start
    from gateway.payments.view import views

    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank, installation(Path(data)) as environment:
        request = DossierRequest(AGENCY, "H56.17-261124-0001", "3.000346", PAYER, (DueRequest(LE_PHI),))
        with environment.begin(actor="test", agency=AGENCY) as uow:
            dossier = register(uow, request)
            row = start(uow, StartRequest(AGENCY, "vietqr", dossier_ids=(dossier.dossier.id,)))[0]
        with environment.read() as connection:
            payload = views(connection, [row])[0].payload
        assert payload is not None
        bank.pay(payload)
        for outgoing in bank.due_notices():
            receive(environment, AGENCY, "vietinbank", outgoing.request)
        drain(environment)
        finish(environment)
        with environment.read() as connection:
            return str(store.page(connection, AGENCY, None, 1)[0].id)


def finish(environment: Any) -> None:
    keys = load_keys(environment.settings.keys)
    sign_waiting(environment, keys)
    render_waiting(environment, keys)


def test_the_life_of_a_receipt_by_command(data: str, tmp_path: Path) -> None:
    from gateway.delivery import replaced_list

    receipt = issued(data, tmp_path)
    mine = ("--agency", AGENCY, "--by", "lan", "--data", data)
    first, second = tmp_path / "1.pdf", tmp_path / "2.pdf"
    thuphi("receipts", "print", receipt, *mine, "--out", str(first))
    thuphi("receipts", "print", receipt, *mine, "--out", str(second))
    assert "In lại" not in text_of(first) and "In lại lần 1" in text_of(second)
    thuphi("receipts", "convert", receipt, *mine, "--out", str(first))
    assert "Người chuyển đổi: lan" in text_of(first)
    notice = tmp_path / "04.xml"
    told = thuphi(
        "receipts", "error-notice", receipt, *mine, "--text", "Tên đúng", "--reason", "Gõ sai", "--out", str(notice)
    )
    assert b"04/SS-CT" in notice.read_bytes()
    thuphi("receipts", "error-notice", "--answered", told["notice"], *mine)
    only_name = thuphi("receipts", "replace", receipt, *mine, "--payer-name", "Khác", "--reason", "x", exit_code=1)
    assert only_name["error"] == "receipt.notice_suffices"
    made = thuphi("receipts", "replace", receipt, *mine, "--payer-tax-code", "2800000099", "--reason", "Sai MST")
    assert (made["state"], made["number"]) == ("made", 2)
    with installation(Path(data)) as environment:
        finish(environment)
        replaced_list.renew(environment, load_keys(environment.settings.keys).token)
        with environment.read() as connection:
            body = replaced_list.latest(connection)
            old = store.document(connection, receipt, "xml", environment.vault)
            new = store.document(connection, made["receipt"], "xml", environment.vault)
    assert body is not None and old is not None and new is not None
    (tmp_path / "replaced.txt").write_text(body)
    key = ("--key", f"{data}/keys/token.pub.pem")
    listed = ("--replaced", str(tmp_path / "replaced.txt"))
    for file, without, with_list in ((old, 0, 1), (new, 0, 0)):
        token = file.partition(b"<DLQRCode>")[2].partition(b"</DLQRCode>")[0].decode()
        thuphi("receipts", "check", token, *key, exit_code=without)
        found = thuphi("receipts", "check", token, *key, *listed, exit_code=with_list)
        assert found.get("reason") == ("receipt.replaced" if with_list else None)
    (tmp_path / "replaced.txt").write_text(body.replace("THUPHI", "THUPHY"))
    token = new.partition(b"<DLQRCode>")[2].partition(b"</DLQRCode>")[0].decode()
    assert thuphi("receipts", "check", token, *key, *listed, exit_code=1)["reason"] == "replaced.malformed"
    hung = thuphi("receipts", "show", receipt, "--agency", AGENCY, "--data", data)
    assert (hung["replaced_by"], hung["prints"], hung["conversions"]) == (made["receipt"], 2, 1)
    assert hung["error_notices"] == [{"id": told["notice"], "state": "accepted"}]
    assert thuphi("receipts", "tasks", "--agency", AGENCY, "--data", data) == {"tasks": []}
    package = str(tmp_path / "archive.zip")
    assert thuphi("receipts", "archive", "--out", package, "--data", data)["receipts"] == 2
    proven = thuphi("receipts", "archive-verify", package, "--trust", f"{data}/keys/ca.pem")
    assert proven["valid"] and {one["code"] for one in proven["warnings"]} == {"archive.no_stamp"}
    assert thuphi("receipts", "gaps", "--data", data) == {"gaps": []}


def test_bad_usage_exits_2(data: str) -> None:
    for arguments in (
        ["receipts", "replace", "--agency", AGENCY],
        ["receipts", "replace", "r", "--agency", AGENCY, "--by", "lan", "--line", "1=2"],
        ["register", "stop", "--agency", AGENCY],
        ["register", "notify", "d", "--agency", AGENCY],
    ):
        assert CliRunner().invoke(build(arguments[0]), [*arguments, "--data", data]).exit_code == 2
