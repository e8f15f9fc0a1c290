"""Certificates: foreign, expired, swapped, weak, or made for something else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from receipts.keys import FileSigner
from receipts.pki import demo_pki
from receipts.sign import sign
from tests.receipts import forge
from tests.receipts.forge import (
    DS,
    LATER,
    NOW,
    XADES,
    Tree,
    accepted,
    certificate_digest,
    data,
    forged,
    genuine,
    keys,
    refusal,
    trust,
)


def issue(
    directory: Path,
    *,
    issuer_key: Path | None = None,
    subject: str = "DEMO TT PVHCC",
    start: datetime = NOW - timedelta(days=10),
    end: datetime = NOW + timedelta(days=10),
    key: Any = None,
    ca: bool | None = False,
    usage: str | None = "digital_signature",
    algorithm: Any = None,
    extra: x509.UnrecognizedExtension | None = None,
) -> FileSigner:
    """A signer of the trusted authority (or another) with one thing out of the ordinary."""
    authority = trust()[0]
    private = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(authority.subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usage is not None:
        builder = builder.add_extension(_usage(usage), critical=True)
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    issuing = load_pem_private_key((issuer_key or keys().ca_key).read_bytes(), None)
    certificate = builder.sign(issuing, algorithm or SHA256())  # type: ignore[arg-type]
    (directory / "k.key").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (directory / "k.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return FileSigner(private, certificate)


def _usage(named: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name == named for name in names})


@pytest.mark.parametrize("usage", ["digital_signature", "content_commitment", None])
def test_usual_signers_are_trusted(tmp_path: Path, usage: str | None) -> None:
    file = sign(data(), signer=issue(tmp_path, usage=usage), signed_at=NOW, qr="")
    assert accepted(file).signer == "CN=DEMO TT PVHCC"


@pytest.mark.parametrize(
    ("ordinary", "code"),
    [
        ({"usage": "key_encipherment"}, "certificate.not_a_signer"),
        ({"ca": True}, "certificate.not_a_signer"),
        ({"extra": x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")}, "certificate.not_a_signer"),
        ({"end": NOW + timedelta(hours=1)}, "certificate.expired"),
    ],
)  # fmt: skip
def test_unfit_certificates(tmp_path: Path, ordinary: dict[str, Any], code: str) -> None:
    assert refusal(sign(data(), signer=issue(tmp_path, **ordinary), signed_at=NOW, qr="")) == code


@pytest.mark.parametrize(
    ("start", "end", "at", "code"),
    [
        (NOW + timedelta(hours=1), NOW + timedelta(days=9), LATER, "certificate.not_yet_valid"),
        (NOW - timedelta(days=9), NOW - timedelta(hours=1), LATER, "certificate.expired"),
        (NOW - timedelta(days=9), NOW - timedelta(hours=1), NOW - timedelta(hours=2), "certificate.expired"),
    ],
)
def test_signed_outside_the_certificate(
    tmp_path: Path, start: datetime, end: datetime, at: datetime, code: str
) -> None:
    stale = issue(tmp_path, start=start, end=end)
    stale.valid = (NOW - timedelta(days=99), NOW + timedelta(days=99))  # a signer that does not look
    assert refusal(sign(data(), signer=stale, signed_at=NOW, qr=""), at=at) == code


@pytest.mark.parametrize("moment", [NOW - timedelta(days=3_000), NOW + timedelta(days=3_000)])
def test_asked_outside_the_certificate(moment: datetime) -> None:
    assert refusal(genuine(), at=moment) in ("certificate.not_yet_valid", "certificate.expired")


def test_a_foreign_authority(tmp_path: Path) -> None:
    foreign = demo_pki(tmp_path, now=NOW, organisation="TT PVHCC")
    file = sign(data(), signer=foreign.signer(), signed_at=NOW, qr="")
    assert refusal(file) == "certificate.untrusted"
    assert refusal(genuine(), authorities=tuple(foreign.trust())) == "certificate.untrusted"
    assert refusal(genuine(), authorities=()) == "certificate.untrusted"


def test_an_authority_of_the_same_name(tmp_path: Path) -> None:
    demo_pki(tmp_path / "f", now=NOW)
    impostor = issue(tmp_path, issuer_key=tmp_path / "f" / "ca.key")
    assert refusal(sign(data(), signer=impostor, signed_at=NOW, qr="")) == "certificate.untrusted"


def test_the_signer_is_no_authority_for_itself() -> None:
    assert refusal(genuine(), authorities=(forge.signer().certificate,)) == "certificate.untrusted"


def test_an_authority_does_not_sign_receipts() -> None:
    authority = FileSigner.from_pem(keys().ca_key, keys().ca_certificate)
    assert refusal(sign(data(), signer=authority, signed_at=NOW, qr="")) == "certificate.not_a_signer"


def test_another_certificate_for_the_same_key(tmp_path: Path) -> None:
    """The key is the same, so the signature fits; XAdES says which certificate was meant."""
    key = load_pem_private_key(keys().signer_key.read_bytes(), None)
    twin = issue(tmp_path, key=key)

    def swap_certificate(work: Tree) -> None:
        work.find(f".//{DS}X509Certificate").text = twin.certificate_base64
        work.find(f".//{DS}X509SubjectName").text = twin.subject

    assert refusal(forged(swap_certificate)) == "certificate.swapped"

    def swap_both(work: Tree) -> None:
        swap_certificate(work)
        der = base64.b64decode(twin.certificate_base64)
        work.find(f".//{XADES}CertDigest/{DS}DigestValue").text = certificate_digest(der)

    assert accepted(forged(swap_both)).certificate == twin.certificate


def test_keys_that_are_too_small_or_of_another_kind(tmp_path: Path) -> None:
    def swap_certificate(der: bytes, subject: str) -> Callable[[Tree], None]:
        def change(work: Tree) -> None:
            work.find(f".//{DS}X509Certificate").text = base64.b64encode(der).decode()
            work.find(f".//{DS}X509SubjectName").text = subject

        return change

    for weak in (
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        ec.generate_private_key(ec.SECP256R1()),
    ):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(trust()[0].subject)
            .public_key(weak.public_key())
            .serial_number(9)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=9))
            .sign(load_pem_private_key(keys().ca_key.read_bytes(), None), SHA256())  # type: ignore[arg-type]
        )
        file = forged(swap_certificate(certificate.public_bytes(Encoding.DER), "CN=weak"))
        assert refusal(file) == "certificate.key"
