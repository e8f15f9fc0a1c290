"""A detached CAdES signature at level B-B (RFC 5652; ETSI EN 319 122-1), RSA PKCS#1 v1.5 over SHA-256.

Three signed attributes and no more: in a PDF the time stands in the signature dictionary (ETSI EN 319 142-1, 6.3), so
that the signature of the same bytes is the same, and as long, each time.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from receipts import der

if TYPE_CHECKING:
    from cryptography import x509

    from receipts.keys import Signer

DATA = der.identifier("1.2.840.113549.1.7.1")
SIGNED_DATA = der.identifier("1.2.840.113549.1.7.2")
CONTENT_TYPE = der.identifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = der.identifier("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = der.identifier("1.2.840.113549.1.9.16.2.47")
SHA256 = der.sequence(der.identifier("2.16.840.1.101.3.4.2.1"))
RSA_SHA256 = der.sequence(der.identifier("1.2.840.113549.1.1.11"), der.null())


def signed(digest: bytes, signer: Signer) -> bytes:
    """The CMS of a content with this SHA-256 digest."""
    attributes = _attributes(digest, signer.certificate)
    return _wrapped(attributes, signer.sign(der.set_of(*attributes)), signer.certificate)


def size(signer: Signer) -> int:
    """How many bytes `signed` will return, whatever the digest."""
    certificate = signer.certificate
    return len(_wrapped(_attributes(bytes(32), certificate), bytes(_modulus_bytes(certificate)), certificate))


def _attributes(digest: bytes, certificate: x509.Certificate) -> tuple[bytes, ...]:
    certificate_digest = hashlib.sha256(_der(certificate)).digest()
    named = der.sequence(der.sequence(der.sequence(der.octets(certificate_digest))))  # SHA-256 is the default
    return (
        der.sequence(CONTENT_TYPE, der.set_of(DATA)),
        der.sequence(MESSAGE_DIGEST, der.set_of(der.octets(digest))),
        der.sequence(SIGNING_CERTIFICATE_V2, der.set_of(named)),
    )


def _wrapped(attributes: tuple[bytes, ...], signature: bytes, certificate: x509.Certificate) -> bytes:
    """ContentInfo of one SignedData with one SignerInfo (RFC 5652, 5)."""
    signer = der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
        SHA256,
        der.context(0, *sorted(attributes)),
        RSA_SHA256,
        der.octets(signature),
    )
    data = der.sequence(
        der.integer(1),
        der.set_of(SHA256),
        der.sequence(DATA),
        der.context(0, _der(certificate)),
        der.set_of(signer),
    )
    return der.sequence(SIGNED_DATA, der.context(0, data))


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _modulus_bytes(certificate: x509.Certificate) -> int:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("a receipt is signed with an RSA key")
    return (key.key_size + 7) // 8
