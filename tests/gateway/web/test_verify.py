"""The verify page: receipts by file, printed tokens, and codes that ask for money."""

from __future__ import annotations

import html
import re
import zlib
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from connectors.vietqr import codec
from gateway.web.attached import LARGEST_XML, attached_xml
from gateway.web.language import known
from gateway.web.limit import PER_MINUTE
from gateway.web.screen import State
from receipts import store, token
from receipts.keys import TokenKey
from tests.conftest import HandClock
from tests.gateway.web.states import reach
from tests.town import ACCOUNT, PAYER, Town

TEXTS = known()
PAGE = "/vi/receipts/verify"


def papers(town: Town, clock: HandClock) -> tuple[bytes, bytes]:
    """The XML and the PDF of a receipt of the town."""
    reach(State.PAID, town, clock)
    receipt = town.receipts()[0]
    with town.environment.read() as connection:
        xml = store.document(connection, receipt.id, "xml", town.environment.vault)
        pdf = store.document(connection, receipt.id, "pdf", town.environment.vault)
    assert xml is not None and pdf is not None
    return xml, pdf


def judged(client: TestClient, data: bytes, name: str = "x", language: str = "vi") -> tuple[int, str]:
    answer = client.post(PAGE.replace("vi", language, 1), files={"file": (name, data)})
    return answer.status_code, html.unescape(answer.text)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_both_files_of_a_receipt_are_genuine(language: str, town: Town, client: TestClient, clock: HandClock) -> None:
    place = 0 if language == "vi" else 1
    for data, name in zip(papers(town, clock), ("a.xml", "a.pdf"), strict=True):
        status, page = judged(client, data, name, language)
        assert status == 200
        assert TEXTS["judged.good"][place] in page and TEXTS["judged.current"][place] in page
        for shown in ("EBL01", "26TAA", "60.000 ₫", "24/11/2026", "2800000001", PAYER.name, "DEMO"):
            assert shown in page
        assert (TEXTS["judged.own_pdf.yes"][place] in page) == (name == "a.pdf")
        assert PAYER.id_number not in page


def test_a_replaced_receipt_says_by_which(town: Town, client: TestClient, clock: HandClock) -> None:
    xml, pdf = papers(town, clock)
    old, new = town.receipts()
    with town.environment.begin(actor="test") as uow:
        replaced = sa.update(store.receipt).where(store.receipt.c.id == old.id)
        uow.connection.execute(replaced.values(state="replaced", replaced_by=new.id))
    for data in (xml, pdf):
        status, page = judged(client, data)
        assert status == 200 and TEXTS["judged.replaced.note"][0] in page
        assert f'href="/vi/receipts/{new.lookup_code}"' in page


def test_a_receipt_of_another_house_is_genuine_but_unknown(town: Town, client: TestClient, clock: HandClock) -> None:
    xml, _ = papers(town, clock)
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.update(store.receipt).values(lookup_code=store.receipt.c.id))
    assert TEXTS["judged.unknown"][0] in judged(client, xml)[1]


def test_a_pdf_that_was_touched_is_told_from_ours(town: Town, client: TestClient, clock: HandClock) -> None:
    _, pdf = papers(town, clock)
    status, page = judged(client, pdf + b"% a remark\n")
    assert status == 200 and TEXTS["judged.own_pdf.no"][0] in page


