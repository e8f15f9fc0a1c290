"""Genuine receipts are read; changed ones, and those that contradict their printed token, are refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner

from gateway.cli.receipts import receipts_app
from receipts.verify import Refused, verify
from tests.receipts import forge
from tests.receipts.forge import (
    DS,
    FACTS,
    LATER,
    NOW,
    Tree,
    accepted,
    altered,
    data,
    forged,
    genuine,
    keys,
    once,
    printed,
    refusal,
    set_text,
    signed,
    trust,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "receipts"


# Genuine


def test_a_genuine_receipt_says_everything_that_was_signed() -> None:
    found = accepted(genuine())
    assert (found.form, found.symbol, found.number, found.amount) == ("EBL01", "26TAA", 1, 250_000)
    assert (found.org, found.payer, found.dossier, found.lines) == (FACTS.org, FACTS.payer, FACTS.dossier, FACTS.lines)
    assert (found.day, found.lookup_code, found.method) == (date(2026, 11, 24), forge.LOOKUP_CODE, "QR")
    assert (found.signed_at, found.signer, found.certificate) == (
        NOW,
        "CN=DEMO TT PVHCC,C=VN",
        forge.signer().certificate,
    )
    assert found.token is not None
    assert found.token.digest == found.digest
    assert found.warnings == ()


def test_the_published_example_is_genuine_with_a_warning() -> None:
    authority = x509.load_pem_x509_certificate((GOLDEN / "example_ca.pem").read_bytes())
    example = (GOLDEN / "example_receipt.xml").read_bytes()
    found = verify(example, trust=[authority], at=datetime(2026, 11, 22, tzinfo=UTC))
    assert (found.number, found.amount, found.payer.name) == (1, 100_000, "Nguyễn Thị Đặng Ánh")
    assert found.warnings == ("token.absent",)


def test_personal_data_stays_out_of_repr() -> None:
    assert FACTS.payer.name not in repr(accepted(genuine()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?>', ""),
        ('<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0' encoding='utf-8' standalone='no' ?>\n"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0'?>"),
        ("</BLai>", "\n</BLai>\n"),
        ("</DLBLai><DLQRCode>", "</DLBLai>\n  <DLQRCode>"),
        ("</SignatureValue>", "\n</SignatureValue>"),
        ("<X509Certificate>", "<X509Certificate>\r\n"),
    ],
)
def test_what_no_signature_covers_may_be_written_otherwise(old: str, new: str) -> None:
    assert accepted(altered(old, new)).amount == 250_000


def test_target_may_name_the_signature() -> None:
    def point(work: Tree) -> None:
        work.find(f".//{DS}SignatureProperty").set("Target", "#sig")

    assert accepted(forged(point)).number == 1


def test_a_cut_copy_of_trust_finds_the_right_authority() -> None:
    stranger = x509.load_pem_x509_certificate((GOLDEN / "example_ca.pem").read_bytes())
    assert verify(genuine(), trust=[stranger, *trust()], at=LATER).number == 1


def test_warnings() -> None:
    ahead = accepted(genuine(), at=NOW - timedelta(hours=1))
    assert ahead.warnings == ("time.signed_ahead",)
    later = accepted(signed(data(), signed_at=LATER), at=LATER)
    assert later.warnings == ("token.absent", "time.signed_later")
    price = once(data(), "<DGia>75000</DGia>", "<DGia>80000</DGia>")
    assert "content.price_differs" in accepted(signed(price)).warnings
    spelled = once(data(), "Phường Hạc Thành", "Phu\u031bo\u031b\u0300ng Ha\u0323c Thành")
    assert "content.not_nfc" in accepted(signed(spelled)).warnings


# Signature


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<TgTien>250000", "<TgTien>950000", "signature.digest_differs"),
        ("<Ten>Nguyễn Thị Đặng Ánh", "<Ten>Nguyễn Thị Đặng Anh", "signature.digest_differs"),
        ("<SigningTime>2026-11-24T09:30:15", "<SigningTime>2026-11-24T09:30:16", "signature.digest_differs"),
        ("2026-11-24T09:30:15+07:00", "2026-11-24T09:30:16+07:00", "signature.digest_differs"),
        ('Id="SigningTime"', 'Id="SigningTim"', "structure.references"),
        ("<SignatureValue>", "<SignatureValue>*", "structure.base64"),
        ("<SignatureValue>", "<SignatureValue>\u00a0", "structure.base64"),
        ("<SignatureValue>", "<SignatureValue>AAAA", "signature.invalid"),
        ("<X509Certificate>", "<X509Certificate>$", "structure.base64"),
        ("<X509Certificate>", "<X509Certificate>AAAA", "certificate.unreadable"),
        ("<X509SubjectName>CN=DEMO TT PVHCC,C=VN", "<X509SubjectName>CN=Sở,C=VN", "certificate.subject_differs"),
        ("<X509SubjectName>CN=DEMO TT PVHCC,C=VN", "<X509SubjectName>C=VN,CN=DEMO TT PVHCC", "certificate.subject_differs"),
    ],
)  # fmt: skip
def test_a_change_without_the_key(old: str, new: str, code: str) -> None:
    assert refusal(altered(old, new)) == code


def test_digests_renewed_without_the_key() -> None:
    file = forged(set_text("DLBLai/NDBLai/NNop/Ten", "Kẻ gian"), key=keys().ca_key)
    assert refusal(file) == "signature.invalid"


def test_signature_of_another_receipt() -> None:
    other = forge.tree(signed(data(number=2)))
    work = forge.tree()
    work.find("DSCKS/TCThu").replace(work.signature, other.signature)
    assert refusal(etree.tostring(work.root, encoding="UTF-8")) == "signature.digest_differs"


def test_non_canonical_base64() -> None:
    """The last character of a signature value has unused bits."""
    value = forge.tree().find(f".//{DS}SignatureValue").text or ""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = alphabet[alphabet.index(value[-3]) ^ 1]
    assert base64.b64decode(value[:-3] + twin + "==") == base64.b64decode(value)
    assert refusal(altered(value, value[:-3] + twin + "==")) == "structure.base64"


# The printed token


def test_a_token_of_another_receipt() -> None:
    other = data(number=2)
    assert refusal(signed(data(), qr=printed(other, number=2))) == "token.differs"
    assert refusal(signed(data(), qr=printed(other))) == "token.differs"


def test_a_token_that_proves_nothing() -> None:
    assert refusal(signed(data(), qr="https://evil.example/?t=AAAA")) == "token.malformed"
    assert refusal(altered("?t=", "?t=*")) == "token.malformed"


def test_a_token_without_its_key() -> None:
    element = data()
    extra = element[element.index(b"<TTKhac>") : element.index(b"</TTKhac>") + len(b"</TTKhac>")]
    bare = element.replace(extra, b"")
    assert refusal(signed(bare, qr=printed(bare))) == "token.no_key"
    assert accepted(signed(bare)).warnings == ("token.absent",)


def test_a_token_with_an_unusable_key() -> None:
    element = once(data(), forge.token_key().public_base64, "AAAA")
    assert refusal(signed(element, qr=printed(element))) == "content.token_key"


# Whatever comes


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(st.data())
def test_any_damage_is_refused_or_harmless(chosen: st.DataObject) -> None:
    whole = genuine()
    start = chosen.draw(st.integers(0, len(whole)))
    end = min(len(whole), start + chosen.draw(st.integers(0, 40)))
    damaged = whole[:start] + chosen.draw(st.binary(max_size=12)) + whole[end:]
    try:
        found = accepted(damaged)
    except Refused:
        return
    assert found == replace(accepted(whole), token=found.token, warnings=found.warnings)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(junk: bytes) -> None:
    assert "." in refusal(junk)


# Command


def run(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(receipts_app, ["verify", *map(str, arguments), "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, json.loads(result.stdout) if result.exit_code < 2 else {}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (path := tmp_path / "receipt.xml").write_bytes(genuine())
    return path


def test_command_on_a_genuine_file(file: Path) -> None:
    code, said = run(file, "--trust", keys().ca_certificate, "--at", "2026-11-25T10:00:00+07:00")
    assert code == 0
    assert (said["valid"], said["amount"], said["number"]) == (True, 250_000, 1)
    assert (said["form"], said["symbol"], said["warnings"]) == ("EBL01", "26TAA", [])
    assert said["signed_at"] == "2026-11-24T02:30:15Z"


def test_command_asks_about_now_by_default(file: Path) -> None:
    assert run(file, "--trust", keys().ca_certificate)[1]["number"] == 1


def test_command_speaks_to_people_too(file: Path) -> None:
    result = CliRunner().invoke(receipts_app, ["verify", str(file), "--trust", str(keys().ca_certificate)])
    assert result.exit_code == 0
    assert "valid: true" in result.stdout
    assert "words: Hai trăm năm mươi nghìn đồng" in result.stdout


def test_command_refuses_with_a_reason(file: Path) -> None:
    file.write_bytes(altered("<TgTien>250000", "<TgTien>950000"))
    code, said = run(file, "--trust", keys().ca_certificate)
    assert (code, said["valid"], said["reason"]) == (1, False, "signature.digest_differs")
    code, said = run(file, "--trust", keys().ca_certificate, "--at", "2040-01-01")
    assert (code, said["reason"]) == (1, "certificate.expired")


def test_command_on_what_is_no_file(tmp_path: Path) -> None:
    for absent in (tmp_path, tmp_path / "none.xml"):
        code, said = run(absent, "--trust", keys().ca_certificate)
        assert (code, said["valid"], said["reason"]) == (1, False, "file.unreadable")


def test_command_wants_trust_and_time(file: Path) -> None:
    assert run(file)[0] == 2
    assert run(file, "--trust", file)[0] == 2
    assert run(file, "--trust", keys().ca_certificate, "--at", "yesterday")[0] == 2
