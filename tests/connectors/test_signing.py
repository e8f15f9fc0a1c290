"""Keys are taken as banks hand them out, and refused where they would prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from connectors.signing import KeyUnreadable, joined, rsa_sha256_holds, rsa_sha256_sign

GOLDEN = Path(__file__).parents[1] / "golden" / "connectors"
KEY = (GOLDEN / "bank_test.key.pem").read_text()
PUBLIC = (GOLDEN / "bank_test.pub.pem").read_text()


def certificate() -> str:
    key = load_pem_private_key(KEY.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bank")])
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, moment, moment.replace(year=2027))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_empty_values_leave_no_trace_in_the_signed_text() -> None:
    assert joined(["A", "", "1", "đ"]) == "A1đ"


def test_the_same_text_and_key_give_the_same_signature() -> None:
    assert rsa_sha256_sign("đồng", KEY) == rsa_sha256_sign("đồng", KEY)
    assert rsa_sha256_holds("đồng", rsa_sha256_sign("đồng", KEY), PUBLIC)


def test_a_signature_wrapped_at_76_characters_is_read() -> None:
    signature = rsa_sha256_sign("A", KEY)
    wrapped = "\r\n".join(signature[at : at + 76] for at in range(0, len(signature), 76))
    assert rsa_sha256_holds("A", wrapped, PUBLIC)


def test_a_bank_may_hand_out_a_certificate() -> None:
    assert rsa_sha256_holds("A", rsa_sha256_sign("A", KEY), certificate())
    assert not rsa_sha256_holds("B", rsa_sha256_sign("A", KEY), certificate())


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())])
def test_a_short_key_or_one_of_another_kind_is_refused(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    with pytest.raises(KeyUnreadable, match="at least 2048 bits"):
        rsa_sha256_holds("A", rsa_sha256_sign("A", KEY), public_pem(key))
    with pytest.raises(KeyUnreadable, match="at least 2048 bits") as raised:
        rsa_sha256_sign("A", private_pem(key))
    assert (raised.value.kind, raised.value.code) == ("invalid", "key.unreadable")
