"""The seal holds for the whole file, in the eyes of programs that are not ours, and for nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from receipts import cms, der
from receipts.keys import FileSigner, KeyUnusable, Signer
from receipts.pdf import render
from tests.conftest import require
from tests.receipts.desk import NOW, make_facts
from tests.receipts.forge import keys, signer
from tests.receipts.paper import LOOKUP, TOKEN, assert_sound, kept, run, signed

SOURCE = signed(make_facts(), TOKEN)
SIGNED_AT = datetime(2026, 11, 21, 2, 30, 15, tzinfo=UTC)  # the example's SigningTime


@cache
def sealed() -> bytes:
    return render(SOURCE, demo=False, lookup_url=LOOKUP, signer=signer())


def status(data: bytes) -> Any:
    """pyHanko's verdict, at the time of the seal, trusting the demo authority only."""
    (signature,) = PdfFileReader(BytesIO(data)).embedded_signatures
    root = load_cert_from_pemder(str(keys().ca_certificate))
    return validate_pdf_signature(signature, ValidationContext([root], allow_fetching=False, moment=NOW))


def holds(data: bytes) -> bool:
    try:
        found = status(data)
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError, IndexError):
        return False
    return bool(found.bottom_line) and found.coverage == SignatureCoverageLevel.ENTIRE_FILE


def test_another_library_finds_it_valid_trusted_and_whole() -> None:
    found = status(sealed())
    assert found.bottom_line
    assert found.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert found.signer_reported_dt == SIGNED_AT
    assert found.md_algorithm == "sha256"


def test_a_viewer_finds_it_valid_and_trusted(tmp_path: Path) -> None:
    store = tmp_path / "nss"
    store.mkdir()
    certutil, name = require("certutil"), ("-d", f"sql:{store}")
    run(certutil, "-N", *name, "--empty-password")
    run(certutil, "-A", *name, "-n", "demo", "-t", "CT,C,C", "-i", keys().ca_certificate)
    pdf = kept(sealed(), tmp_path)
    said = run(require("pdfsig"), "-nssdir", store, pdf)
    assert "Signature is Valid" in said
    assert "Certificate is Trusted" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert_sound(pdf)


def test_the_same_receipt_and_signer_make_the_same_bytes() -> None:
    assert render(SOURCE, demo=False, lookup_url=LOOKUP, signer=signer()) == sealed()


def test_no_byte_can_change() -> None:
    """One bit at many places: in each object, in the range itself, in the signature, in the table at the end."""
    data = sealed()
    contents = data.index(b"/Contents <")
    places = {
        *range(0, len(data), len(data) // 60),
        contents - 20,
        contents + 3,
        contents + 12,
        contents + 2_000,
        len(data) - 1,
    }
    assert holds(data)
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1
        assert not holds(bytes(changed)), place


def test_nothing_can_be_added() -> None:
    assert not holds(sealed() + b"\n")
    writer = IncrementalPdfFileWriter(BytesIO(sealed()))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(sealed())
    assert not holds(out.getvalue())


def test_the_range_leaves_out_the_signature_and_nothing_else() -> None:
    data = sealed()
    zero, start, end, rest = map(int, re.findall(rb"/ByteRange \[([\d ]+)\]", data)[0].split())
    assert (zero, end + rest) == (0, len(data))
    assert data[start - 10 : start + 1] == b"/Contents <"
    assert re.fullmatch(rb"<[0-9a-f]+>", data[start:end])
    assert asn1_cms.ContentInfo.load(bytes.fromhex(data[start + 1 : end - 1].decode()), strict=True)


def test_the_field_is_invisible_locked_and_the_only_one() -> None:
    reader = PdfFileReader(BytesIO(sealed()))
    form = reader.root["/AcroForm"]
    assert form["/SigFlags"] == 3
    assert len(form["/Fields"]) == 1
    field = form["/Fields"][0]
    assert list(field["/Rect"]) == [0, 0, 0, 0]
    assert field["/F"] == 4 | 128  # printed, as ISO 19005-3, 6.3.2 wants it; locked
    page = reader.root["/Pages"]["/Kids"][0]
    assert page["/Annots"].raw_get(0) == form["/Fields"].raw_get(0)
    value = field["/V"]
    assert (value["/Type"], value["/Filter"], value["/SubFilter"]) == ("/Sig", "/Adobe.PPKLite", "/ETSI.CAdES.detached")
    assert value["/M"] == "D:20261121093015+07'00'"


def test_the_attributes_are_those_of_the_baseline_and_no_more() -> None:
    """ETSI EN 319 142-1, 6.3: no signing-time in the CMS; the certificate is bound by its digest."""
    found = content(cms.signed(bytes(range(32)), signer()))
    (info,) = found["signer_infos"]
    attributes = {attribute["type"].native: attribute["values"] for attribute in info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert attributes["content_type"].native == ["data"]
    assert attributes["message_digest"].native == [bytes(range(32))]
    (named,) = attributes["signing_certificate_v2"][0]["certs"]
    assert named["hash_algorithm"]["algorithm"].native == "sha256"
    assert named["cert_hash"].native == signer().certificate.fingerprint(SHA256())
    assert found["encap_content_info"]["content"].native is None
    assert [each.chosen.dump() for each in found["certificates"]] == [signer().certificate.public_bytes(Encoding.DER)]


def test_the_encoding_is_distinguished() -> None:
    """Decoded and encoded again by another library it is the same, so no reader can hash anything else."""
    made = cms.signed(bytes(32), signer())
    assert asn1_cms.ContentInfo.load(made, strict=True).copy().dump(force=True) == made
    assert len(made) == cms.size(signer())


def content(made: bytes) -> Any:
    return asn1_cms.ContentInfo.load(made, strict=True)["content"]


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**63, 2**159 - 1])
def test_numbers_are_encoded_as_others_do(number: int) -> None:
    assert der.integer(number) == core.Integer(number).dump()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_lengths_are_encoded_as_others_do(size: int) -> None:
    assert der.octets(bytes(size)) == core.OctetString(bytes(size)).dump()


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "2.999.1", "0.9.2342"])
def test_identifiers_are_encoded_as_others_do(dotted: str) -> None:
    assert der.identifier(dotted) == core.ObjectIdentifier(dotted).dump()