def test_what_is_no_intact_receipt_is_refused(town: Town, client: TestClient, clock: HandClock) -> None:
    xml, pdf = papers(town, clock)
    altered = xml.replace(b"<TgTien>60000</TgTien>", b"<TgTien>99000</TgTien>")
    assert altered != xml
    refused = {
        "verify.bad_file": (altered, b"<x/>", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        "verify.other_file": (b"%PDF-1.7\nnothing", pdf.replace(b"/EmbeddedFile", b"/EmbeddedFilf")),
        "verify.no_file": (b"",),
    }
    for key, files in refused.items():
        for data in files:
            status, page = judged(client, data)
            assert status == 422, data[:40]
            assert TEXTS[key][0] in page and TEXTS[f"{key}.note"][0] in page
            assert "60.000" not in page and PAYER.name not in page
    assert judged(client, b"\x00" * 500_000)[0] == 422


def test_a_file_trusted_by_nobody(town: Town, client: TestClient, clock: HandClock) -> None:
    xml, _ = papers(town, clock)
    (town.environment.settings.keys / "ca.pem").unlink()
    status, page = judged(client, xml)
    assert status == 422 and TEXTS["verify.no_trust"][0] in page


def test_checking_files_has_a_limit_and_leaves_nothing(town: Town, client: TestClient, clock: HandClock) -> None:
    before = sorted(Path(town.environment.settings.data).rglob("*.xml"))
    for _ in range(PER_MINUTE):
        assert judged(client, b"<x/>")[0] == 422
    assert judged(client, b"<x/>")[0] == 429
    assert sorted(Path(town.environment.settings.data).rglob("*.xml")) == before


def test_attachments_are_taken_out_with_bounded_work(town: Town, clock: HandClock) -> None:
    xml, pdf = papers(town, clock)
    assert attached_xml(pdf) == xml
    (head,) = re.findall(rb"<< /Filter /FlateDecode /Type /EmbeddedFile .*?stream\n", pdf, re.DOTALL)

    def forged(content: bytes, *, length: int | None = None) -> bytes:
        told = re.sub(rb"/Length \d+ >>", b"/Length %d >>" % (len(content) if length is None else length), head)
        return b"%PDF-1.7\n" + told + content + b"\nendstream"

    assert attached_xml(forged(zlib.compress(b"<a/>"))) == b"<a/>"
    bomb = zlib.compress(b"\0" * (LARGEST_XML + 1))
    assert len(bomb) < 2_000
    for hostile in (
        forged(bomb),
        forged(b"no deflate"),
        forged(zlib.compress(b"<a/>") + b"more"),
        forged(zlib.compress(b"<a/>"), length=9_999_999),
        forged(zlib.compress(b"<a/>"), length=3),
        forged(zlib.compress(b"<a/>")) * 2,
        forged(zlib.compress(b"<a/>"))[9:],
        b"%PDF-" + b"/Filter /FlateDecode /Type /EmbeddedFile " * 20_000,
        b"%PDF-" + b" " * 1_000_000,
    ):
        assert attached_xml(hostile) is None


def test_a_vietqr_is_ours_or_it_is_not(town: Town, client: TestClient) -> None:
    payment = town.payment()
    mine = town.view(payment).payload
    assert mine is not None
    foreign = codec.encode(
        codec.for_payment(bin="970436", account="0123456789", amount=135_000, purpose=payment.reference)
    )
    more = codec.encode(codec.for_payment(bin="970415", account=ACCOUNT, amount=999_000, purpose=payment.reference))
    nothing = codec.encode(codec.for_payment(bin="970415", account=ACCOUNT, amount=135_000, purpose="QUYEN GOP"))
    for payload, key in ((mine, "ours"), (foreign, "foreign"), (more, "closed"), (nothing, "closed")):
        for language in ("vi", "en"):
            answer = client.get(f"/{language}/receipts/verify", params={"t": payload})
            page = html.unescape(answer.text)
            assert answer.status_code == 200
            assert (
                TEXTS[f"asks.{key}"][language == "en"] in page and TEXTS[f"asks.{key}.note"][language == "en"] in page
            )
            assert ("SO XAY DUNG" in page) == (key != "foreign")
            assert payment.token not in page and PAYER.name not in page
    town.money_comes(payment)
    assert TEXTS["asks.closed"][0] in client.get(PAGE, params={"t": mine}).text


def test_a_printed_token_is_checked_with_the_public_key_alone(town: Town, client: TestClient) -> None:
    made = token.make(FACTS, TokenKey.from_pem(town.environment.settings.keys / "token.key"))
    for typed in (made, token.printed("https://thuphi.example.vn", made)):
        page = client.get(PAGE, params={"t": typed})
        assert page.status_code == 200
        assert "Mã QR đúng là do hệ thống này ký" in page.text
        for shown in ("EBL01", "26TAA", "24/11/2026", "135.000 ₫", "2800000001", "Sở Xây dựng tỉnh Thanh Hóa"):
            assert shown in page.text
    assert f'href="/en/receipts/verify?t={made}"' in client.get(f"{PAGE}?t={made}").text


def test_a_false_token_is_refused(town: Town, client: TestClient) -> None:
    made = token.make(FACTS, TokenKey.from_pem(town.environment.settings.keys / "token.key"))
    forged = made[:40] + ("A" if made[40] != "A" else "B") + made[41:]
    for typed in (forged, "abc", "x" * 5_000, "00020101021238"):
        page = client.get("/en/receipts/verify", params={"t": typed})
        assert page.status_code == 422
        assert "This code cannot be confirmed" in page.text
        assert "135.000" not in page.text


def test_without_a_key_nothing_is_confirmed(town: Town, client: TestClient) -> None:
    made = token.make(FACTS, TokenKey.from_pem(town.environment.settings.keys / "token.key"))
    Path(town.environment.settings.keys / "token.pub.pem").unlink()
    page = client.get("/en/receipts/verify", params={"t": made})
    assert page.status_code == 503
    assert "Checking is not possible right now" in page.text
    assert client.get("/en/receipts/verify").status_code == 200


FACTS = token.TokenFacts(
    tax_code="2800000001",
    form="EBL01",
    symbol="26TAA",
    number=7,
    day=date(2026, 11, 24),
    amount=135_000,
    digest="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
)
