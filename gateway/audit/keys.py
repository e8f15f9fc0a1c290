"""The log's own key: an Ed25519 pair that signs checkpoints and nothing else; only the worker's machine holds it.

`audit.key` is the private key (PKCS#8 PEM); `audit.pub` holds the public keys to trust, one on a line, in the form that
is published (C2SP signed-note): after a change of keys the old line stays, so that old checkpoints can be checked.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.audit import verifier
from gateway.audit.verifier import Key, ProofError
from gateway.kernel.errors import Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE, PUBLIC = "audit.key", "audit.pub"


class LogKeyUnusable(Invalid):
    """The log's key cannot be read, or is no Ed25519 key."""

    code = "audit.key_unusable"


@dataclass(frozen=True, slots=True)
class LogKey:
    """A private key with the name it signs under."""

    public: Key
    private: Ed25519PrivateKey = field(repr=False)

    def note(self, text: str) -> str:
        """The text as a signed note."""
        return verifier.signed_note(text, self.public, self.private.sign(text.encode()))


def make(directory: Path) -> LogKey:
    """The log's key, made if there is none; a key that is there is never written over. Raises LogKeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (directory / PRIVATE).exists():
        private = Ed25519PrivateKey.generate()
        _write(directory / PRIVATE, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load(directory)
    assert key is not None
    known = trusted(directory)
    if key.public not in known:
        lines = "".join(f"{one.line()}\n" for one in (*known, key.public))
        _write(directory / PUBLIC, lines.encode())
    return key


def load(directory: Path) -> LogKey | None:
    """The key in `directory`; None where there is none. Raises LogKeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key((directory / PRIVATE).read_bytes(), None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise _unusable(PRIVATE) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise _unusable(PRIVATE)
    raw = private.public_key().public_bytes_raw()
    return LogKey(verifier.key_of(f"thuphi-audit-{hashlib.sha256(raw).hexdigest()[:8]}", raw), private)


def trusted(directory: Path) -> list[Key]:
    """The public keys that checkpoints are checked with; none where there is no file. Raises LogKeyUnusable."""
    try:
        return verifier.read_keys((directory / PUBLIC).read_text("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _unusable(PUBLIC) from (error if isinstance(error, ProofError) else None)


def _unusable(name: str) -> LogKeyUnusable:
    return LogKeyUnusable(f"Không đọc được {name}.", f"Cannot read {name}.", field=name)


def _write(file: Path, data: bytes) -> None:
    """All or nothing, readable by the owner alone."""
    draft = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
