"""Keys: made once, marked DEMO, private on disk, refused when they do not fit."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from receipts.keys import (
    FileSigner,
    KeyUnusable,
    TokenKey,
    file_signer,
    key_id,
    public_from_base64,
    public_from_pem,
)
from receipts.pki import DemoKeys, demo_pki
from tests.conftest import require
from tests.receipts.forge import NOW, keys

FILES = ("ca.crl", "ca.key", "ca.pem", "signer.key", "signer.pem", "token.key", "token.pub.pem")


@pytest.fixture
def copied(tmp_path: Path) -> DemoKeys:
    """Demo keys that a test may break."""
    shutil.copytree(keys().directory, tmp_path / "keys")
    return DemoKeys(tmp_path / "keys")


def test_demo_keys_are_all_there_and_private() -> None:
    assert sorted(file.name for file in keys().directory.iterdir()) == sorted(FILES)
    for file in keys().directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_demo_signer_is_what_the_contract_says() -> None:
    authority, certificate = keys().trust()[0], keys().signer().certificate
    certificate.verify_directly_issued_by(authority)
    assert "DEMO" in certificate.subject.rfc4514_string()
    assert isinstance(load_pem_private_key(keys().signer_key.read_bytes(), None), rsa.RSAPrivateKey)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (
        certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        == authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    )
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc


def test_openssl_accepts_the_chain() -> None:
    checked = subprocess.run(
        [require("openssl"), "verify", "-x509_strict", "-CAfile", keys().ca_certificate, keys().signer_certificate],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_a_second_run_changes_nothing(copied: DemoKeys) -> None:
    before = {file.name: file.read_bytes() for file in copied.directory.iterdir()}
    demo_pki(copied.directory, now=NOW)
    assert {file.name: file.read_bytes() for file in copied.directory.iterdir()} == before


@pytest.mark.parametrize("lost", ["ca.pem", "signer.pem", "token.pub.pem"])
def test_what_follows_from_a_key_is_made_again(copied: DemoKeys, lost: str) -> None:
    (copied.directory / lost).unlink()
    demo_pki(copied.directory, now=NOW)
    copied.signer().certificate.verify_directly_issued_by(copied.trust()[0])
    assert key_id(public_from_pem(copied.token_public.read_bytes())) == copied.token().key_id


@pytest.mark.parametrize("lost", ["ca.key", "signer.key", "token.key"])
def test_a_lost_key_is_never_replaced_in_silence(copied: DemoKeys, lost: str) -> None:
    (copied.directory / lost).unlink()
    with pytest.raises(KeyUnusable, match="without its key"):
        demo_pki(copied.directory, now=NOW)


def test_a_long_name_still_makes_a_certificate(tmp_path: Path) -> None:
    made = demo_pki(tmp_path, now=NOW, organisation="Trung tâm Phục vụ hành chính công tỉnh " + "Thanh Hóa " * 9)
    assert made.signer().subject.startswith("CN=DEMO Trung tâm")


def test_signature_is_rsa_pkcs1_over_sha256() -> None:
    signer = keys().signer()
    public = signer.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signer.sign(b"data"), b"data", padding.PKCS1v15(), SHA256())


def test_pkcs12_as_authorities_deliver_it(tmp_path: Path) -> None:
    pem = keys().signer()
    private = load_pem_private_key(keys().signer_key.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    file = tmp_path / "signer.p12"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(b"s", private, pem.certificate, None, BestAvailableEncryption(b"secret"))
    )
    assert FileSigner.from_pkcs12(file, b"secret").sign(b"x") == pem.sign(b"x")
    with pytest.raises(KeyUnusable):
        FileSigner.from_pkcs12(file, b"wrong")


def test_a_key_is_read_once_until_its_file_changes(copied: DemoKeys) -> None:
    first = file_signer(copied.signer_key, copied.signer_certificate)
    assert file_signer(copied.signer_key, copied.signer_certificate) is first
    os.utime(copied.signer_key, ns=(1, 1))
    assert file_signer(copied.signer_key, copied.signer_certificate) is not first


def test_key_and_certificate_must_belong_together() -> None:
    with pytest.raises(KeyUnusable, match="do not belong together"):
        FileSigner.from_pem(keys().ca_key, keys().signer_certificate)


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_an_unreadable_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (file := tmp_path / "k").write_bytes(content)
    with pytest.raises(KeyUnusable):
        FileSigner.from_pem(file, keys().signer_certificate)
    with pytest.raises(KeyUnusable):
        TokenKey.from_pem(file)
    with pytest.raises(KeyUnusable):
        file_signer(tmp_path / "absent", keys().signer_certificate)
    with pytest.raises(KeyUnusable):
        public_from_pem(content)


def test_only_p256_signs_tokens(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    (file := tmp_path / "k").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(KeyUnusable, match="P-256"):
        TokenKey.from_pem(file)
    with pytest.raises(KeyUnusable, match="P-256"):
        public_from_pem(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_small_rsa_keys_sign_nothing() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(KeyUnusable, match="1024"):
        FileSigner(small, keys().signer().certificate)


def test_public_key_in_base64_is_read_back() -> None:
    key = keys().token()
    assert key_id(public_from_base64(key.public_base64)) == key.key_id
    with pytest.raises(KeyUnusable):
        public_from_base64("AAAA")


def test_secrets_stay_out_of_repr() -> None:
    assert "PRIVATE" not in repr(keys().signer()) + repr(keys().token())
