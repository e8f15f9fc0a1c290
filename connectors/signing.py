"""How providers sign: one function pair per signature family; a provider is a table of field names over one of them.

VietinBank: values joined without separator, empty ones skipped, RSA of at least 2048 bits over SHA-256, PKCS#1 v1.5
(RFC 8017, 8.2), base64. VNPAY: HMAC-SHA512 (RFC 2104), hex, over a sorted form or over values joined by `|`. payOS,
SePay, MoMo, ZaloPay: HMAC-SHA256, hex, over `k=v&k=v`, over a timestamp and the body, or over values joined by `|`. VNPT
Pay: plain SHA-256, hex, over values joined by `|` with the secret as the last. The same text and key give the same
signature, so what we send is reproducible.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

MINIMUM_BITS = 2048

_HEX = re.compile("[0-9A-Fa-f]+")
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


class KeyUnreadable(ValueError):
    """A key in the settings is not the PEM of an RSA key long enough. The text never quotes the key."""

    kind = "invalid"
    code = "key.unreadable"


def joined(values: Iterable[str]) -> str:
    """The signed text: values one after the other. Nothing tells where one ends and the next begins."""
    return "".join(values)


def fingerprint(values: Iterable[str]) -> str:
    """Hex SHA-256 of the values, each apart from the next: what a repeat must repeat."""
    content = json.dumps(list(values), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def ambiguous(fields: Mapping[str, str], joint: str, *, free: str = "") -> str:
    """The first field whose value holds the joint of the signed text, empty where none does.

    One field at most, `free`, may hold it: with two, what stands between them could belong to either.
    """
    return next((name for name, value in fields.items() if joint in value and name != free), "")


def piped(values: Iterable[str]) -> str:
    """The signed text: values joined by `|`, empty ones keep their place. A value that holds `|` makes it ambiguous."""
    return "|".join(values)


def sorted_form(fields: Mapping[str, str]) -> str:
    """The signed text: `k=v&k=v`, sorted by name, values form-encoded (a blank is `+`), empty ones left out."""
    return urlencode(sorted((name, value) for name, value in fields.items() if value))


def pairs(fields: Iterable[tuple[str, str]]) -> str:
    """The signed text: `k=v&k=v` in the order given, values as they are. A value that holds `&` makes it ambiguous."""
    return "&".join(f"{name}={value}" for name, value in fields)


def hmac_sha256_sign(text: str, secret: str) -> str:
    """Hex, lower case, over the UTF-8 bytes."""
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def hmac_sha256_holds(text: str, signature: str, secret: str) -> bool:
    """Whether `signature` is the text's, in whichever case its hex digits come."""
    return _same_hex(hmac_sha256_sign(text, secret), signature)


def hmac_sha512_sign(text: str, secret: str) -> str:
    """Hex, lower case, over the UTF-8 bytes."""
    return hmac.digest(secret.encode(), text.encode(), "sha512").hex()


def hmac_sha512_holds(text: str, signature: str, secret: str) -> bool:
    """Whether `signature` is the text's, in whichever case its hex digits come."""
    return _same_hex(hmac_sha512_sign(text, secret), signature)


def sha256_sign(values: Iterable[str], secret: str) -> str:
    """Hex, lower case, over `values` and the secret joined by `|`."""
    return hashlib.sha256(piped([*values, secret]).encode()).hexdigest()


def sha256_holds(values: Iterable[str], signature: str, secret: str) -> bool:
    """Whether `signature` is the values', in whichever case its hex digits come."""
    return _same_hex(sha256_sign(values, secret), signature)


def _same_hex(expected: str, given: str) -> bool:
    return bool(_HEX.fullmatch(given)) and hmac.compare_digest(expected, given.lower())


def rsa_sha256_sign(text: str, private_key: str) -> str:
    """Base64 signature over the UTF-8 bytes. `private_key` is PEM. Raises KeyUnreadable."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = _private(private_key).sign(text.encode(), PKCS1v15(), SHA256())
    return base64.b64encode(signature).decode("ascii")


def rsa_sha256_holds(text: str, signature: str, public_keys: str) -> bool:
    """Whether one of the keys signed the text.

    `public_keys` holds one PEM (public key or certificate) or several: a bank's next key is added before the change.
    Raises KeyUnreadable for the keys; a signature that cannot be read simply does not hold.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    keys = _public(public_keys)
    raw = _decoded(signature)
    for key in keys if raw else ():
        try:
            key.verify(raw, text.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _decoded(signature: str) -> bytes:
    """Some banks wrap base64 at 76 characters; anything else foreign in it makes it no signature."""
    try:
        return base64.b64decode("".join(signature.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


@lru_cache(maxsize=64)
def _public(pems: str) -> tuple[RSAPublicKey, ...]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys: list[RSAPublicKey] = []
    for block in _PEM.finditer(pems):
        pem = block[0].encode()
        try:
            certified = block[1] == "CERTIFICATE"
            key = x509.load_pem_x509_certificate(pem).public_key() if certified else load_pem_public_key(pem)
        except Exception as error:
            raise KeyUnreadable("the public key cannot be read") from error
        if not isinstance(key, RSAPublicKey) or key.key_size < MINIMUM_BITS:
            raise KeyUnreadable(f"the public key must be RSA of at least {MINIMUM_BITS} bits")
        keys.append(key)
    if not keys:
        raise KeyUnreadable("the public key must be PEM")
    return tuple(keys)


@lru_cache(maxsize=16)
def _private(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except Exception:
        raise KeyUnreadable("the private key cannot be read") from None  # the cause may quote what it read
    if not isinstance(key, RSAPrivateKey) or key.key_size < MINIMUM_BITS:
        raise KeyUnreadable(f"the private key must be RSA of at least {MINIMUM_BITS} bits")
    return key
