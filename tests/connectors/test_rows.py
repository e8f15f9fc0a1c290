"""The same rows come out of CSV, JSON and XLSX, and a file that is none of them is refused whole."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from connectors import rows
from connectors.exact_json import Unreadable
from connectors.simulators.table import Form, table
from connectors.written import amount, day, moment

ROWS = [{"id": "A1", "name": "Nguyễn Văn Ấn", "amount": "50000"}, {"id": "A2", "name": "", "amount": "007"}]


def said(data: bytes) -> list[dict[str, Any]]:
    return [dict(row) for _, row in rows.read(data)]


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        rows.read(data)
    return raised.value.code


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_each_form_gives_the_same_rows(form: Form) -> None:
    assert said(table(ROWS, form)) == ROWS
    assert [where for where, _ in rows.read(table(ROWS, form))] == (
        ["row 1", "row 2"] if form == "json" else ["row 2", "row 3"]
    )


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_table_says_by_its_first_line_what_separates(separator: str) -> None:
    assert said(f"\ufeffa{separator}b\r\n\r\n1{separator}2\r\n".encode()) == [{"a": "1", "b": "2"}]


def test_the_head_of_a_json_file_holds_for_each_row() -> None:
    data = json.dumps({"batch": "B1", "rows": [{"id": "1"}, {"id": "2"}]}).encode()
    assert said(data) == [{"batch": "B1", "id": "1"}, {"batch": "B1", "id": "2"}]
    assert said(b'{"id": 1.50}') == [{"id": "1.50"}]
    assert refused(b'{"id":"1","rows":[{"id":"2"}]}') == "json.name_repeated"


def test_cells_of_a_workbook_are_what_a_person_sees() -> None:
    book = Workbook()
    book.active.append(["whole", "broken", "moment", "flag", "none"])
    book.active.append([50_000, 50_000.5, datetime(2026, 11, 21, 9, 15), True, None])
    kept = io.BytesIO()
    book.save(kept)
    (row,) = said(kept.getvalue())
    assert row == {"whole": "50000", "broken": "50000.5", "moment": "21/11/2026 09:15:00", "flag": "True", "none": ""}


def test_a_hostile_workbook_is_refused() -> None:
    genuine = table(ROWS, "xlsx")
    assert refused(genuine[: len(genuine) // 2]) == "xlsx.malformed"
    assert refused(b"PK\x03\x04" + b"\xff" * 500) == "xlsx.malformed"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("a.txt", "hello")
    assert refused(other.getvalue()) == "xlsx.malformed"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "body.empty"),
        (b"\xff\xfea,b", "body.not_utf8"),
        (b'a,b\n"1', "csv.malformed"),
        (b"a,a\n1,2", "field.repeated"),
        (b"a,b\n1,2,3", "row.shape"),
        (b"[1]", "json.not_an_object"),
        (b"[" * 100_000, "json.too_deep"),
        (b'[{"a":1,"a":2}]', "json.name_repeated"),
        (b"[{", "json.malformed"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(data: bytes) -> None:
    try:
        assert isinstance(rows.read(data), list)
    except Unreadable as flaw:
        assert flaw.code


@pytest.mark.parametrize(
    "text",
    ["20261121091500", "2026-11-21T02:15:00Z", "2026-11-21 09:15", "2026-11-21T09:15:00+07:00", "21/11/2026 09:15:00"],
)
def test_a_moment_is_read_as_it_is_written_here(text: str) -> None:
    assert moment(text, "at") == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
    assert day(text, "at").isoformat() == "2026-11-21"


@pytest.mark.parametrize("text", ["", "31/02/2026 09:00", "2026-13-01", "11/21/2026 09:00", "1e9", "٢٠٢٦-11-21 09:00"])
def test_what_is_no_moment_is_named(text: str) -> None:
    with pytest.raises(Unreadable, match=r"date\.unreadable"):
        moment(text, "at")


@pytest.mark.parametrize("text", ["", "0", "-1", "150.000", "150,000", "1e5", "50000.5", "05", "٣", "1" * 16])
def test_what_is_no_amount_is_named(text: str) -> None:
    with pytest.raises(Unreadable, match=r"amount\.unreadable"):
        amount(text, "amount")


def test_decimals_that_dong_do_not_have_are_dropped_where_they_are_zeros() -> None:
    assert (amount("50000", "a"), amount("50000.0", "a"), amount("50000.00", "a")) == (50_000,) * 3
