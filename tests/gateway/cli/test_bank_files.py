"""`thuphi statements preview`, `profile` and the imports: what a person needs who brings a new bank's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.statements import statements_app
from gateway.migrations.history import migrate
from tests.connectors.files.grids import EFAST, as_csv, as_xlsx

SETTLEMENT = "batch_id,terminal,trade_date,reference,gross,mdr,net\nB1,T1,2026-11-20,X1,135000,1485,133515\n"


def run(*arguments: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(statements_app, [*arguments, "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def installed(tmp_path: Path) -> str:
    from gateway import agencies
    from gateway.agencies import Account, Agency
    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment

    environment = Environment(Settings(data=tmp_path / "data", database_url=None))
    with environment.sole_writer():
        migrate(environment.writer)
    with environment.begin(actor="test", agency="A1") as uow:
        agencies.add(uow, Agency("A1", "Sở A", "2800000001", "Thanh Hóa"))
        account = Account(uow.mint("acc"), "A1", "970415", "110000012345", "SO A", "VietinBank", ("*",), "vietinbank")
        agencies.add_account(uow, account)
    environment.close()
    return str(tmp_path / "data")


def test_a_preview_shows_mapping_rows_and_sums(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(as_xlsx(EFAST))
    seen = run("preview", str(file))
    assert (seen["profile"], seen["verified"], seen["heading_line"]) == ("vietinbank_efast", False, 8)
    assert {"column": 5, "heading": "Có / Credit", "field": "credit"} in seen["columns"]
    assert (seen["first"][0]["amount"], len(seen["first"])) == ("135000", 3)
    (sums,) = seen["statements"]
    assert (sums["opening"], sums["credits"], sums["debits"], sums["closing"]) == (
        "1000000",
        "195000",
        "11000",
        "1184000",
    )
    assert sums["balances"] is True
    people = CliRunner().invoke(statements_app, ["preview", str(file)])
    assert "Có / Credit" in people.output and "khớp" in people.output


def test_a_table_that_nothing_fits_is_shown_as_it_stands_and_read_by_a_new_profile(tmp_path: Path) -> None:
    file, mine = tmp_path / "agribank.csv", tmp_path / "mine.json"
    file.write_bytes(as_csv([["NgayHL", "Giam", "Tang"], ["20/11/2026", "11.000", ""]], delimiter=";"))
    seen = run("preview", str(file), exit_code=1)
    assert (seen["delimiter"], seen["rows"][0]["cells"]) == (";", ["NgayHL", "Giam", "Tang"])

    mine.write_text(json.dumps({"name": "mine", "kind": "statement", "columns": {"booking_date": ["NgayHL"]}}))
    assert run("profile", "check", str(mine), exit_code=1)["flaws"] == ["columns: one of amount or credit is needed"]
    columns = {"booking_date": ["NgayHL"], "debit": ["Giam"], "credit": ["Tang"]}
    mine.write_text(json.dumps({"name": "mine", "kind": "statement", "columns": columns}))
    assert run("profile", "check", str(mine))["valid"] is True
    assert run("preview", str(file), "--profile", str(mine))["first"][0]["amount"] == "-11000"
    parsed = run("parse", str(file), "--profile", str(mine), "--account", "19001")
    assert (parsed["statements"][0]["account"], parsed["problems"]) == ("19001", [])


def test_a_settlement_is_previewed_by_batch(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(SETTLEMENT)
    seen = run("preview", str(file), "--settlement")
    assert seen["batches"] == [{"batch_id": "B1", "rows": 1, "gross": 135_000, "mdr": 1_485, "net": 133_515}]


def test_the_imports(installed: str, tmp_path: Path) -> None:
    statement, settlement = tmp_path / "x.xlsx", tmp_path / "s.csv"
    statement.write_bytes(as_xlsx(EFAST))
    settlement.write_text(SETTLEMENT)
    place = ("--agency", "A1", "--data", installed)

    taken = run("import", str(statement), *place)
    assert (taken["format"], taken["new"], taken["lines"]["BANK_FEE"]) == ("xlsx", 3, 1)
    assert run("import", str(statement), *place)["problems"] == ["file.known"]
    assert run("import-settlement", str(settlement), *place)["net"] == 133_515

    settlement.write_text(SETTLEMENT.replace("133515", "133516"))
    refused = run("import-settlement", str(settlement), *place, exit_code=1)
    assert (refused["error"], refused["flaws"][0]["where"]) == ("settlement.refused", "line 2")


def test_the_profiles_that_come_along(capsys: pytest.CaptureFixture[str]) -> None:
    names = {profile["name"] for profile in run("profile", "list")}
    assert {"vietinbank_efast", "vietcombank", "bidv", "acb", "generic", "neutral_settlement"} <= names
    shown = CliRunner().invoke(statements_app, ["profile", "show", "acb"])
    assert json.loads(shown.output)["bank"] == "ACB"
    assert CliRunner().invoke(statements_app, ["profile", "show", "nobodys"]).exit_code == 2


def test_an_agents_list_is_taken_settled_and_told(installed: str, tmp_path: Path) -> None:
    from gateway import providers
    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment

    environment = Environment(Settings(data=Path(installed), database_url=None))
    with environment.begin(actor="test", agency="A1") as uow:
        providers.use(uow, "A1", "postal", {}, {"signing_keys": "k"})
    environment.close()
    head = "batch_id,account,booked_on,total,id,reference,amount,paid_at,office,payer_name\n"
    row = "VNP-1,110000012345,2026-11-20,50000,1,BLQ84G7ZWYRD,50000,2026-11-20T09:15:00+07:00,440000,A\n"
    file = tmp_path / "list.csv"
    file.write_text(head + row)
    arguments = ("import-list", str(file), "--connector", "postal", "--agency", "A1", "--data", installed)
    first, again = run(*arguments), run(*arguments)
    assert [(one["new"], one["known"], one["batches"], one["net"]) for one in (first, again)] == [
        (1, 0, 1, 50_000),
        (0, 1, 1, 50_000),
    ]
    file.write_text(head + row.replace("50000,1", "60000,1"))
    refused = run(*arguments, exit_code=1)
    assert (refused["error"], [flaw["code"] for flaw in refused["flaws"]]) == ("list.refused", ["lump.differs"])
    assert (
        run("import-list", str(file), "--connector", "vnpay", *arguments[4:], exit_code=1)["error"]
        == "connector.not_set"
    )
