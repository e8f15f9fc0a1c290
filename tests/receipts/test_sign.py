"""The byte template against the published example and three foreign verifiers: xmlsec1, signxml, libxml2's c14n."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from receipts.pki import demo_pki
from receipts.sign import CertificateExpired, NotData, TooEarly, digest, sign
from receipts.trust import signer_certificate
from receipts.verify import verify
from tests.conftest import require
from tests.receipts.forge import DS, FACTS, NOW, canonical, data, genuine, keys, signed, signer, tree, trust

GOLDEN = Path(__file__).parents[1] / "golden" / "receipts"
EXAMPLE = (GOLDEN / "example_receipt.xml").read_bytes()
XMLSEC_IDS = ("DLBLai", f"{DS[1:-1]}:Object", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")


class ExampleSigner:
    """Holds the example's certificate and repeats its signature: only the layout around it is under test."""

    def __init__(self) -> None:
        example = tree(EXAMPLE)
        self.certificate_base64 = example.find(f".//{DS}X509Certificate").text or ""
        self.subject = example.find(f".//{DS}X509SubjectName").text or ""
        self.value = example.find(f".//{DS}SignatureValue").text or ""
        pem = f"-----BEGIN CERTIFICATE-----\n{self.certificate_base64}\n-----END CERTIFICATE-----\n"
        self.certificate = x509.load_pem_x509_certificate(pem.encode())
        self.certificate_digest = "GCP+eiDbefImkO8VgLCCtrlNjpauRXx64R2BPtlQpPc="
        self.valid = (self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc)
        self.signed_bytes = b""

    def sign(self, data: bytes) -> bytes:
        self.signed_bytes = data
        return base64.b64decode(self.value)


def test_the_published_example_byte_for_byte() -> None:
    element = EXAMPLE[EXAMPLE.index(b"<DLBLai") : EXAMPLE.index(b"<DLQRCode>")]
    example = ExampleSigner()
    written = sign(element, signer=example, signed_at=datetime(2026, 11, 21, 2, 30, 15, tzinfo=UTC), qr="")
    assert written == EXAMPLE.rstrip()
    assert example.signed_bytes == canonical(tree(EXAMPLE).signed_info)


def test_every_signed_part_is_written_as_its_canonical_form() -> None:
    work = tree()
    targets = [work.find("DLBLai"), work.find(f".//{DS}Object[@Id='SigningTime']"), work.properties]
    for reference, target in zip(work.references, targets, strict=True):
        assert reference.get("URI") == f"#{target.get('Id')}"
        assert canonical(target) in genuine()
        assert reference[-1].text == digest(canonical(target))


def test_xmlsec1_accepts_it(tmp_path: Path) -> None:
    (file := tmp_path / "receipt.xml").write_bytes(genuine())
    names = [part for name in XMLSEC_IDS for part in ("--id-attr:Id", name)]
    checked = subprocess.run(
        [require("xmlsec1"), "--verify", *names, "--verification-gmt-time", "2026-11-24+03:00:00"]
        + ["--trusted-pem", keys().ca_certificate, "--enabled-reference-uris", "empty,same-doc", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "SignedInfo References (ok/all): 3/3" in checked.stdout + checked.stderr


def test_signxml_accepts_it_on_its_own() -> None:
    configuration = SignatureConfiguration(location="./DSCKS/TCThu/", expect_references=3, verification_time=NOW)
    found = XMLVerifier().verify(
        genuine(), ca_pem_file=str(keys().ca_certificate), validate_schema=False, expect_config=configuration
    )
    assert isinstance(found, list)
    assert found[0].signed_data == data()


def test_signing_time_is_vietnamese_and_may_fall_on_a_later_day() -> None:
    late = datetime(2026, 11, 24, 17, 0, 5, 900_000, tzinfo=UTC)  # 00:00:05 on the 25th in Vietnam
    file = signed(data(), signed_at=late)
    assert b"<SigningTime>2026-11-25T00:00:05</SigningTime>" in file
    assert b"<xades:SigningTime>2026-11-25T00:00:05+07:00</xades:SigningTime>" in file
    found = verify(file, trust=trust(), at=late)
    assert found.signed_at == late.replace(microsecond=0)
    assert "time.signed_later" in found.warnings


def test_the_same_receipt_is_signed_alike() -> None:
    assert signed(data()) == signed(data())


def test_names_that_need_escaping(tmp_path: Path) -> None:
    made = demo_pki(tmp_path, now=NOW, organisation="A & B <Sở>, “Đặng” + C")
    file = sign(data(), signer=made.signer(), signed_at=NOW, qr="")
    assert verify(file, trust=made.trust(), at=NOW).signer == made.signer().subject


@pytest.mark.parametrize("moment", [NOW - timedelta(days=3_650), NOW + timedelta(days=3_650)])
def test_nothing_is_signed_outside_the_certificate(moment: datetime) -> None:
    year = f"{moment.year % 100:02d}"
    element = data(replace(FACTS, day=FACTS.day)).replace(b"26TAA", f"{year}TAA".encode())
    element = element.replace(b"<NLap>2026", f"<NLap>{moment.year - 1}".encode())
    with pytest.raises(CertificateExpired) as refused:
        signed(element, signed_at=moment)
    assert (refused.value.kind, refused.value.code) == ("unavailable", "receipt.certificate_expired")


def test_nothing_is_signed_before_its_day() -> None:
    tomorrow = data(replace(FACTS, day=date(2026, 11, 25)))
    with pytest.raises(TooEarly) as refused:
        signed(tomorrow)
    assert (refused.value.kind, refused.value.code) == ("unavailable", "receipt.signed_before_issue")
    assert verify(signed(tomorrow, signed_at=NOW + timedelta(days=1)), trust=trust(), at=NOW).warnings


@pytest.mark.parametrize("element", [b"", b"<DLBLai>", b"<x/>", b'<DLBLai Id="data"></DLBLai> '])
def test_only_a_data_element_is_signed(element: bytes) -> None:
    with pytest.raises(NotData):
        signed(element)


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        sign(data(), signer=signer(), signed_at=datetime(2026, 11, 24), qr="")


def test_certificate_in_the_file_is_the_signers() -> None:
    stated = base64.b64decode(tree().find(f".//{DS}X509Certificate").text or "")
    assert signer_certificate(stated, signer().subject) == signer().certificate


def test_the_file_is_one_line_without_a_byte_order_mark() -> None:
    assert genuine().startswith(b'<?xml version="1.0" encoding="UTF-8"?><BLai><DLBLai Id="data"><TTChung>')
    assert b"\n" not in genuine()
    assert etree.fromstring(genuine()).tag == "BLai"
