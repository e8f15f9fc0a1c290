"""Each rule of a receipt file by name: all hold in a genuine one, and a fault breaks exactly the rule it is against."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.receipts import receipts_app
from receipts.model import Replaced
from receipts.parse import MAX_BYTES
from receipts.refused import Refused
from receipts.sign import sign
from receipts.validate import report, validate
from receipts.verify import verify
from receipts.xml import data_element
from tests.receipts import forge
from tests.receipts.forge import (
    DS,
    FACTS,
    LATER,
    LOOKUP_CODE,
    NOW,
    XADES,
    Tree,
    altered,
    data,
    forged,
    genuine,
    once,
    printed,
    set_text,
    signed,
    trust,
)
from tests.receipts.test_trust import issue

OLD = Replaced("EBL01", "26TAA", 7, FACTS.day)


def states(file: bytes) -> dict[str, bool | None]:
    return {check.rule: check.holds for check in validate(file)}


def broken(file: bytes) -> set[str]:
    return {rule for rule, holds in states(file).items() if holds is False}


def said(old: str, new: str, element: bytes | None = None) -> bytes:
    """A file with other data under a valid signature."""
    return signed(once(element or data(), old, new), signed_at=LATER)


def replacing(old: Replaced = OLD, number: int = 8) -> bytes:
    return data_element(
        FACTS,
        form="EBL01",
        symbol="26TAA",
        number=number,
        lookup_code=LOOKUP_CODE,
        token_public_key=forge.token_key().public_base64,
        replaces=old,
    )


def times(local: str, zoned: str) -> Callable[[Tree], None]:
    def change(work: Tree) -> None:
        set_text(f".//{DS}SigningTime", local)(work)
        set_text(f".//{XADES}SigningTime", zoned)(work)

    return change


def expired() -> bytes:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as directory:
        stale = issue(Path(directory), start=NOW - timedelta(days=9), end=NOW - timedelta(hours=1))
    stale.valid = (NOW - timedelta(days=99), NOW + timedelta(days=99))  # a signer that does not look
    return sign(data(), signer=stale, signed_at=NOW, qr="")


def swapped_digest(work: Tree) -> None:
    work.find(f".//{XADES}CertDigest/{DS}DigestValue").text = base64.b64encode(bytes(32)).decode()


BREAKS: list[tuple[str, Callable[[], bytes]]] = [
    ("file.size", lambda: genuine() + b" " * MAX_BYTES),
    ("file.encoding", lambda: b"\xef\xbb\xbf" + genuine()),
    ("file.encoding", lambda: genuine().replace("Ánh".encode(), "Ánh".encode("latin-1"))),
    ("file.xml", lambda: genuine()[:-1]),
    ("file.xml", lambda: altered("<TgTien>250000", "<TgTien>2<!---->50000")),
    ("file.root", lambda: b"<HDon/>"),
    ("content.name", lambda: said("<TBLai>BIÊN LAI", "<TBLai>HÓA ĐƠN")),
    ("content.symbols", lambda: said("<KHCTu>26TAA</KHCTu>", "")),
    ("content.symbols", lambda: said("<KHMCTu>EBL01</KHMCTu>", "<KHMCTu></KHMCTu>")),
    ("content.number", lambda: said("<SCTu>1</SCTu>", "")),
    ("content.organisation", lambda: said("<MST>2800000001</MST>", "")),
    ("content.organisation", lambda: said("<Ten>Sở Xây dựng tỉnh Thanh Hóa</Ten>", "")),
    ("content.lines", lambda: said("<Ten>Lệ phí cấp chứng chỉ</Ten>", "")),
    ("content.lines", lambda: said("<ThTien>100000</ThTien>", "")),
    ("content.kinds", lambda: said("<LKThu>1<", "<LKThu>3<")),
    ("content.amount", lambda: said("<STBChu>Hai trăm năm mươi nghìn đồng</STBChu>", "")),
    ("content.amount", lambda: said("<TgTien>250000</TgTien>", "")),
    ("content.day", lambda: said("<NLap>2026-11-24</NLap>", "")),
    ("content.day_written", lambda: said("<NLap>2026-11-24", "<NLap>2026-02-30")),
    ("content.day_written", lambda: said("<NLap>2026-11-24", "<NLap>2026-1-24")),
    ("content.language", lambda: said("<Ten>Lệ phí cấp", "<Ten>费 cấp")),
    ("content.language", lambda: said("<Ten>Lệ phí cấp", "<Ten>Lệ phí cấp ٢")),
    ("content.currency", lambda: said("<DVTTe>VND", "<DVTTe>USD")),
    ("content.currency", lambda: said("<TGia>1<", "<TGia>25000<")),
    ("symbol.form", lambda: said("<KHMCTu>EBL01", "<KHMCTu>EBL03")),
    ("symbol.shape", lambda: said("<KHCTu>26TAA", "<KHCTu>26KAA")),
    ("symbol.shape", lambda: said("<KHCTu>26TAA", "<KHCTu>26TAA\n")),
    ("symbol.letters", lambda: said("<KHCTu>26TAA", "<KHCTu>26TAF")),
    ("symbol.letters", lambda: said("<KHCTu>26TAA", "<KHCTu>26TWA")),
    ("symbol.year", lambda: said("<KHCTu>26TAA", "<KHCTu>25TAA")),
    ("number.written", lambda: said("<SCTu>1<", "<SCTu>0<")),
    ("number.written", lambda: said("<SCTu>1<", "<SCTu>01<")),
    ("number.written", lambda: said("<SCTu>1<", "<SCTu>100000000<")),
    ("number.written", lambda: said("<SCTu>1<", "<SCTu>١<")),
    ("words.written", lambda: said("nghìn đồng</STBChu>", "nghìn đồng.</STBChu>")),
    ("words.written", lambda: said("nghìn đồng</STBChu>", "nghìn đồng chẵn</STBChu>")),
    ("words.written", lambda: said("<STBChu>Hai", "<STBChu>hai")),
    ("words.written", lambda: said("<STBChu>Hai ", "<STBChu>Hai  ")),
    ("words.written", lambda: said("nghìn đồng</STBChu>", "nghìn</STBChu>")),
    ("words.reading", lambda: said("<STBChu>Hai trăm năm mươi", "<STBChu>Hai trăm")),
    ("words.reading", lambda: said("<STBChu>Hai trăm năm mươi nghìn", "<STBChu>Hai trăm năm chục nghìn")),
    ("total.sum", lambda: said("<ThTien>150000", "<ThTien>150001")),
    ("amount.plain", lambda: said("<ThTien>150000", "<ThTien>150000.0")),
    ("amount.plain", lambda: said("<TgTien>250000", "<TgTien>250 000")),
    ("amount.plain", lambda: said("<SLuong>2<", "<SLuong>２<")),
    ("line.order", lambda: said("<STT>2<", "<STT>1<")),
    ("version", lambda: said("<PBan>1.0.0", "<PBan>2.0.0")),
    ("method", lambda: said("<HTTToan>QR", "<HTTToan>BTC")),
    ("lookup_code", lambda: said("<MTCuu>7KQ2M9XD4TPA", "<MTCuu>7KQ2 9XD4TPA")),
    ("tax_code", lambda: said("<MST>2800000001", "<MST>280000000")),
    ("tax_code", lambda: said("<MST>2800000002", "<MST>2800000002-1")),
    ("delegate", lambda: said("<Ten>Trung tâm Phục vụ hành chính công</Ten>", "")),
    ("delegate", lambda: said("<DChi>Thanh Hóa</DChi><MST>2800000002", "<MST>2800000002")),
    ("replaced", lambda: said("<SCTu>7<", "<SCTu>8<", replacing())),
    ("replaced", lambda: said("<SCTu>7<", "<SCTu>07<", replacing())),
    ("replaced", lambda: signed(replacing(replace(OLD, day=FACTS.day + timedelta(days=1))))),
    ("replaced", lambda: said("<TTBLLQuan><KHMCTu>EBL01<", "<TTBLLQuan><KHMCTu>EBL09<", replacing())),
    ("money.time", lambda: said("<TGGDich>2026-11-24T09", "<TGGDich>2026-11-24T29")),
    ("extra", lambda: said("<DLieu>", f"<DLieu>{'A' * 500}")),
    ("extra", lambda: said("</TTKhac>", "<TTin><TTruong>KQR</TTruong><KDLieu>string</KDLieu><DLieu>x</DLieu></TTin></TTKhac>")),
    ("text.composed", lambda: said("Phường Hạc Thành", "Phu\u031bo\u031b\u0300ng Ha\u0323c Thành")),
    ("structure.known", lambda: said("<TToan>", "<GiamGia>0</GiamGia><TToan>")),
    ("structure.known", lambda: said("<TgTien>250000", "<TgTien>250000<b>1</b>")),
    ("structure.once", lambda: said("<TgTien>250000</TgTien>", "<TgTien>250000</TgTien><TgTien>1</TgTien>")),
    ("structure.order", lambda: said("<KHMCTu>EBL01</KHMCTu><KHCTu>26TAA</KHCTu>", "<KHCTu>26TAA</KHCTu><KHMCTu>EBL01</KHMCTu>")),
    ("structure.complete", lambda: said("<PBan>1.0.0</PBan>", "")),
    ("structure.complete", lambda: said(f"<MTCuu>{LOOKUP_CODE}</MTCuu>", "")),
    ("structure.filled", lambda: said("<SDThoai>0237 3852 000<", "<SDThoai><")),
    ("structure.text", lambda: said("<TToan>", "x<TToan>")),
    ("structure.attributes", lambda: said("<TToan>", '<TToan currency="VND">')),
    ("signature.layout", lambda: forged(lambda work: work.signed_info.remove(work.references[1]))),
    ("signature.layout", lambda: forged(lambda work: work.find("DLBLai").set("Id", "d2")).replace(b'Id="d2"', b'Id="data"').replace(b'URI="#data"', b'URI="#d2"')),
    ("signature.algorithms", lambda: forged(lambda work: work.find(f".//{DS}DigestMethod").set("Algorithm", f"{DS[1:-1]}sha1"))),
    ("signature.certificate", lambda: altered("<X509SubjectName>CN=DEMO", "<X509SubjectName>CN=")),
    ("signature.value", lambda: altered("<Ten>Nguyễn Thị Đặng Ánh", "<Ten>Nguyễn Thị Đặng Anh").replace(printed(data()).encode(), b"")),
    ("signature.certificate_digest", lambda: forged(swapped_digest)),
    ("signature.time", lambda: forged(times("2026-11-24", "2026-11-24+07:00"))),
    ("signature.times_agree", lambda: forged(times("2026-11-24T09:30:15", "2026-11-24T09:30:16+07:00"))),
    ("signature.valid_then", expired),
    ("signature.not_before", lambda: forged(times("2026-11-23T23:59:59", "2026-11-23T23:59:59+07:00"))),
    ("token", lambda: signed(data(), qr=printed(data(number=2), number=2))),
    ("token", lambda: signed(data(), qr="https://evil.example/?t=AAAA")),
]  # fmt: skip

LEGACY_PAIR = (
    "<KHMCTu>EBL01</KHMCTu><KHCTu>26TAA</KHCTu><SCTu>1</SCTu>",
    "<KHMCTu>01BLP0-001</KHMCTu><KHCTu>AA-26E</KHCTu><SCTu>0000123</SCTu>",
)
NEVER_BROKEN = {"signature.present", "signature.same_day"}  # without them a file is unsigned, or only late


@pytest.mark.parametrize(("rule", "file"), BREAKS, ids=[rule for rule, _ in BREAKS])
def test_a_fault_breaks_exactly_its_rule(rule: str, file: Callable[[], bytes]) -> None:
    assert broken(file()) == {rule}


def test_every_rule_is_broken_by_something() -> None:
    rules = [check.rule for check in validate(genuine())]
    assert len(set(rules)) == len(rules)
    assert {rule for rule, _ in BREAKS} | {"symbol.current"} | NEVER_BROKEN == set(rules)


def test_all_rules_hold_in_a_genuine_receipt() -> None:
    found = report(genuine())
    assert (found.valid, found.legacy, found.signed) == (True, False, True)
    assert {rule for rule, holds in states(genuine()).items() if holds is None} == {"replaced"}
    assert states(signed(replacing()))["replaced"] is True


def test_every_rule_names_its_article_and_speaks_both_languages() -> None:
    for check in validate(genuine()):
        assert check.article.startswith(("Nghị định 254", "Thông tư 91", "QĐ 1271", "Hồ sơ XML"))
        assert check.detail_vi and check.detail_en


@pytest.mark.parametrize("file", [data, lambda: b"<BLai>" + data() + b"</BLai>"])
def test_an_unsigned_receipt_is_judged_by_its_content(file: Callable[[], bytes]) -> None:
    found = report(file())
    assert (found.valid, found.signed) == (True, False)
    unjudged = {check.rule for check in found.checks if check.holds is None}
    assert unjudged == {rule for rule in states(genuine()) if rule.startswith("signature.")} | {"replaced", "token"}
    assert broken(once(file(), "<TgTien>250000", "<TgTien>250001")) == {"words.reading", "total.sum"}


def test_signed_a_day_later_is_worth_a_look_and_not_broken() -> None:
    found = states(signed(data(), signed_at=LATER))
    assert found["signature.same_day"] is None
    assert found["signature.not_before"] is True


def test_foreign_words_may_stand_in_brackets() -> None:
    assert broken(said("<Ten>Lệ phí cấp chứng chỉ<", "<Ten>Lệ phí cấp chứng chỉ (证书费)<")) == set()


def test_a_place_is_named_and_no_value_is() -> None:
    [check] = [one for one in validate(said("<ThTien>150000", "<ThTien>15万")) if one.holds is False]
    assert "KThu 2/ThTien" in check.detail_vi
    assert "万" not in check.detail_vi + check.detail_en


def test_a_legacy_receipt_is_read_and_is_none_of_today() -> None:
    found = report(said(*LEGACY_PAIR))
    assert (found.legacy, found.valid) == (True, False)
    assert broken(said(*LEGACY_PAIR)) == {"symbol.current"}
    short = (LEGACY_PAIR[0], LEGACY_PAIR[1].replace("0000123", "123"))
    assert broken(said(*short)) == {"symbol.current", "number.written"}
    with pytest.raises(Refused) as refused:
        verify(said(*LEGACY_PAIR), trust=trust(), at=LATER)
    assert refused.value.code == "content.symbol"


def test_a_legacy_receipt_of_another_year() -> None:
    assert broken(said(LEGACY_PAIR[0], LEGACY_PAIR[1].replace("26E", "25E"))) == {"symbol.current", "symbol.year"}


def test_the_published_example_keeps_every_rule() -> None:
    golden = Path(__file__).parents[1] / "golden" / "receipts" / "example_receipt.xml"
    assert broken(golden.read_bytes()) == set()


@given(st.binary(max_size=300))
def test_any_bytes_are_judged(junk: bytes) -> None:
    assert not report(junk).valid


@given(st.data())
def test_any_damage_is_judged_and_what_verify_refuses_is_found(chosen: st.DataObject) -> None:
    """What is broken inside the data or under the signature is named by a rule; trust alone is not judged here."""
    whole = genuine()
    start = chosen.draw(st.integers(0, len(whole)))
    damaged = whole[:start] + chosen.draw(st.binary(max_size=8)) + whole[start + chosen.draw(st.integers(0, 30)) :]
    try:
        verify(damaged, trust=trust(), at=LATER)
    except Refused as refused:
        found = report(damaged)
        assert refused.code == "certificate.untrusted" or not found.valid or not found.signed


def test_what_the_bench_refuses_is_found_here_too() -> None:
    """Every hostile structure of the profile's own set breaks a rule, since the same parts are looked at."""
    from tests.receipts.test_profile import HOSTILE

    reports = {name: report(forged(edit)) for name, edit, _ in HOSTILE}
    assert [name for name, found in reports.items() if found.valid and found.signed] == []
    assert [name for name, found in reports.items() if not found.signed] == ["no signature"]


