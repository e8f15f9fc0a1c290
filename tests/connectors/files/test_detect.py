"""Told by content; refused with a reason, whatever the bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import detect
from connectors.files.reading import WARNINGS

MT940 = ":20:A\r\n:25:19001\r\n:60F:C261119VND100,\r\n:61:2611201120C50,NTRFNONREF//FT1\r\n:62F:C261120VND150,\r\n-"
CSV = (
    "line_no,account,booking_date,value_date,direction,amount,e2e_ref,memo,bank_ref\n"
    "7,19001,2026-11-20,,CRDT,50,BLQ7K3M9TX1QA,nop phi,FT1\n"
)
CAMT = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
    "<Acct><Id><Othr><Id>19001</Id></Othr></Id><Ccy>VND</Ccy></Acct>"
    '<Ntry><Amt Ccy="VND">50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-11-20</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>"
)


def codes(data: bytes, format: str | None = None) -> list[str]:
    parsed = detect.parse(data, format=format)
    assert not parsed.statements
    return [problem.code for problem in parsed.problems]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (MT940, "mt940"),
        (CSV, "csv"),
        (CAMT, "camt.053"),
        (f"\ufeff{CAMT}", "camt.053"),
        (f"\n<?xml version='1.0'?>{CAMT}", "camt.053"),
        (f"\ufeff{CSV}", "csv"),
    ],
)
def test_a_file_is_told_by_its_content(text: str, format: str) -> None:
    parsed = detect.parse(text.encode())

    assert (parsed.format, parsed.problems) == (format, ())
    assert [entry.amount for entry in parsed.statements[0].entries] == [50]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_a_camt_in_another_encoding_is_read(encoding: str) -> None:
    assert detect.parse(f'<?xml version="1.0" encoding="{encoding}"?>{CAMT}'.encode(encoding)).statements


def test_a_format_that_was_asked_for_and_is_not_there_is_refused() -> None:
    assert codes(CAMT.encode(), "camt.052") == ["format.mismatch"]
    assert codes(CSV.encode(), "mt940") == ["statement.missing"]
    assert codes(MT940.encode(), "camt.053") == ["xml.malformed"]
    assert codes(MT940.encode(), "csv") == ["csv.header_missing"]
    with pytest.raises(ValueError, match="format must be one of"):
        detect.parse(b"", format="ofx")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file.empty"),
        (b" \r\n\x0c ", "file.empty"),
        (b"hello", "format.unknown"),
        (b"\x00\xff\xfe" * 9, "format.unknown"),
        (b"PK\x03\x04", "xlsx.malformed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls.old"),
        (b"when,what,how much,who\n1,2,3,4\n5,6,7,8\n", "csv.header_missing"),
        (b":20:ONLY A START\n", "statement.missing"),
        (b"<html><body>login</body></html>", "html.table"),
        (CAMT.encode()[:-30], "xml.malformed"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "encoding.unreadable"),
        (b"<Document><BkToCstmrAcctRpt></BkToCstmrAcctRpt></Document>", "statement.missing"),
        (b"<Document><BkToCstmrStmt><GrpHdr/><Stmt/></BkToCstmrStmt></Document>", "statement.missing"),
        (CSV.encode().partition(b"\n")[0], "statement.missing"),
        (b"booking_date,direction,amount\n", "csv.column_missing"),
    ],
)
def test_what_holds_no_statement_is_refused(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_a_document_type_is_refused_before_its_entities_are_read() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        f'<!ENTITY c SYSTEM "file:///etc/passwd">]>{CAMT.replace("19001", "&b;&c;")}'
    )
    assert codes(bomb.encode()) == ["xml.doctype"]
    assert codes(bomb.replace("19001", "").encode("utf-16")) == ["xml.doctype"]


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for format in (None, *detect.FORMATS):
        parsed = detect.parse(data, format=format)
        assert parsed.statements or parsed.problems


@given(st.sampled_from([MT940, CSV, CAMT]), st.data())
def test_a_damaged_file_is_read_or_refused_but_never_raises(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 12))
    damaged = text[:at] + data.draw(st.text(max_size=4)) + text[at + length :]
    parsed = detect.parse(damaged.encode("utf-8", "replace"))

    refusing = [problem for problem in parsed.problems if problem.code not in WARNINGS]
    assert bool(parsed.statements) == (not refusing)
