"""The data element: the published layout, canonical by construction, and honest about what it cannot say."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from receipts.model import (
    CollectingOrg,
    DossierFacts,
    FeeLine,
    MoneyFacts,
    Payer,
    ReceiptFacts,
    Replaced,
)
from receipts.reading import read
from receipts.xml import Unwritable, data_element
from tests.receipts.forge import FACTS, LOOKUP_CODE, canonical

EXAMPLE = (Path(__file__).parents[1] / "golden" / "receipts" / "example_receipt.xml").read_bytes()
EXAMPLE_FACTS = ReceiptFacts(
    source="s",
    owner="o",
    payment="p",
    org=CollectingOrg("Sở Xây dựng tỉnh Thanh Hóa", "2800000001", "Thanh Hóa"),
    payer=Payer("Nguyễn Thị Đặng Ánh", id_number="038090001234"),
    dossier=DossierFacts("000.17.22.H56-261121-0001", "1.004616", "Cấp chứng chỉ hành nghề"),
    lines=(FeeLine("LE_PHI", "LP-CCHN", "Lệ phí cấp chứng chỉ", 1, 100_000, 100_000),),
    day=date(2026, 11, 21),
    method="QR",
    money=MoneyFacts("", datetime(2026, 11, 21, tzinfo=UTC)),
)
XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r&<>\"'"),
    min_size=1,
    max_size=80,
).filter(lambda text: text.strip() and len(unicodedata.normalize("NFC", text)) <= 400)


def element(facts: ReceiptFacts = FACTS, **change: Any) -> bytes:
    given: dict[str, Any] = {
        "form": "EBL01",
        "symbol": "26TAA",
        "number": 1,
        "lookup_code": LOOKUP_CODE,
        "token_public_key": "a2V5",
    }
    return data_element(facts, **given | change)


def test_the_published_example_but_for_the_token_key() -> None:
    expected = EXAMPLE[EXAMPLE.index(b"<DLBLai") : EXAMPLE.index(b"<DLQRCode>")]
    written = element(EXAMPLE_FACTS)
    extra = written[written.index(b"<TTKhac>") : written.index(b"</TTKhac>") + len(b"</TTKhac>")]
    assert written.replace(extra, b"") == expected
    assert extra == (b"<TTKhac><TTin><TTruong>KQR</TTruong><KDLieu>string</KDLieu><DLieu>a2V5</DLieu></TTin></TTKhac>")


def test_everything_a_receipt_can_say_is_read_back() -> None:
    old = Replaced("EBL01", "26TAA", 7, date(2026, 11, 20))
    content = read(etree.fromstring(element(number=99_999_999, replaces=old)))
    assert (content.form, content.symbol, content.number) == ("EBL01", "26TAA", 99_999_999)
    assert (content.org, content.payer, content.dossier) == (FACTS.org, FACTS.payer, FACTS.dossier)
    assert (content.lines, content.delegate, content.replaces) == (FACTS.lines, FACTS.delegate, old)
    assert (content.amount, content.words) == (250_000, "Hai trăm năm mươi nghìn đồng")
    assert content.money == FACTS.money
    assert (content.day, content.method, content.lookup_code) == (FACTS.day, "QR", LOOKUP_CODE)


def test_an_old_style_receipt_can_be_replaced() -> None:
    old = Replaced("01BLP0-001", "AA-25E", 123, date(2025, 12, 1))
    written = element(replaces=old)
    assert b"<KHCTu>AA-25E</KHCTu><SCTu>0000123</SCTu><NLap>2025-12-01</NLap></TTBLLQuan>" in written
    assert read(etree.fromstring(written)).replaces == old


def test_what_is_absent_has_no_tag() -> None:
    bare = replace(
        FACTS,
        org=replace(FACTS.org, phone="", account=" ", bank="", identifier=""),
        delegate=None,
        money=MoneyFacts("", FACTS.money.paid_at),
    )
    written = element(bare)
    for tag in (b"SDThoai", b"STKNHang", b"TNHang", b"MDDanh", b"TCNUNhiem", b"GDich", b"TTBLLQuan", b"<MST></MST>"):
        assert tag not in written


@given(XML_TEXT, XML_TEXT)
def test_any_text_is_written_in_canonical_form(name: str, address: str) -> None:
    written = element(replace(FACTS, payer=Payer(name, address=address)))
    tree = etree.fromstring(written)
    assert canonical(tree) == written
    payer = read(tree).payer
    assert payer == Payer(unicodedata.normalize("NFC", name), address=unicodedata.normalize("NFC", address))


def test_text_is_composed() -> None:
    spelled = unicodedata.normalize("NFD", FACTS.payer.name)
    assert element(replace(FACTS, payer=replace(FACTS.payer, name=spelled))) == element()


LINE = FACTS.lines[0]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (replace(FACTS, payer=Payer("A\x00B")), "payer.name"),
        (replace(FACTS, payer=Payer("A\ud800")), "payer.name"),
        (replace(FACTS, payer=Payer("A", address="\ufffe")), "payer.address"),
        (replace(FACTS, payer=Payer("  ")), "payer.name"),
        (replace(FACTS, payer=Payer("x" * 401)), "payer.name"),
        (replace(FACTS, org=replace(FACTS.org, name="\x1b")), "org.name"),
        (replace(FACTS, org=replace(FACTS.org, tax_code="28000000011")), "org.tax_code"),
        (replace(FACTS, org=replace(FACTS.org, tax_code="２800000001")), "org.tax_code"),
        (replace(FACTS, dossier=replace(FACTS.dossier, code="")), "dossier.code"),
        (replace(FACTS, lines=()), "lines"),
        (replace(FACTS, lines=(replace(LINE, name="\x08"),)), "lines.1.name"),
        (replace(FACTS, lines=(LINE, replace(LINE, amount=-1))), "lines.2.amount"),
        (replace(FACTS, lines=(replace(LINE, amount=True),)), "lines.1.amount"),
        (replace(FACTS, lines=(replace(LINE, kind="OTHER"),)), "lines.1.kind"),  # type: ignore[arg-type]
        (replace(FACTS, method="CASH"), "method"),  # type: ignore[arg-type]
        (replace(FACTS, money=MoneyFacts("r\x0c", FACTS.money.paid_at)), "money.reference"),
        (replace(FACTS, day=date(2027, 1, 1)), "symbol"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fact_that_cannot_be_said_is_named_and_not_repeated(facts: ReceiptFacts, field: str) -> None:
    with pytest.raises(Unwritable) as refused:
        element(facts)
    assert refused.value.field == field
    assert (refused.value.kind, refused.value.code) == ("invalid", "receipt.unwritable")
    assert facts.payer.name not in str(refused.value) or not facts.payer.name.strip()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"form": "EBL03"}, "symbol"),
        ({"symbol": "26TAF"}, "symbol"),
        ({"symbol": "25TAA"}, "symbol"),
        ({"symbol": "26TAA\n"}, "symbol"),
        ({"number": 0}, "number"),
        ({"number": 100_000_000}, "number"),
        ({"number": True}, "number"),
        ({"lookup_code": "a b"}, "lookup_code"),
        ({"token_public_key": "k" * 501}, "token_public_key"),
        ({"replaces": Replaced("EBL09", "26TAA", 1, date(2026, 1, 2))}, "replaces.symbol"),
    ],
)
def test_a_wrong_identity_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unwritable) as refused:
        element(**change)
    assert refused.value.field == field
