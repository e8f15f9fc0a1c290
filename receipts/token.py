"""The token in a receipt's QR: the few facts that matter and a P-256 signature, checked without network or server.

Layout, big-endian: version (1) | key id (4) | length of the tax code (1) | tax code | form's last digit (1) |
symbol (5) | number (4) | days since 2000-01-01 (2) | amount in đồng (7) | SHA-256 of `#data` (32) | r || s (64), in
base64url without padding (RFC 4648 section 5).
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from receipts.model import ReceiptError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from receipts.keys import TokenKey

VERSION = 1
PATH = "/vi/receipts/verify"
LONGEST = 1_000  # characters; a printed address with its token stays far below
EPOCH = date(2000, 1, 1)
SIGNATURE = 64
FORM_PREFIX = "EBL0"

_HEAD = struct.Struct(">B4sB")
_TAIL = struct.Struct(">c5sIH7s32s")
_TAX_CODE = re.compile(rb"[0-9-]{10,14}")
_SYMBOL = re.compile(rb"[0-9]{2}T[A-Z]{2}")
_TEXT = re.compile(r"[A-Za-z0-9_-]+")


class TokenRefused(ReceiptError):
    """A token that proves nothing; `code` is one of the constants of this class."""

    MALFORMED: ClassVar = "token.malformed"
    VERSION: ClassVar = "token.version"
    UNKNOWN_KEY: ClassVar = "token.unknown_key"
    SIGNATURE: ClassVar = "token.signature"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token says. `amount` in đồng; `digest` is the DigestValue of `#data` (base64); `key_id` in hexadecimal."""

    tax_code: str
    form: str
    symbol: str
    number: int
    day: date
    amount: int
    digest: str
    key_id: str = ""


def make(facts: TokenFacts, key: TokenKey) -> str:
    """The token of a receipt; the key's own id stands in it. The same facts and key give the same token."""
    tax_code = facts.tax_code.encode("ascii")
    body = (
        _HEAD.pack(VERSION, key.key_id, len(tax_code))
        + tax_code
        + _TAIL.pack(
            facts.form.removeprefix(FORM_PREFIX).encode("ascii"),
            facts.symbol.encode("ascii"),
            facts.number,
            (facts.day - EPOCH).days,
            facts.amount.to_bytes(7, "big"),
            base64.b64decode(facts.digest, validate=True),
        )
    )
    return base64.urlsafe_b64encode(body + key.sign(body)).rstrip(b"=").decode()


def printed(base_url: str, token: str) -> str:
    """The QR's text: the address of the verification page with the token."""
    return f"{base_url.rstrip('/')}{PATH}?t={token}"


def check(text: str, public_key: EllipticCurvePublicKey) -> TokenFacts:
    """The facts of a bare token or a printed address, proven by `public_key`. Raises TokenRefused."""
    raw = _decode(_bare(text))
    facts = _read(raw[:-SIGNATURE])
    _prove(raw, facts, public_key)
    return facts


def _bare(text: str) -> str:
    """The token inside a printed address, or the text itself."""
    if len(text) > LONGEST:
        raise TokenRefused(TokenRefused.MALFORMED, "too long for a token")
    if "://" not in text:
        return text.strip()
    try:
        found = parse_qs(urlsplit(text.strip()).query).get("t", [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise TokenRefused(TokenRefused.MALFORMED, "the address holds no single token")
    return found[0]


def _decode(token: str) -> bytes:
    """Canonical base64url only: one receipt, one text."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) if _TEXT.fullmatch(token) else b""
    except binascii.Error:
        raw = b""
    if len(raw) <= SIGNATURE or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise TokenRefused(TokenRefused.MALFORMED, "not a token")
    return raw


def _read(body: bytes) -> TokenFacts:
    if body[0] != VERSION:
        raise TokenRefused(TokenRefused.VERSION, f"version {body[0]} is not known")
    if len(body) < _HEAD.size or len(body) != _HEAD.size + body[_HEAD.size - 1] + _TAIL.size:
        raise TokenRefused(TokenRefused.MALFORMED, "of the wrong length")
    _, key, length = _HEAD.unpack_from(body)
    tax_code = body[_HEAD.size : _HEAD.size + length]
    form, symbol, number, days, amount, digest = _TAIL.unpack_from(body, _HEAD.size + length)
    if not (_TAX_CODE.fullmatch(tax_code) and _SYMBOL.fullmatch(symbol) and form in (b"1", b"2")):
        raise TokenRefused(TokenRefused.MALFORMED, "its facts are not those of a receipt")
    return TokenFacts(
        tax_code=tax_code.decode(),
        form=FORM_PREFIX + form.decode(),
        symbol=symbol.decode(),
        number=number,
        day=EPOCH + timedelta(days=days),
        amount=int.from_bytes(amount, "big"),
        digest=base64.b64encode(digest).decode(),
        key_id=key.hex(),
    )


def _prove(raw: bytes, facts: TokenFacts, public_key: EllipticCurvePublicKey) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    from receipts.keys import key_id

    if facts.key_id != key_id(public_key).hex():
        raise TokenRefused(TokenRefused.UNKNOWN_KEY, f"signed with key {facts.key_id}, not with the one given")
    body, proof = raw[:-SIGNATURE], raw[-SIGNATURE:]
    r, s = int.from_bytes(proof[:32], "big"), int.from_bytes(proof[32:], "big")
    try:
        public_key.verify(encode_dss_signature(r, s), body, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise TokenRefused(TokenRefused.SIGNATURE, "the signature is not of these facts") from error
