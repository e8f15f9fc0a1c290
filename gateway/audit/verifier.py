"""Check a proof of the audit trail alone: this one file, Python's standard library, no database, no network.

    python verifier.py PROOF.json --key audit.pub [--checkpoint OLDER.txt]

A leaf is one thing that happened, as canonical JSON; the leaves are numbered into a Merkle tree (RFC 9162, section 2.1)
and the tree's head is signed as a note (C2SP tlog-checkpoint and signed-note; Ed25519, RFC 8032). Signatures are always
checked: by the package `cryptography` where it is installed, else by the arithmetic of RFC 8032 written out below.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "thuphi-audit-proof/1"
ED25519 = 1  # the signature type of C2SP signed-note
EMPTY_ROOT = hashlib.sha256(b"").digest()

Check = Callable[[bytes, bytes, bytes], bool]  # public key, signature, message


class ProofError(ValueError):
    """What does not hold, by a stable code."""

    kind = "invalid"

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


# The tree (RFC 9162, section 2.1)


def leaf_hash(body: bytes) -> bytes:
    """Of one leaf."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: it holds the roots of its complete subtrees, one for each bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add the hash of a leaf; the subtrees it completed as (level, index, root), lowest first."""
        node, level, rest = leaf, 0, self.size
        completed = []
        while rest & 1:
            node = node_hash(self._roots.pop(), node)
            level, rest = level + 1, rest >> 1
            completed.append((level, rest, node))
        self._roots.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._roots:
            return EMPTY_ROOT
        found = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            found = node_hash(left, found)
        return found


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that follows from an inclusion proof (section 2.1.3.2). ProofError when the path does not fit."""
    if not 0 <= index < size:
        raise ProofError("proof.position", f"{index} of {size}")
    here, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ProofError("proof.path", "too long")
        if here & 1 or here == last:
            found = node_hash(step, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, step)
        here, last = here >> 1, last >> 1
    if last != 0:
        raise ProofError("proof.path", "too short")
    return found


def check_consistency(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> None:
    """The tree of `first` leaves is the beginning of that of `second` (section 2.1.4.2), or ProofError."""
    if not 0 < first <= second:
        raise ProofError("consistency.sizes", f"{first}, {second}")
    if first == second:
        if path or old != new:
            raise ProofError("consistency.differs", f"two roots of {first} leaves")
        return
    steps = list(path) if first & (first - 1) else [old, *path]  # a complete old tree is its own first step
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    if not steps:
        raise ProofError("consistency.path", "empty")
    left = right = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("consistency.path", "too long")
        if here & 1 or here == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            right = node_hash(right, step)
        here, last = here >> 1, last >> 1
    if last != 0 or (left, right) != (old, new):
        raise ProofError("consistency.differs", f"the first {first} of {second} leaves were changed")


# The signed head


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of the log, as it is published: `name+id+base64` on one line."""

    name: str
    id: bytes
    public: bytes

    def line(self) -> str:
        """The published form (C2SP signed-note, "verifier keys")."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([ED25519]) + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the tree. `time` is RFC 3339, UTC; `text` is what is signed; signatures are (key name, id, bytes)."""

    origin: str
    size: int
    root: bytes
    time: str
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


def key_of(name: str, public: bytes) -> Key:
    """The key with its id: four bytes of the SHA-256 of name and public key."""
    return Key(name, hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:4], public)


def read_keys(text: str) -> list[Key]:
    """One key on each line."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            name, stated, encoded = line.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            key = key_of(name, raw[1:])
        except ValueError:
            raise ProofError("key.unreadable", line[:80]) from None
        if raw[:1] != bytes([ED25519]) or len(raw) != 33 or key.id.hex() != stated:
            raise ProofError("key.unreadable", name[:80])
        found.append(key)
    return found


def checkpoint_text(origin: str, size: int, root: bytes, time: str) -> str:
    """What is signed: origin, size, root, and the time as an extension line."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\ntime {time}\n"


def signed_note(text: str, key: Key, signature: bytes) -> str:
    """The text with its signature line."""
    return f"{text}\n\u2014 {key.name} {base64.b64encode(key.id + signature).decode()}\n"


def read_checkpoint(note: str) -> Checkpoint:
    """The parts of a signed note; nothing of it is believed yet."""
    text, separator, signed = note.partition("\n\n")
    lines = text.split("\n")
    try:
        if not separator or len(lines) != 4 or not lines[3].startswith("time "):
            raise ValueError
        signatures = []
        for line in filter(None, signed.split("\n")):
            dash, name, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
            if dash != "\u2014":
                raise ValueError
            signatures.append((name, raw[:4], raw[4:]))
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        found = Checkpoint(lines[0], size, root, lines[3].removeprefix("time "), text + "\n", tuple(signatures))
    except ValueError:
        raise ProofError("checkpoint.unreadable") from None
    if size < 0 or len(root) != 32 or found.text != checkpoint_text(found.origin, size, root, found.time):
        raise ProofError("checkpoint.unreadable")
    return found


