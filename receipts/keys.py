"""Custody of the keys that sign: RSA for the receipt (PEM or PKCS#12), P-256 for the printed token.

A key is read once and kept for the life of the process: checking an RSA key costs a hundred times what a signature
does, so it is never done per document. `Signer` is what a token, an HSM or a remote service has to offer instead.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
    pkcs12,
)

from receipts.model import ReceiptError

MIN_RSA_BITS = 2048
KEY_ID_BYTES = 4
COORDINATE = 32  # bytes of r and of s on P-256

_PKCS1, _SHA256 = padding.PKCS1v15(), SHA256()
_DETERMINISTIC = ec.ECDSA(_SHA256, deterministic_signing=True)


class KeyUnusable(ReceiptError):
    """A key or certificate file that cannot be read, or that does not belong to the other."""

    kind = "unavailable"
    code = "receipt.key_unusable"


class Signatory(Protocol):
    """In whose name is signed: a certificate, read once."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate."""
        ...

    @property
    def subject(self) -> str:
        """The certificate's subject as RFC 4514 writes it."""
        ...

    @property
    def certificate_base64(self) -> str:
        """The certificate, DER in base64 on one line."""
        ...

    @property
    def certificate_digest(self) -> str:
        """SHA-256 of the certificate, in base64."""
        ...

    @property
    def valid(self) -> tuple[datetime, datetime]:
        """First and last moment of validity, UTC."""
        ...


class Signer(Signatory, Protocol):
    """Signs receipts in the name of the certificate's subject; whatever holds the key stands behind it."""

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 over SHA-256 of `data`."""
        ...


class Certified:
    """The certificate's part of a signer."""

    def __init__(self, certificate: x509.Certificate) -> None:
        der = certificate.public_bytes(Encoding.DER)
        self.certificate = certificate
        self.subject = certificate.subject.rfc4514_string()
        self.certificate_base64 = base64.b64encode(der).decode()
        self.certificate_digest = base64.b64encode(hashlib.sha256(der).digest()).decode()
        self.valid = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def prove(signer: Signer) -> None:
    """One signature that the certificate accepts shows that key and certificate belong together. Raises KeyUnusable."""
    public = signer.certificate.public_key()
    try:
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyUnusable("the certificate is not for an RSA key")
        if public.key_size < MIN_RSA_BITS:
            raise KeyUnusable(f"the key has {public.key_size} bits, {MIN_RSA_BITS} are needed")
        public.verify(signer.sign(b"thuphi"), b"thuphi", padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise KeyUnusable("key and certificate do not belong together") from error


class FileSigner(Certified):
    """A signer whose RSA key lies in a file and is held in memory."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        if key.key_size < MIN_RSA_BITS:
            raise KeyUnusable(f"the key has {key.key_size} bits, {MIN_RSA_BITS} are needed")
        super().__init__(certificate)
        self._key = key
        prove(self)  # stands for the checks skipped on loading

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 over SHA-256 of `data`."""
        return self._key.sign(data, _PKCS1, _SHA256)

    @classmethod
    def from_pem(cls, key: Path, certificate: Path) -> FileSigner:
        """From an unencrypted PEM key and its certificate. Raises KeyUnusable."""
        try:
            private = load_pem_private_key(key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
            public = x509.load_pem_x509_certificate(certificate.read_bytes())
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"cannot read {key.name} and {certificate.name}") from error
        return cls(_rsa(private), public)

    @classmethod
    def from_pkcs12(cls, file: Path, password: bytes | None) -> FileSigner:
        """From a PKCS#12 file as certificate authorities deliver it. Raises KeyUnusable."""
        try:
            private, public, _ = pkcs12.load_key_and_certificates(file.read_bytes(), password)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"cannot open {file.name}") from error
        if public is None:
            raise KeyUnusable(f"{file.name} holds no certificate")
        return cls(_rsa(private), public)


def _rsa(private: object) -> rsa.RSAPrivateKey:
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeyUnusable("the key is not an RSA key")
    return private


def file_signer(key: Path, certificate: Path) -> FileSigner:
    """The signer of two PEM files, read again only when one of them has changed. Raises KeyUnusable."""
    try:
        stamps = key.stat().st_mtime_ns, certificate.stat().st_mtime_ns
    except OSError as error:
        raise KeyUnusable(f"cannot read {key.name} and {certificate.name}") from error
    return _file_signer(key, certificate, stamps)


@lru_cache(maxsize=16)
def _file_signer(key: Path, certificate: Path, stamps: tuple[int, int]) -> FileSigner:
    return FileSigner.from_pem(key, certificate)


class TokenKey:
    """The P-256 key behind the printed QR; signatures are deterministic (RFC 6979), so a repeat prints the same."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.public_base64 = public_base64(self.public)
        self.key_id = key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """r || s, 64 bytes."""
        r, s = decode_dss_signature(self._key.sign(data, _DETERMINISTIC))
        return r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")

    @classmethod
    def from_pem(cls, file: Path) -> TokenKey:
        """From an unencrypted PEM. Raises KeyUnusable."""
        try:
            private = load_pem_private_key(file.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"cannot read {file.name}") from error
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not _is_p256(private.curve):
            raise KeyUnusable(f"{file.name} is not a P-256 key")
        return cls(private)


def key_id(public: ec.EllipticCurvePublicKey) -> bytes:
    """The first 4 bytes of SHA-256 over the SubjectPublicKeyInfo: says which key, proves nothing."""
    return hashlib.sha256(_spki(public)).digest()[:KEY_ID_BYTES]


def public_base64(public: ec.EllipticCurvePublicKey) -> str:
    """SubjectPublicKeyInfo, DER in base64 on one line: what KQR holds."""
    return base64.b64encode(_spki(public)).decode()


def public_from_base64(text: str) -> ec.EllipticCurvePublicKey:
    """The inverse of `public_base64`. Raises KeyUnusable."""
    try:
        return _p256(load_der_public_key(base64.b64decode(text, validate=True)))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("not the base64 of a public key") from error


def public_from_pem(data: bytes) -> ec.EllipticCurvePublicKey:
    """A P-256 public key from PEM. Raises KeyUnusable."""
    try:
        return _p256(load_pem_public_key(data))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("not the PEM of a public key") from error


def _p256(key: object) -> ec.EllipticCurvePublicKey:
    if not isinstance(key, ec.EllipticCurvePublicKey) or not _is_p256(key.curve):
        raise KeyUnusable("not a P-256 key")
    return key


def _is_p256(curve: ec.EllipticCurve) -> bool:
    return curve.name == "secp256r1"


def _spki(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
