"""What a signed receipt says and who signed it, or why it is refused.

First the strict structure profile, then signxml with the certificate pinned, the algorithms, the place and the number
of references fixed; what is returned is read from the signed bytes alone (W3C XML Signature Best Practices, 2.1.4:
see what is signed). No file and no network is touched, and time and memory are bounded by the 1 MB of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from unicodedata import is_normalized

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from receipts import token
from receipts.keys import KeyUnusable, public_from_base64
from receipts.parse import parse
from receipts.profile import Outline, decoded, outline
from receipts.proof import Signed, proven
from receipts.reading import Content, moment, read
from receipts.refused import Refused
from receipts.sign import ZONE, digest
from receipts.trust import issuer, refuse_outside, signer_certificate
from receipts.xml import local_time

__all__ = ["Refused", "Verified", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Content):
    """A genuine receipt: its content, when (UTC) and by whom it was signed, and codes of what is worth a look.

    Warnings: `token.absent`, `time.signed_later` (another day than NLap), `time.signed_ahead` (after the time asked
    about), `content.price_differs` (quantity x unit price is not the amount), `content.not_nfc`.
    """

    signed_at: datetime
    signer: str  # subject, RFC 4514
    certificate: x509.Certificate
    digest: str  # DigestValue of #data
    token: token.TokenFacts | None
    warnings: tuple[str, ...]


def verify(data: bytes, *, trust: Sequence[x509.Certificate], at: datetime) -> Verified:
    """The receipt in `data`, trusted through one of the authorities `trust` at the moment `at` (UTC). Raises Refused."""
    root = parse(data)
    stated = outline(root)
    certificate = signer_certificate(stated.certificate, stated.subject)
    authority = issuer(certificate, tuple(trust))
    refuse_outside([certificate, authority], [at])
    signed, time, properties = proven(root, stated.targets, certificate, at)
    signed_at = _signed_at(time, properties)
    refuse_outside([certificate, authority], [signed_at])
    _refuse_swapped(properties, certificate)
    content = read(signed.element)
    if local_time(signed_at)[:10] < content.day.isoformat():
        raise Refused("time.before_issue", "the receipt was signed before its day of issue")
    data_digest = digest(signed.data)
    facts = _token(stated, content, data_digest)
    warnings = _warnings(content, signed.data, signed_at, at)
    return Verified(
        **{entry.name: getattr(content, entry.name) for entry in fields(content)},
        signed_at=signed_at,
        signer=stated.subject,
        certificate=certificate,
        digest=data_digest,
        token=facts,
        warnings=warnings if facts else ("token.absent", *warnings),
    )


def _signed_at(time: Signed, properties: Signed) -> datetime:
    """SigningTime, which must be said twice and alike."""
    text = time.element[0][0][0].text or ""
    signed_at = moment(text)
    if properties.element[0][0].text != f"{text}{ZONE}":
        raise Refused("time.differs", "the two signing times are not the same instant")
    return signed_at


def _refuse_swapped(properties: Signed, certificate: x509.Certificate) -> None:
    stated = decoded(properties.element[0][1][0][0][1])
    if stated != hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest():
        raise Refused("certificate.swapped", "the certificate is not the one that was signed for")


def _token(stated: Outline, content: Content, data_digest: str) -> token.TokenFacts | None:
    """The printed token, proven by the key in the signed bytes and equal to what they say; None without one."""
    if not stated.printed.strip():
        return None
    if not content.token_key:
        raise Refused("token.no_key", "DLQRCode holds a token but the signed data no key for it")
    try:
        facts = token.check(stated.printed, public_from_base64(content.token_key))
    except token.TokenRefused as error:
        raise Refused(error.code, str(error)) from error
    except KeyUnusable as error:
        raise Refused("content.token_key", "KQR is not a P-256 public key") from error
    said: dict[str, Any] = {
        "tax_code": content.org.tax_code,
        "form": content.form,
        "symbol": content.symbol,
        "number": content.number,
        "day": content.day,
        "amount": content.amount,
        "digest": data_digest,
    }
    if any(getattr(facts, name) != value for name, value in said.items()):
        raise Refused("token.differs", "the printed token speaks of another receipt")
    return facts


def _warnings(content: Content, signed: bytes, signed_at: datetime, at: datetime) -> tuple[str, ...]:
    found = {
        "time.signed_later": local_time(signed_at)[:10] > content.day.isoformat(),
        "time.signed_ahead": signed_at > at,
        "content.price_differs": any(line.quantity * line.unit_price != line.amount for line in content.lines),
        "content.not_nfc": not is_normalized("NFC", signed.decode()),
    }
    return tuple(code for code, applies in found.items() if applies)