# Command


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(receipts_app, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (path := tmp_path / "receipt.xml").write_bytes(genuine())
    return path


def test_command_on_a_good_file(file: Path) -> None:
    code, text = run(file)
    assert code == 0
    assert len(text.splitlines()) == len(validate(genuine()))
    assert "Phụ lục II mục 2" in text


def test_command_lists_rule_by_rule_in_json(file: Path) -> None:
    file.write_bytes(said("<KHCTu>26TAA", "<KHCTu>26TAF"))
    code, text = run(file, "--json")
    answer: dict[str, Any] = json.loads(text)
    assert (code, answer["valid"], answer["legacy"], answer["signed"]) == (1, False, False, True)
    [wrong] = [check for check in answer["checks"] if check["holds"] is False]
    assert (wrong["rule"], wrong["article"]) == ("symbol.letters", "Thông tư 91/2026/TT-BTC, Phụ lục II mục 2")


def test_command_marks_a_legacy_file(file: Path) -> None:
    file.write_bytes(said(*LEGACY_PAIR))
    code, text = run(file, "--json")
    assert (code, json.loads(text)["legacy"], json.loads(text)["valid"]) == (1, True, False)


def test_command_on_what_is_no_file(tmp_path: Path) -> None:
    assert run(tmp_path / "none.xml")[0] == 2
    assert run(tmp_path)[0] == 2
    assert run()[0] == 2
