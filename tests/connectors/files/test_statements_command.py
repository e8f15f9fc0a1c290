"""`thuphi statements parse`: the JSON that others rely on, its exit codes, and a table for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.statements import statements_app

GOLDEN = Path(__file__).parents[2] / "golden" / "statements"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(statements_app, ["parse", *arguments])


def answer(*arguments: str, exit_code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == exit_code
    return json.loads(result.stdout)


def test_the_contract() -> None:
    assert answer(str(GOLDEN / "camt053/09-bankstatementparser-camt053-multicurrency.xml"))["statements"][1] == {
        "account": "US-ACCT-0099",
        "currency": "USD",
        "opening": "2500.00",
        "closing": "2400.01",
        "entries": [
            {
                "amount": "-99.99",
                "value_date": "2026-04-21",
                "booking_date": "2026-04-20",
                "references": ["USD-E2E-001"],
                "memo": "Subscription April",
                "bank_reference": "",
                "status": "BOOK",
            }
        ],
        "balances": True,
    }


def test_a_refused_file_exits_1_with_problems_and_no_statement() -> None:
    found = answer(str(GOLDEN / "malformed/05-cmxl-mt940-deutsche-bank.sta"), exit_code=1)
    assert found["statements"] == []
    assert found["problems"][0]["code"] == "date.unreadable"


def test_an_unbalanced_statement_is_read_and_says_so() -> None:
    found = answer(str(GOLDEN / "mt940/06-php-mt940-rabo-sample4.sta"))
    assert found["statements"][0]["balances"] is False


def test_missing_balances_are_null() -> None:
    found = answer(str(GOLDEN / "mt942/03-mt940-mt942.sta"))
    assert (found["format"], found["statements"][0]["opening"], found["statements"][0]["balances"]) == (
        "mt942",
        None,
        None,
    )


def test_amounts_have_no_exponent(tmp_path: Path) -> None:
    file = tmp_path / "small.sta"
    file.write_text(":20:A\n:25:1\n:60F:C261119VND0,00000000001\n:61:261120C0,00000000001NTRFNONREF\n-")
    statement = answer(str(file))["statements"][0]
    assert (statement["opening"], statement["entries"][0]["amount"]) == ("0.00000000001", "0.00000000001")


def test_a_forced_format(tmp_path: Path) -> None:
    file = GOLDEN / "camt052/02-camt-camt052-v8.xml"
    assert answer(str(file), "--format", "CAMT.052")["format"] == "camt.052"
    assert answer(str(file), "--format", "camt.053", exit_code=1)["problems"][0]["code"] == "format.mismatch"


@pytest.mark.parametrize(
    "arguments", [["/nowhere.xml"], [str(GOLDEN)], [], [str(GOLDEN / "index.json"), "--format", "x"]]
)
def test_bad_usage_exits_2(arguments: list[str]) -> None:
    assert run(*arguments, "--json").exit_code == 2


def test_people_get_a_table() -> None:
    result = run(str(GOLDEN / "camt053/09-bankstatementparser-camt053-multicurrency.xml"))
    assert result.exit_code == 0
    assert "US-ACCT-0099" in result.stdout
    assert "1.250,50" in result.stdout
    assert "khớp" in result.stdout


def test_people_are_told_why_a_file_is_refused() -> None:
    result = run(str(GOLDEN / "malformed/01-bankstatementparser-camt053-garbled-amount.xml"))
    assert result.exit_code == 1
    assert "Số tiền không đọc được" in result.stdout