def signer_of(checkpoint: Checkpoint, keys: Sequence[Key], check: Check) -> Key:
    """The key among `keys` that signed it; ProofError when none did, or when a signature of one is wrong."""
    for name, key_id, signature in checkpoint.signatures:
        for key in keys:
            if (key.name, key.id) == (name, key_id):
                if check(key.public, signature, checkpoint.text.encode()):
                    return key
                raise ProofError("checkpoint.forged", f"signature of {name}")
    raise ProofError("checkpoint.unsigned", f"no signature of a known key on the checkpoint of {checkpoint.size}")


# Ed25519 (RFC 8032, section 5.1.7), for machines that have nothing but Python

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]


def _add(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    found: _Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else _P - x
    return x, y, 1, x * y % _P


def plain_check(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature holds, by arithmetic alone (some 10 ms)."""
    base = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    if len(public) != 32 or len(signature) != 64 or base is None:
        return False
    key, commitment = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= _ORDER:
        return False
    asked = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(scalar, base), _add(commitment, _times(asked, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


def best_check() -> Check:
    """By `cryptography` where it is installed: the same answer, a hundred times as fast."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return plain_check

    def check(public: bytes, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


# A proof as it is handed out


@dataclass(frozen=True, slots=True)
class _Parts:
    """A proof as it was read; `leaves` are (number, text, path), `since` the older checkpoint that it continues."""

    leaves: list[tuple[int, str, list[bytes]]]
    checkpoint: str
    keys: str
    since: str | None
    steps: list[bytes]


def verify(proof: Any, keys: Sequence[Key] = (), older: str | None = None) -> dict[str, Any]:
    """What a proof proves; ProofError names what does not hold.

    Without `keys` the proof's own key is used: then it only proves that the parts agree, and who looks must compare the
    key with the one that the agency publishes. `older` is a checkpoint kept from before: the tree must continue it.
    """
    parts, check = _read(proof), best_check()
    trusted = list(keys) or read_keys(parts.keys)
    head = read_checkpoint(parts.checkpoint)
    signer = signer_of(head, trusted, check)
    for position, body, path in parts.leaves:
        if root_of_inclusion(leaf_hash(body.encode()), position, head.size, path) != head.root:
            raise ProofError("proof.leaf", f"leaf {position} is not in the signed tree")
    kept = older if older is not None else parts.since
    return {
        "valid": True,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "time": head.time,
        "key": signer.line(),
        "key_given": bool(keys),
        "continues": None if kept is None else _continued(parts, head, read_checkpoint(kept), trusted, check),
        "leaves": [json.loads(body) for _, body, _ in parts.leaves],
    }


def _read(proof: Any) -> _Parts:
    try:
        if proof["format"] != FORMAT:
            raise ProofError("proof.format", str(proof["format"])[:40])
        leaves = [
            (int(one["position"]), str(one["body"]), [bytes.fromhex(step) for step in one["path"]])
            for one in proof["leaves"]
        ]
        given = proof.get("consistency")
        since = None if given is None else str(given["checkpoint"])
        steps = [] if given is None else [bytes.fromhex(step) for step in given["path"]]
        found = _Parts(leaves, str(proof["checkpoint"]), "\n".join(proof["keys"]), since, steps)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise error if isinstance(error, ProofError) else ProofError("proof.unreadable") from None
    if not leaves:
        raise ProofError("proof.empty")
    return found


def _continued(parts: _Parts, head: Checkpoint, before: Checkpoint, trusted: Sequence[Key], check: Check) -> int:
    """The size of the older checkpoint, once it is proven that the tree continues it."""
    signer_of(before, trusted, check)
    if before.origin != head.origin:
        raise ProofError("consistency.origin", before.origin)
    if parts.since is None or read_checkpoint(parts.since).text != before.text:
        raise ProofError("consistency.missing", f"the proof does not continue the checkpoint of {before.size}")
    check_consistency(before.size, head.size, before.root, head.root, parts.steps)
    return before.size


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 and say what is proven, or exit 1 with the reason."""
    parser = argparse.ArgumentParser(description="Check a proof of the Thu Phí audit trail")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", type=Path, help="the log's published key (audit.pub)")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint kept from before, which must be continued")
    asked = parser.parse_args(arguments)
    try:
        keys = read_keys(asked.key.read_text("utf-8")) if asked.key else []
        older = asked.checkpoint.read_text("utf-8") if asked.checkpoint else None
        found = verify(json.loads(asked.proof.read_text("utf-8")), keys, older)
    except ProofError as error:
        sys.stdout.write(json.dumps({"valid": False, "reason": error.code, "detail": str(error)}) + "\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stdout.write(json.dumps({"valid": False, "reason": "file.unreadable", "detail": str(error)}) + "\n")
        return 1
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    if not keys:
        sys.stderr.write("No --key was given: compare the key above with the one the agency publishes.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
