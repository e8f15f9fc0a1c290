"""Whether a receipt's certificate is to be believed: issued by a given authority, fit to sign, valid when it must be.

RFC 5280, sections 4.2.1.3, 4.2.1.9 and 6.1, for a chain of one step: the file holds one certificate, and every
certificate in `trust` is an anchor. Revocation is not asked here: verifying touches no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID

from receipts.refused import Refused

E = TypeVar("E", bound=x509.ExtensionType)

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
STRONG = frozenset({"sha256", "sha384", "sha512"})

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)


@lru_cache(maxsize=64)  # thousands of receipts share a certificate
def signer_certificate(der: bytes, subject: str) -> x509.Certificate:
    """The certificate in the file, which must be named as the file names it. Raises Refused `certificate.*`."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        named, key = certificate.subject.rfc4514_string(), certificate.public_key()
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise Refused("certificate.unreadable", "the certificate cannot be read") from error
    if named != subject:
        raise Refused("certificate.subject_differs", "X509SubjectName is not the certificate's subject")
    if not isinstance(key, rsa.RSAPublicKey) or not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise Refused("certificate.key", f"the key is not RSA of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
    return certificate


@lru_cache(maxsize=64)
def issuer(certificate: x509.Certificate, trust: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """The authority among `trust` that issued this signer's certificate. Raises Refused `certificate.*`."""
    try:
        authority = next((ca for ca in trust if _issued(certificate, ca)), None)
        if authority is None:
            raise Refused("certificate.untrusted", "no trusted authority issued the certificate")
        if not _may_sign(certificate):
            raise Refused("certificate.not_a_signer", "the certificate is not one for signing documents")
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise Refused("certificate.unreadable", "the certificate cannot be read") from error
    return authority


def refuse_outside(certificates: Sequence[x509.Certificate], moments: Sequence[datetime]) -> None:
    """Raises Refused unless each certificate is valid at each moment (UTC)."""
    for certificate in certificates:
        for moment in moments:
            if moment < certificate.not_valid_before_utc:
                raise Refused("certificate.not_yet_valid", f"a certificate is not yet valid at {moment.isoformat()}")
            if moment > certificate.not_valid_after_utc:
                raise Refused("certificate.expired", f"a certificate is no longer valid at {moment.isoformat()}")


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    algorithm = certificate.signature_hash_algorithm
    return algorithm is not None and algorithm.name in STRONG and _may_issue(authority)


def _may_issue(authority: x509.Certificate) -> bool:
    constraints = _extension(authority, x509.BasicConstraints)
    usage = _extension(authority, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _may_sign(certificate: x509.Certificate) -> bool:
    """Not an authority; for signatures if it states a use; with no critical extension that is not understood."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    known = all(entry.oid in _UNDERSTOOD for entry in certificate.extensions if entry.critical)
    is_authority = constraints is not None and constraints.ca
    return known and not is_authority and (usage is None or usage.digital_signature or usage.content_commitment)


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
