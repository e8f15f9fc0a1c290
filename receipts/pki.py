"""Keys for a trial: a certificate authority, a signer and a token key, made on first run and marked DEMO.

A key is written before its certificate and never over another one: a run that was cut off is continued, and receipts
signed before stay verifiable.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

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
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from receipts.keys import FileSigner, KeyUnusable, TokenKey

MARK = "DEMO"
RSA_BITS = 2048
LONGEST_NAME = 64  # bytes of a common name: X.520 upper bound, counted as the strictest readers do
BACKDATED = timedelta(days=366)  # sample receipts of the past year can be signed
CA_YEARS, SIGNER_YEARS = 10, 5
REVOCATION_VALID = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """Where the files of a trial are."""

    directory: Path

    @property
    def ca_certificate(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def ca_key(self) -> Path:
        return self.directory / "ca.key"

    @property
    def signer_certificate(self) -> Path:
        return self.directory / "signer.pem"

    @property
    def signer_key(self) -> Path:
        return self.directory / "signer.key"

    @property
    def revocation(self) -> Path:
        return self.directory / "ca.crl"

    @property
    def token_key(self) -> Path:
        return self.directory / "token.key"

    @property
    def token_public(self) -> Path:
        return self.directory / "token.pub.pem"

    def signer(self) -> FileSigner:
        """Raises KeyUnusable."""
        return FileSigner.from_pem(self.signer_key, self.signer_certificate)

    def token(self) -> TokenKey:
        """Raises KeyUnusable."""
        return TokenKey.from_pem(self.token_key)

    def trust(self) -> list[x509.Certificate]:
        """The authority's certificate, as the one to trust."""
        return [x509.load_pem_x509_certificate(self.ca_certificate.read_bytes())]


def demo_pki(
    directory: Path,
    *,
    now: datetime,
    organisation: str = "Trung tâm Phục vụ hành chính công",
    responder_url: str | None = None,
) -> DemoKeys:
    """Make what is missing of ca.pem, ca.key, ca.crl, signer.pem, signer.key, token.key, token.pub.pem; keep what is there.

    `now` is UTC; `responder_url` is where the signer's certificate sends questions of its revocation (OCSP).
    Raises KeyUnusable when a certificate lies there without its key.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = DemoKeys(directory)
    ca_key = _rsa_key(files.ca_key, files.ca_certificate)
    if not files.ca_certificate.exists():
        _write(files.ca_certificate, _authority(ca_key, now).public_bytes(Encoding.PEM))
    authority = files.trust()[0]
    if not files.revocation.exists():
        publish_revocation(files, (), now=now)
    signer_key = _rsa_key(files.signer_key, files.signer_certificate)
    if not files.signer_certificate.exists():
        leaf = _leaf(signer_key, organisation, authority, ca_key, now, responder_url)
        _write(files.signer_certificate, leaf.public_bytes(Encoding.PEM))
    if not files.token_key.exists():
        _refuse_orphan(files.token_public)
        _write(files.token_key, _pem(ec.generate_private_key(ec.SECP256R1())))
    if not files.token_public.exists():
        public = files.token().public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write(files.token_public, public)
    return files


def publish_revocation(files: DemoKeys, revoked: Sequence[tuple[x509.Certificate, datetime]], *, now: datetime) -> None:
    """The demo authority's revocation list (RFC 5280, 5) in ca.crl: certificates with the moments of their revocation."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(files.trust()[0].subject)
        .last_update(now)
        .next_update(now + REVOCATION_VALID)
    )
    for certificate, moment in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(moment)
        builder = builder.add_revoked_certificate(entry.build())
    key = load_pem_private_key(files.ca_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)  # as _rsa_key made it
    _write(files.revocation, builder.sign(key, SHA256()).public_bytes(Encoding.DER))


def _rsa_key(file: Path, certificate: Path) -> rsa.RSAPrivateKey:
    if not file.exists():
        _refuse_orphan(certificate)
        _write(file, _pem(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)))
    try:
        key = load_pem_private_key(file.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(f"cannot read {file.name}") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable(f"{file.name} is not an RSA key")
    return key


def _refuse_orphan(public: Path) -> None:
    if public.exists():
        raise KeyUnusable(f"{public.name} is there without its key")


def _authority(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = _name(f"{MARK} CA Thu Phí")
    builder = _builder(name, name, key.public_key(), now, CA_YEARS)
    usage = _usage(issues=True)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _leaf(
    key: rsa.RSAPrivateKey,
    organisation: str,
    authority: x509.Certificate,
    ca_key: rsa.RSAPrivateKey,
    now: datetime,
    responder_url: str | None = None,
) -> x509.Certificate:
    builder = _builder(_name(f"{MARK} {organisation}"), authority.subject, key.public_key(), now, SIGNER_YEARS)
    if responder_url is not None:
        place = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    short = common.encode()[:LONGEST_NAME].decode(errors="ignore")
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, short.strip())]
    )


def _usage(*, issues: bool) -> x509.KeyUsage:
    """An authority signs certificates and revocation lists, a signer signs documents and cannot deny it."""
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=not issues,  # nonRepudiation
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(file: Path, data: bytes) -> None:
    """All or nothing, and safe on disk before the next file is begun; only the owner reads it."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # created with mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
