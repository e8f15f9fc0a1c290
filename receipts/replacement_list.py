"""Which receipts were replaced, as a small signed file: what an offline check of a token cannot know by itself.

Like a revocation list (RFC 5280, 5): numbered, dated, with the moment by which the next one is out. Three lines of ASCII:
`THUPHI-REPLACED-1`, the list in JSON in base64url, and the P-256 signature (r || s, base64url) of the two lines before,
line ends included. A receipt is named by the digest of tax code, form, symbol and number, so the file tells nobody which
numbers an office uses; half a million replaced receipts are 8 MB.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from receipts.model import ReceiptError
from receipts.token import TokenFacts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from receipts.keys import TokenKey

HEAD = "THUPHI-REPLACED-1"
NAME_BYTES = 16
SIGNATURE_BYTES = 64
LONGEST = 64_000_000  # bytes


class ListRefused(ReceiptError):
    """A list that proves nothing; `code` is `replaced.malformed`, `.unknown_key`, `.signature`, `.stale` or `.future`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = f"replaced.{code}"


@dataclass(frozen=True, slots=True)
class ReplacementList:
    """A proven list: its number, when it was made and when the next is due (UTC), and the names it holds."""

    number: int
    made_at: datetime
    next_at: datetime
    names: frozenset[bytes]

    def holds(self, facts: TokenFacts) -> bool:
        """Whether the receipt that a token speaks of was replaced."""
        return name(facts.tax_code, facts.form, facts.symbol, facts.number) in self.names


def name(tax_code: str, form: str, symbol: str, number: int) -> bytes:
    """What a receipt is called in the list: 16 bytes of SHA-256."""
    return hashlib.sha256(f"{tax_code}\n{form}\n{symbol}\n{number}".encode()).digest()[:NAME_BYTES]


def make(names: Iterable[bytes], *, number: int, made_at: datetime, next_at: datetime, key: TokenKey) -> str:
    """The signed file."""
    told = {
        "number": number,
        "made_at": _moment(made_at),
        "next_at": _moment(next_at),
        "key": key.key_id.hex(),
        "replaced": _text(b"".join(sorted(set(names)))),
    }
    body = f"{HEAD}\n{_text(json.dumps(told, sort_keys=True, separators=(',', ':')).encode())}\n"
    return f"{body}{_text(key.sign(body.encode()))}\n"


def read(file: str, public_key: EllipticCurvePublicKey, *, at: datetime | None = None) -> ReplacementList:
    """The list, proven by `public_key`; with `at` (UTC) only if it is the one of that time. Raises ListRefused."""
    body, told, signature = _parted(file)
    _prove(body, told, signature, public_key)
    found = _understood(told)
    if at is not None and at > found.next_at:
        raise ListRefused("stale", f"a newer list was due at {_moment(found.next_at)}")
    if at is not None and at < found.made_at:
        raise ListRefused("future", f"the list is of {_moment(found.made_at)}")
    return found


def _parted(file: str) -> tuple[bytes, dict[str, Any], bytes]:
    lines = file.split("\n", 3) if len(file) <= LONGEST and file.isascii() else []
    if len(lines) != 4 or lines[0] != HEAD or lines[3]:
        raise ListRefused("malformed", "not a list of replaced receipts")
    try:
        told = json.loads(_bytes(lines[1]))
    except (ValueError, RecursionError) as error:
        raise ListRefused("malformed", "the list cannot be read") from error
    if not isinstance(told, dict):
        raise ListRefused("malformed", "the list cannot be read")
    return f"{lines[0]}\n{lines[1]}\n".encode(), told, _bytes(lines[2])


def _prove(body: bytes, told: dict[str, Any], signature: bytes, public_key: EllipticCurvePublicKey) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    from receipts.keys import key_id

    if told.get("key") != key_id(public_key).hex():
        raise ListRefused("unknown_key", "the list is signed with another key")
    if len(signature) != SIGNATURE_BYTES:
        raise ListRefused("malformed", "the signature is of the wrong length")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public_key.verify(encode_dss_signature(r, s), body, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise ListRefused("signature", "the list was changed") from error


def _understood(told: dict[str, Any]) -> ReplacementList:
    try:
        names = _bytes(told["replaced"])
        moments = [
            datetime.strptime(told[one], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for one in ("made_at", "next_at")
        ]
        number = told["number"]
    except (KeyError, TypeError, ValueError) as error:
        raise ListRefused("malformed", "the list lacks what it needs") from error
    if type(number) is not int or len(names) % NAME_BYTES:
        raise ListRefused("malformed", "the list lacks what it needs")
    parts = (names[start : start + NAME_BYTES] for start in range(0, len(names), NAME_BYTES))
    return ReplacementList(number, moments[0], moments[1], frozenset(parts))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Canonical base64url only: one list, one text."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ListRefused("malformed", "not base64url") from error
    if _text(data) != text:
        raise ListRefused("malformed", "not base64url")
    return data
