"""The exchange CSV: direction apart from the amount, one statement per account, nothing guessed."""

from __future__ import annotations

import pytest

from connectors.files import tabular
from connectors.files.tabular import COLUMNS
from connectors.statement import Parsed

HEADER = ",".join(COLUMNS)


def row(**cells: str) -> str:
    usual = {"account": "19001", "booking_date": "2026-11-20", "direction": "CRDT", "amount": "50000"}
    return ",".join((usual | cells).get(name, "") for name in COLUMNS)


def read(*rows: str, header: str = HEADER) -> Parsed:
    return tabular.parse("\r\n".join((header, *rows)).encode())


def test_a_row_is_an_entry() -> None:
    (statement,) = read(
        row(line_no="9", value_date="2026-11-19", e2e_ref="BLQ7", memo='"nộp phí, lệ phí"', bank_ref="FT1"),
        row(direction="DBIT", e2e_ref="NOTPROVIDED"),
    ).statements
    first, second = statement.entries
    assert (statement.account, statement.currency, statement.balances) == ("19001", "VND", None)
    assert (first.amount, first.line_no, first.references, first.memo) == (50_000, "9", ("BLQ7",), "nộp phí, lệ phí")
    assert (first.bank_reference, f"{first.booking_date} {first.value_date}") == ("FT1", "2026-11-20 2026-11-19")
    assert (second.amount, second.line_no, second.references, second.value_date) == (-50_000, "2", (), None)


def test_accounts_share_a_file() -> None:
    parsed = read(row(account="B", amount="1"), row(account="A", amount="2"), row(account="B", amount="3"))
    assert [(s.account, [int(e.amount) for e in s.entries]) for s in parsed.statements] == [("B", [1, 3]), ("A", [2])]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"amount": ""}, "amount.missing"),
        ({"amount": "-50000"}, "amount.negative"),
        ({"amount": "50.000.000"}, "amount.unreadable"),
        ({"amount": "năm mươi"}, "amount.unreadable"),
        ({"direction": "C"}, "direction.unreadable"),
        ({"direction": ""}, "direction.missing"),
        ({"booking_date": "20/11/2026"}, "date.unreadable"),
        ({"booking_date": "2026-02-29"}, "date.unreadable"),
        ({"booking_date": ""}, "date.missing"),
        ({"value_date": "hôm qua"}, "date.unreadable"),
        ({"memo": "nộp phí, thiếu nháy"}, "csv.row_shape"),
        ({"memo": '"không đóng'}, "csv.malformed"),
    ],
)
def test_an_impossible_row_refuses_the_file(cells: dict[str, str], code: str) -> None:
    parsed = read(row(), row(**cells))
    assert parsed.statements == ()
    assert [(problem.code, problem.where) for problem in parsed.problems] == [(code, "line 3")]


def test_a_missing_column_is_named() -> None:
    parsed = read("1", header="account,booking_date,amount")
    assert [(problem.code, problem.where) for problem in parsed.problems] == [("csv.column_missing", "direction")]


def test_another_encoding_is_refused() -> None:
    assert tabular.parse(HEADER.encode() + b"\n\xff\xfe").problems[0].code == "encoding.unreadable"
