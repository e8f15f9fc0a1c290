"""Whether a certificate was revoked by a moment, from what is at hand: lists (RFC 5280, 5) and answers (RFC 6960).

A signature made before the revocation stays believed if a time stamp proves that it was there; without one only the
signer says when it signed, and whoever holds a stolen key says what he likes (ETSI EN 319 102-1, 5.2.6: no proof of
existence before the revocation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from receipts import ocsp
from receipts.chain import ChainBroken

FOR_EVER = datetime.max.replace(tzinfo=UTC)  # of a list that names no next one


@dataclass(frozen=True, slots=True)
class Evidence:
    """Revocation lists, and the DER of responders' answers."""

    lists: tuple[x509.CertificateRevocationList, ...] = ()
    answers: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class _Word:
    """What one piece of evidence says of a certificate: since when it is revoked if it is, and for which times."""

    revoked_at: datetime | None
    this_update: datetime
    next_update: datetime


def refuse_revoked(
    certificate: x509.Certificate, authority: x509.Certificate, evidence: Evidence, at: datetime, *, stamped: bool
) -> bool:
    """Whether the evidence speaks of the moment `at` (UTC), which a time stamp proves if `stamped`.

    What was good later was good before, so evidence made after the moment speaks of it too.

    Raises ChainBroken `revoked` if the certificate was revoked by then, `revoked_unstamped` if it was later and nothing
    proves the moment; AnswerRefused when an answer about the certificate is not its authority's.
    """
    words = list(_words(certificate, authority, evidence))
    first = min((one.revoked_at for one in words if one.revoked_at is not None), default=None)
    if first is not None and first <= at:
        raise ChainBroken("revoked", f"the certificate was revoked on {first.isoformat()}")
    if first is not None and not stamped:
        raise ChainBroken("revoked_unstamped", f"revoked on {first.isoformat()}, no time stamp proves what was before")
    return any(one.this_update >= at or one.next_update >= at for one in words)


def revoked_since(certificate: x509.Certificate, authority: x509.Certificate, evidence: Evidence) -> datetime | None:
    """The moment (UTC) of the certificate's revocation by all that is at hand. Raises AnswerRefused."""
    words = _words(certificate, authority, evidence)
    return min((one.revoked_at for one in words if one.revoked_at is not None), default=None)


def _words(certificate: x509.Certificate, authority: x509.Certificate, evidence: Evidence) -> Iterator[_Word]:
    for one in evidence.lists:
        if one.issuer == authority.subject and _signed_by(one, authority):
            entry = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
            moment = entry.revocation_date_utc if entry is not None else None
            yield _Word(moment, one.last_update_utc, one.next_update_utc or FOR_EVER)
    for answer in evidence.answers:
        if ocsp.about(answer, certificate, authority):
            said = ocsp.check(answer, certificate=certificate, authority=authority)
            yield _Word(said.revoked_at, said.this_update, said.next_update)


def _signed_by(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    return isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and one.is_signature_valid(key)
