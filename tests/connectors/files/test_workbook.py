"""XLSX as a stranger's file: formulas, bombs, entities and damage are refused; nothing outside it is touched."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files import detect, workbook
from tests.connectors.files.grids import EFAST, as_xlsx

PLAIN = as_xlsx(EFAST)


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in detect.parse(data).problems]


def changed(part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with one part edited."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(PLAIN)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith(part):
                assert old in content
                content = content.replace(old, new, 1)
            after.writestr(name, content)
    return out.getvalue()


def with_formula(formula: str, value: str = "") -> bytes:
    """The credit of the first entry as a formula; `value` is what the program that wrote it had stored."""
    stored = f"<v>{value}</v>" if value else ""
    with zipfile.ZipFile(BytesIO(PLAIN)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    start = sheet.index('<c r="E9"')
    cell = sheet[start : sheet.index("</c>", start) + 4]
    return changed("sheet1.xml", cell.encode(), f'<c r="E9"><f>{formula}</f>{stored}</c>'.encode())


def test_a_formula_counts_with_its_stored_value_only() -> None:
    (statement,) = detect.parse(with_formula("E10*3", "135000")).statements
    assert statement.entries[0].amount == 135_000

    parsed = detect.parse(with_formula("E10*3"))
    assert parsed.statements == ()
    assert [(p.code, p.where, p.column) for p in parsed.problems][0] == ("formula.unread", "line 9", "Có / Credit")


def test_a_link_to_another_file_is_not_followed() -> None:
    assert codes(with_formula("'[1]Sheet1'!A1"))[0] == "formula.unread"


def test_an_entity_is_never_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet '
    assert codes(changed("sheet1.xml", b"<worksheet ", bomb)) == ["xml.doctype"]
    assert codes(changed("sheet1.xml", b"<worksheet ", "<worksheet ".encode("utf-16"))) == ["xlsx.malformed"]


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    out = BytesIO(PLAIN)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.bin", b"\0" * (8 << 20))
    monkeypatch.setattr(workbook, "MOST_BYTES", 4 << 20)
    assert len(out.getvalue()) < 1 << 16
    assert codes(out.getvalue()) == ["xlsx.too_large"]


def test_a_sheet_that_claims_endless_rows_ends() -> None:
    assert codes(changed("sheet1.xml", b'<row r="14"', b'<row r="999999999"')) == []


def test_hidden_sheets_are_passed_over_and_a_second_one_is_read_too() -> None:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(PLAIN))
    copy = book.copy_worksheet(book.worksheets[0])
    copy["B3"] = "110000099999"
    hidden = book.copy_worksheet(book.worksheets[0])
    hidden.sheet_state = "hidden"
    out = BytesIO()
    book.save(out)
    assert [s.account for s in detect.parse(out.getvalue()).statements] == ["110000012345", "110000099999"]


@settings(max_examples=25)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_but_never_raises(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(PLAIN) - 1))
    damaged = PLAIN[:at] + data.draw(st.binary(max_size=8)) + PLAIN[at + data.draw(st.integers(0, 64)) :]
    parsed = detect.parse(damaged)
    assert parsed.statements or parsed.problems


@settings(max_examples=25)
@given(st.data())
def test_a_damaged_sheet_is_read_or_refused_but_never_raises(data: st.DataObject) -> None:
    with zipfile.ZipFile(BytesIO(PLAIN)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    at = data.draw(st.integers(0, len(sheet) - 1))
    junk = data.draw(
        st.sampled_from([b"<", b'r="ZZZZ9"', b't="s"', b"9" * 40, b"&amp;", b"\xff", b"</row>", b'<c t="d"/>'])
    )
    parsed = detect.parse(changed("sheet1.xml", sheet, sheet[:at] + junk + sheet[at + data.draw(st.integers(0, 9)) :]))
    assert parsed.statements or parsed.problems
