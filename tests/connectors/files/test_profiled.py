"""Banks' own tables: found among titles and sums, read by profile, every doubt with its line and column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from connectors.files import detect
from connectors.files.profile import STATEMENT, Profile, builtin, builtin_text, profile_of
from connectors.statement import Entry, Parsed, Statement
from tests.connectors.files.grids import ACB, BIDV, EFAST, GENERIC, GRIDS, VIETCOMBANK, Grid, as_csv, as_xlsx

HEADINGS = ["Ngày giao dịch", "Số giao dịch", "Ghi nợ", "Ghi có", "Nội dung"]


def only(data: bytes, **more: Any) -> Statement:
    parsed = detect.parse(data, **more)
    assert parsed.problems == ()
    (statement,) = parsed.statements
    return statement


def told(parsed: Parsed) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.where, problem.column) for problem in parsed.problems]


def table(*rows: Sequence[Any], headings: Sequence[str] = HEADINGS) -> bytes:
    return as_csv([["Số tài khoản: 110000012345"], headings, *rows])


def own(**columns: list[str]) -> Profile:
    data = json.loads(builtin_text("generic") or "") | {"name": "own", "columns": columns}
    return profile_of(data)


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
@pytest.mark.parametrize("name", GRIDS)
def test_a_banks_table_gives_account_balances_and_entries(name: str, make: Any) -> None:
    statement = only(make(GRIDS[name]))

    assert statement.account in {"110000012345", "0011000012345", "21510000012345", "12345678", "3500201012345"}
    assert {int(entry.amount) for entry in statement.entries} >= {135_000, -11_000}
    assert statement.currency == "VND"
    assert statement.balances is (None if name == "generic" else True)  # it names no balance
    assert any(
        entry.memo.endswith(("BLQ7K3M9TX1QA nop le phi", "BLQ7K3M9TX1QA nộp lệ phí")) for entry in statement.entries
    )


def test_a_row_of_efast_is_a_whole_entry() -> None:
    statement = only(as_xlsx(EFAST))
    first = statement.entries[0]

    assert (first.bank_reference, first.line_no, f"{first.booking_date}") == ("S100", "1", "2026-11-20")
    assert (first.counterparty_account, first.counterparty_name) == ("0123", "NGUYEN VAN A")
    assert (f"{statement.from_date}", f"{statement.to_date}") == ("2026-11-20", "2026-11-21")
    assert (statement.opening, statement.closing) == (1_000_000, 1_184_000)


def test_a_number_that_begins_anew_each_day_is_kept_with_its_day() -> None:
    assert [e.bank_reference for e in only(as_csv(VIETCOMBANK)).entries] == [
        "2026-11-20/5243.65937",
        "2026-11-20/5243.65938",
    ]


def test_the_kind_of_a_transaction_is_not_its_number() -> None:
    first = only(as_csv(BIDV)).entries[0]
    assert (first.transaction_code, first.bank_reference) == ("DD", "")


def test_balances_may_stand_under_their_labels_and_the_newest_entry_first() -> None:
    assert (only(as_csv(ACB)).opening, only(as_csv(ACB)).closing) == (1_000_000, 1_124_000)
    bare = [row for row in ACB if "SỐ DƯ ĐẦU" not in row and "1.000.000" not in row]
    assert only(as_csv(bare)).balances is True  # from the running balance


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    grid: Grid = [
        ["Tai khoan: 3500201012345"],
        ["Ngay", "Noi dung", "Ghi no", "Ghi co"],
        ["20/11/2026", "phí", "", "5.000"],
    ]
    text = as_csv(grid, delimiter=delimiter, encoding="utf-8").decode()
    if encoding == "cp1258":  # accents stand behind their letter there
        text = text.replace("í", "i\u0301")
    (entry,) = only(text.encode(encoding)).entries
    assert (entry.amount, entry.memo) == (5_000, "phí")


def test_headings_in_two_rows_and_in_two_languages() -> None:
    assert [e.amount for e in only(as_csv(GENERIC)).entries] == [135_000, -11_000]
    two = [
        ["Ngày", "Nội dung", "Ghi nợ", "Ghi có"],
        ["Date", "Details", "Debit", "Credit"],
        ["20/11/2026", "a", "", "5"],
    ]
    assert [e.amount for e in only(as_csv(two), account="1").entries] == [5]
    numbered = [two[0], ["(1)", "(2)", "(3)", "(4)"], two[2]]
    assert [e.amount for e in only(as_csv(numbered), account="1").entries] == [5]


@pytest.mark.parametrize(
    ("headings", "rows", "expected"),
    [
        (
            ["Date", "Amount", "Description"],
            [["20/11/2026", "5,000", "a"], ["20/11/2026", "(1,000)", "b"]],
            [5_000, -1_000],
        ),
        (["Ngày", "Số tiền", "Nợ/Có"], [["20/11/2026", "5.000", "C"], ["20/11/2026", "1.000", "Nợ"]], [5_000, -1_000]),
        (
            ["Ngày", "Số tiền", "Thay đổi"],
            [["20/11/2026", "5.000", "+"], ["20/11/2026", "1.000", "-"]],
            [5_000, -1_000],
        ),
    ],
)
def test_one_amount_column(headings: list[str], rows: Grid, expected: list[int]) -> None:
    assert [int(e.amount) for e in only(as_csv([headings, *rows]), account="19001").entries] == expected


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (["20/11/2026", "1", "", "135.00O", "a"], "amount.unreadable", "Ghi có"),
        (["20/11/2026", "1", "12,34,567", "", "a"], "amount.unreadable", "Ghi nợ"),
        (["20/11/2026", "1", "5", "5", "a"], "amount.both", "Ghi nợ"),
        (["20/11/2026", "1", "", "", "a"], "amount.missing", "Ghi có"),
        (["20/11/2026", "1", "-5", "", "a"], "amount.negative", "Ghi nợ"),
        (["31/11/2026", "1", "", "5", "a"], "date.unreadable", "Ngày giao dịch"),
        (["", "1", "", "5", "a"], "date.missing", "Ngày giao dịch"),
    ],
)
def test_a_flaw_refuses_the_file_and_names_line_and_column(row: list[str], code: str, column: str) -> None:
    parsed = detect.parse(table(["20/11/2026", "0", "", "5", "ok"], row))
    assert parsed.statements == ()
    assert told(parsed) == [(code, "line 4", column)]


def test_a_table_that_breaks_off_is_refused_as_a_whole() -> None:
    parsed = detect.parse(table(["20/11/2026", "0", "", "5", "ok"]) + b'"20/11/2026')
    assert (parsed.statements, [code for code, *_ in told(parsed)]) == ((), ["csv.malformed"])


def test_an_unknown_direction_is_no_credit() -> None:
    headings = ["Ngày", "Số tiền", "Nợ/Có"]
    assert told(detect.parse(as_csv([headings, ["20/11/2026", "5", "X"]]))) == [
        ("direction.unreadable", "line 2", "Nợ/Có")
    ]
    assert told(detect.parse(as_csv([headings, ["20/11/2026", "-5", "C"]]))) == [
        ("amount.negative", "line 2", "Số tiền")
    ]


def test_the_files_own_sums_and_balances_are_held_against_it() -> None:
    wrong = [[*row[:4], "195,001", *row[5:]] if row and row[0] == "Tổng cộng" else row for row in EFAST]
    assert [code for code, *_ in told(detect.parse(as_csv(wrong)))] == ["totals.differ"]
    broken = [[*row[:5], "999", *row[6:]] if row and row[0] == 2 else row for row in EFAST]
    assert [code for code, *_ in told(detect.parse(as_csv(broken)))] == ["balance.chain"]
    lost = [row for row in EFAST if not row or row[0] != 2]
    (statement,) = detect.parse(as_csv(lost)).statements
    assert statement.balances is False


def test_an_unreadable_balance_is_refused() -> None:
    data = as_csv([["Số dư đầu kỳ: 1.00.0"], ["Ngày", "Ghi nợ", "Ghi có"], ["20/11/2026", "", "5"]])
    assert [code for code, *_ in told(detect.parse(data))][0] == "amount.unreadable"


def test_accounts_one_after_the_other_are_statements_of_their_own() -> None:
    second = [
        [cell.replace("0011000012345", "0011000099999") if isinstance(cell, str) else cell for cell in row]
        for row in VIETCOMBANK
    ]
    parsed = detect.parse(as_csv([*VIETCOMBANK, *second]))
    assert [(s.account, len(s.entries), s.balances) for s in parsed.statements] == [
        ("0011000012345", 2, True),
        ("0011000099999", 2, True),
    ]
    headings = ["Số tài khoản", "Ngày", "Số tiền"]
    by_column = as_csv([headings, ["111111", "20/11/2026", "5"], ["222222", "20/11/2026", "6"]])
    assert [s.account for s in detect.parse(by_column).statements] == ["111111", "222222"]


def test_a_table_without_an_account_is_given_one_or_says_so() -> None:
    data = as_csv([["Ngày", "Ghi nợ", "Ghi có"], ["20/11/2026", "", "5"]])
    assert only(data, account="19001").account == "19001"
    assert [code for code, *_ in told(detect.parse(data))] == ["account.missing"]


def test_a_profile_of_ones_own_comes_first_and_turns_codes_and_words_into_natures() -> None:
    data = {
        "name": "agribank",
        "kind": "statement",
        "columns": {
            "booking_date": ["Ngày HL"],
            "debit": ["PS giảm"],
            "credit": ["PS tăng"],
            "memo": ["ND"],
            "code": ["Mã"],
        },
        "codes": {"CHRG": ["F01"]},
        "words": {"INTR": ["Lãi nhập vốn"]},
        "reversals": ["Đảo GD"],
    }
    rows = [["20/11/2026", "11.000", "", "abc", "F01"], ["20/11/2026", "", "900", "Lai nhap von T11", ""]]
    grid = [["Ngày HL", "PS giảm", "PS tăng", "ND", "Mã"], *rows, ["20/11/2026", "5", "", "Đảo GD 77", ""]]
    assert told(detect.parse(as_csv(grid)))[0][0] == "csv.header_missing"
    fee, interest, reversal = only(as_csv(grid), profiles=[profile_of(data)], account="19001").entries
    assert (fee.transaction_code, interest.transaction_code) == ("CHRG", "INTR")
    assert (fee.reversal, reversal.reversal) == (False, True)


def test_a_bank_that_prints_debits_with_a_sign() -> None:
    profile = profile_of(
        {
            "name": "x",
            "kind": "statement",
            "debit_negative": True,
            "columns": {"booking_date": ["D"], "debit": ["Out"], "credit": ["In"]},
        }
    )
    data = as_csv([["D", "Out", "In"], ["20/11/2026", "-5", ""]])
    assert only(data, profiles=[profile], only=True, account="1").entries[0].amount == -5


def test_a_large_amount_in_a_workbook_is_exact() -> None:
    grid = [["Ngày", "Ghi nợ", "Ghi có"], ["20/11/2026", None, 9_007_199_254_740_991], ["20/11/2026", 0.5, None]]
    entries: tuple[Entry, ...] = only(as_xlsx(grid), account="1").entries
    assert [e.amount for e in entries] == [Decimal("9007199254740991"), Decimal("-0.5")]


@pytest.mark.parametrize("profile", builtin(STATEMENT), ids=lambda profile: profile.name)
def test_a_profile_says_where_it_is_from_and_claims_no_proof_it_lacks(profile: Profile) -> None:
    assert profile.source and not profile.verified
