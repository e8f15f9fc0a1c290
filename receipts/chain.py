"""A certificate's way up to an authority that is trusted, at a moment (RFC 5280, 6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

E = TypeVar("E", bound=x509.ExtensionType)

LONGEST = 5  # certificates between the first and the trusted one
STRONG = frozenset({"sha256", "sha384", "sha512"})


class ChainBroken(ValueError):
    """Why a certificate is not believed: `reason` is untrusted, expired, purpose, revoked or revoked_unstamped."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def chain_to(
    leaf: x509.Certificate, between: Collection[x509.Certificate], trust: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """From `leaf` to a certificate that one of `trust` issued (or is), all valid at `at` (UTC). Raises ChainBroken."""
    found = [leaf]
    while len(found) <= LONGEST:
        last = found[-1]
        anchor = next((one for one in trust if one == last or issued(last, one)), None)
        if anchor is not None:
            for one in (*found, anchor):
                if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
                    raise ChainBroken("expired", f"{one.subject.rfc4514_string()} is not valid at {at.isoformat()}")
            return tuple(found)
        above = next((one for one in between if one not in found and issued(last, one)), None)
        if above is None:
            break
        found.append(above)
    raise ChainBroken("untrusted", "no trusted authority stands behind the certificate")


def stamping_chain(
    leaf: x509.Certificate, between: Collection[x509.Certificate], trust: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """The same for one that stamps time: its only purpose, and marked critical (RFC 3161, 2.3). Raises ChainBroken."""
    try:
        purpose = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        fit = purpose.critical and list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    except x509.ExtensionNotFound:
        fit = False
    if not fit:
        raise ChainBroken("purpose", "the certificate is not one for time stamping alone")
    return chain_to(leaf, between, trust, at)


def issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority, which may, has signed the certificate with a strong digest."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    algorithm = certificate.signature_hash_algorithm
    return algorithm is not None and algorithm.name in STRONG and _may_issue(authority)


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """An extension of the certificate, if it has it."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _may_issue(authority: x509.Certificate) -> bool:
    constraints = extension(authority, x509.BasicConstraints)
    usage = extension(authority, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)
