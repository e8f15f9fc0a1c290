"""Personal data at rest: AES-256-GCM, bound to the table, column and row it stands in, with key rotation by id.

A sealed value is `version | key id | nonce | ciphertext+tag`; moving it to another place makes it unreadable, because
the place is the additional authenticated data (NIST SP 800-38D). Look-ups use a keyed digest, never the plain value.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32


class SealBroken(Exception):
    """The value was changed, moved, or sealed under a key this process does not have."""

    kind = "unavailable"
    code = "vault.seal_broken"


class Vault:
    """Seals and unseals; holds every known key, seals with the current one."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("a vault key has 32 bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current
        self._index_key = hashlib.sha256(b"thuphi blind index" + keys[min(keys)]).digest()

    def __repr__(self) -> str:
        return f"Vault(keys={sorted(self._ciphers)}, current={self._current})"

    def seal(self, place: str, data: bytes) -> bytes:
        """Encrypt `data` for `place` (`table.column.row`)."""
        nonce = os.urandom(12)
        sealed = self._ciphers[self._current].encrypt(nonce, data, place.encode())
        return VERSION + bytes([self._current]) + nonce + sealed

    def unseal(self, place: str, sealed: bytes) -> bytes:
        """The bytes that were sealed for `place`; SealBroken otherwise."""
        cipher = self._ciphers.get(sealed[1]) if sealed[:1] == VERSION and len(sealed) > 30 else None
        if cipher is None:
            raise SealBroken("unknown vault key or format")
        try:
            return cipher.decrypt(bytes(sealed[2:14]), bytes(sealed[14:]), place.encode())
        except InvalidTag:
            raise SealBroken("sealed value does not belong here") from None

    def blind(self, label: str, value: str) -> str:
        """A keyed digest for equality look-ups (identity numbers, phones)."""
        return hmac.new(self._index_key, f"{label}\0{value}".encode(), hashlib.sha256).hexdigest()


def load_or_create(path: Path) -> Vault:
    """The vault whose single key lies in `path`; made on first use, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(os.urandom(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    return Vault({1: path.read_bytes()}, 1)