@dataclass(frozen=True)
class Altered:
    """A signer that is like another but for what is given."""

    like: FileSigner
    valid: tuple[datetime, datetime]
    cut_off: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.like, name)

    def sign(self, data: bytes) -> bytes:
        signature = self.like.sign(data)
        return signature[: len(signature) - self.cut_off]


@pytest.mark.parametrize(
    ("shift", "good"), [((-1, 1), True), ((0, 0), True), ((1, 2), False), ((-2, -1), False)], ids=str
)
def test_a_certificate_must_be_valid_when_the_seal_is_set(shift: tuple[int, int], good: bool) -> None:
    first, last = (SIGNED_AT + timedelta(seconds=seconds) for seconds in shift)
    tried: Signer = Altered(signer(), (first, last))
    if good:
        assert holds(render(SOURCE, demo=False, lookup_url=LOOKUP, signer=tried))
        return
    with pytest.raises(KeyUnusable):
        render(SOURCE, demo=False, lookup_url=LOOKUP, signer=tried)


def test_a_signature_of_another_length_is_refused() -> None:
    tried: Signer = Altered(signer(), signer().valid, cut_off=1)
    with pytest.raises(KeyUnusable):
        render(SOURCE, demo=False, lookup_url=LOOKUP, signer=tried)


@pytest.mark.parametrize("bits", [2048, 3072])
def test_names_and_keys_of_other_makers_fit(bits: int) -> None:
    """A serial number with its high bit set, a printable name, a longer key: the signer is found by what it is."""
    other = own_signer(bits)
    data = render(SOURCE, demo=False, lookup_url=LOOKUP, signer=other)
    (signature,) = PdfFileReader(BytesIO(data)).embedded_signatures
    assert signature.signer_cert.dump() == other.certificate.public_bytes(Encoding.DER)
    root = signature.signer_cert
    found = validate_pdf_signature(signature, ValidationContext([root], allow_fetching=False, moment=NOW))
    assert (found.valid, found.intact, found.coverage) == (True, True, SignatureCoverageLevel.ENTIRE_FILE)


def own_signer(bits: int) -> FileSigner:
    from cryptography.x509.name import _ASN1Type

    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SO XAY DUNG", _type=_ASN1Type.PrintableString),
            x509.NameAttribute(NameOID.COMMON_NAME, "Sở Xây dựng (tỉnh) Thanh Hóa"),
        ]
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 2**159 - 12345)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(usage, critical=True)
    )
    return FileSigner(key, builder.sign(key, SHA256()))
