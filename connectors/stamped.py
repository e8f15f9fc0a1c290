"""HMAC-SHA256 (RFC 2104), hex, over a timestamp, a full stop and the raw body; too old or too new is refused.

Both sides may change keys without losing a message: we keep the next key beside the old one, and a sender may send
several signatures, separated by commas.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.contract import Forged, Request

_SECONDS = re.compile("[1-9][0-9]{9}")
_MILLISECONDS = re.compile("[1-9][0-9]{12}")
_SIGNATURE = re.compile("[0-9a-fA-F]{64}")
_SIGNATURES_READ = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where signature and timestamp stand, and by how much the sender's clock may differ from ours."""

    signature_header: str = "x-signature"
    signature_prefix: str = "sha256="
    timestamp_header: str = "x-timestamp"
    tolerance: timedelta = timedelta(seconds=300)


def sign(timestamp: str, body: bytes, key: str) -> str:
    """Hex, lower case."""
    return hmac.digest(key.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def not_signed(request: Request, keys: list[str], now: datetime, stamp: Stamp) -> Forged | None:
    """Why this is not the sender's; None if one of the keys signed it in time."""
    timestamp = request.headers.get(stamp.timestamp_header.lower(), "").strip()
    given = request.headers.get(stamp.signature_header.lower(), "")
    if not given.strip():
        return Forged("signature.missing")
    moment = moment_of(timestamp)
    if moment is None:
        return Forged("timestamp.unreadable")
    if not _holds(timestamp, request.body, given, keys, prefix=stamp.signature_prefix):
        return Forged("signature.invalid")
    return None if abs(now - moment) <= stamp.tolerance else Forged("timestamp.stale")


def moment_of(timestamp: str) -> datetime | None:
    """UTC of Unix seconds (10 digits) or milliseconds (13); None where the text is neither."""
    if _SECONDS.fullmatch(timestamp):
        return _EPOCH + timedelta(seconds=int(timestamp))
    return _EPOCH + timedelta(milliseconds=int(timestamp)) if _MILLISECONDS.fullmatch(timestamp) else None


def _holds(timestamp: str, body: bytes, given: str, keys: list[str], *, prefix: str) -> bool:
    """Every key is tried on every signature, so that how long it takes tells nothing of which one fitted."""
    signatures = [item.strip().removeprefix(prefix) for item in given.split(",")[:_SIGNATURES_READ]]
    hexadecimal = [item.lower() for item in signatures if _SIGNATURE.fullmatch(item)]
    expected = [sign(timestamp, body, key) for key in keys]
    return sum(hmac.compare_digest(ours, theirs) for ours in expected for theirs in hexadecimal) > 0
