"""Statements that banks and parser projects published: every amount, account and balance as two others read them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.files import detect
from connectors.files.reading import WARNINGS
from connectors.statement import Statement

GOLDEN = Path(__file__).parents[2] / "golden" / "statements"
INDEX = json.loads((GOLDEN / "index.json").read_text(encoding="utf-8"))
FILES = [case for case in INDEX["files"] if (GOLDEN / case["file"]).exists()]
MALFORMED = [case for case in INDEX["malformed"] if (GOLDEN / case["file"]).exists()]


def test_only_the_copyleft_files_were_left_out() -> None:
    absent = [c for c in INDEX["files"] + INDEX["malformed"] if not (GOLDEN / c["file"]).exists()]
    assert {case["licence"] for case in absent} == {"LGPL-2.1"}
    assert len(FILES) == 57


@pytest.mark.parametrize("case", FILES + MALFORMED, ids=lambda case: case["file"])
def test_the_copies_are_unchanged(case: dict[str, Any]) -> None:
    assert hashlib.sha256((GOLDEN / case["file"]).read_bytes()).hexdigest() == case["sha256"]


@pytest.mark.parametrize("case", FILES, ids=lambda case: case["file"])
def test_a_published_file_is_read_as_others_read_it(case: dict[str, Any]) -> None:
    parsed = detect.parse((GOLDEN / case["file"]).read_bytes())

    assert parsed.format == case["format"].lower()
    assert {problem.code for problem in parsed.problems} <= WARNINGS
    assert len(parsed.statements) == len(case["statements"])
    for statement, expected in zip(parsed.statements, case["statements"], strict=True):
        assert_as_expected(statement, expected)
    amounts = [entry.amount for statement in parsed.statements for entry in statement.entries]
    assert len(amounts) == case["expected_entries"]
    assert sum(a for a in amounts if a > 0) == Decimal(case["sum_credits"])
    assert -sum(a for a in amounts if a < 0) == Decimal(case["sum_debits"])


def assert_as_expected(statement: Statement, expected: dict[str, Any]) -> None:
    assert statement.account == expected["account"]
    assert [entry.amount for entry in statement.entries] == [Decimal(a) for a in expected["signed_amounts"]]
    assert statement.opening == decimal(expected["opening_balance"])
    assert statement.closing == decimal(expected["closing_balance"])
    assert statement.balances == expected["arithmetic_balances"]
    if len(expected["currency"]) == 1:
        assert statement.currency == expected["currency"][0]
    if "entry_status" in expected:
        assert Counter(entry.status for entry in statement.entries) == expected["entry_status"]
    assert sum(entry.reversal for entry in statement.entries) == expected["reversal_entries"]


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


REASONS = {
    "malformed/01-bankstatementparser-camt053-garbled-amount.xml": "amount.unreadable",
    "malformed/03-camt-parser-example-camt053.xml": "amount.negative",
    "malformed/04-mt940-invalid-statement.sta": "format.unknown",
    "malformed/05-cmxl-mt940-deutsche-bank.sta": "date.unreadable",
    "malformed/06-jejik-mt940-oldenburgischelandesbank2.sta": "date.unreadable",
}


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["file"])
def test_a_malformed_file_is_refused_as_a_whole_with_its_reason(case: dict[str, Any]) -> None:
    parsed = detect.parse((GOLDEN / case["file"]).read_bytes())

    assert parsed.statements == ()
    assert REASONS[case["file"]] in {problem.code for problem in parsed.problems}


def published(name: str) -> Statement:
    return detect.parse((GOLDEN / name).read_bytes()).statements[0]


def test_german_subfields_become_references_memo_and_counterparty() -> None:
    first = published("mt940/22-mt940-sepa-snippet.sta").entries[0]

    assert first.references == ("EndToEndId TFNR 22 004 00001",)
    assert first.memo == "Verw CTSc-01 BC-PPP TFNr 22 004"
    assert (first.counterparty_name, first.counterparty_account) == ("KARL KAUFMANN", "DE14508800500194785000")
    assert first.bank_reference == "0724710333343453"


def test_dutch_code_words_become_references_memo_and_counterparty() -> None:
    entry = published("mt940/30-mt940-unstructured-remi-with-space-in-remi.sta").entries[0]

    assert entry.references == ("501810557591",)
    assert entry.memo.startswith("Factuurnummer 987654321098")
    assert entry.counterparty_account == "NL12COBA0733959555"


def test_the_remarks_of_a_balance_are_nobodys_memo() -> None:
    statement = published("mt940/19-mt940-rs-mt940-dk-example.sta")

    assert all("IBAN no." not in entry.memo for entry in statement.entries)


def test_an_entry_date_before_new_year_stays_in_the_old_year() -> None:
    first = published("mt940/25-mt940-moneyou.sta").entries[0]

    assert f"{first.value_date} {first.booking_date}" == "2019-01-01 2018-12-31"


def test_an_account_that_changes_inside_a_statement_is_pointed_out() -> None:
    parsed = detect.parse((GOLDEN / "mt940/36-mt940-two-accounts.sta").read_bytes())

    assert [problem.code for problem in parsed.problems] == ["account.repeated"]
