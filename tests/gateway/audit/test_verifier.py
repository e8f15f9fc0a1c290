"""The auditor's one file: the tree against its definition, proofs against every bend, signatures against RFC 8032."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit import keys, verifier
from gateway.audit.keys import LogKey
from gateway.audit.verifier import Frontier, ProofError
from tests.gateway.audit.defined import consistency, inclusion, root

LEAVES = [hashlib.sha256(bytes([n])).digest() for n in range(70)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 31, 33, 64, 70])
def test_a_growing_tree_has_the_root_of_the_definition(size: int) -> None:
    frontier = Frontier()
    completed = [found for leaf in LEAVES[:size] for found in frontier.append(leaf)]
    assert frontier.root() == root(LEAVES[:size])
    for level, position, value in completed:
        assert value == root(LEAVES[position << level : (position + 1) << level])


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(size: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, size - 1))
    path = inclusion(position, LEAVES[:size])
    assert verifier.root_of_inclusion(LEAVES[position], position, size, path) == root(LEAVES[:size])
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != position)) if size > 1 else None
    if other is not None:
        assert _root_or_none(LEAVES[other], position, size, path) != root(LEAVES[:size])
        assert _root_or_none(LEAVES[position], other, size, path) != root(LEAVES[:size])
    for bent in (path[:-1] if path else [LEAVES[0]], [*path, LEAVES[0]]):
        with pytest.raises(ProofError):
            verifier.root_of_inclusion(LEAVES[position], position, size, bent)


def _root_or_none(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    try:
        return verifier.root_of_inclusion(leaf, position, size, path)
    except ProofError:
        return None


@given(st.integers(1, 70), st.data())
def test_a_consistency_proof_holds_for_its_beginning_alone(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    old, new, path = root(LEAVES[:first]), root(LEAVES[:size]), consistency(first, LEAVES[:size])
    verifier.check_consistency(first, size, old, new, path)
    stray = hashlib.sha256(b"stray").digest()
    for bent in ([*path, stray], path[:-1] or [stray], [stray, *path[1:]]):
        with pytest.raises(ProofError):
            verifier.check_consistency(first, size, old, new, bent)
    changed = root([LEAVES[-1], *LEAVES[1:first]]) if first > 1 else LEAVES[3]
    with pytest.raises(ProofError):
        verifier.check_consistency(first, size, changed, new, path)


def test_the_plain_arithmetic_is_that_of_rfc_8032() -> None:
    """Section 7.1, test 3; then the same answers as `cryptography` gives, for good and bent signatures."""
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert verifier.plain_check(public, signature, bytes.fromhex("af82"))
    quick = verifier.best_check()
    assert quick is not verifier.plain_check
    key = Ed25519PrivateKey.generate()
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"message")
    cases = [(public, signature, b"message"), (public, signature, b"Message"), (public, signature[:63], b"message")]
    cases += [(public, signature[:n] + bytes([signature[n] ^ 1]) + signature[n + 1 :], b"message") for n in (0, 31, 40)]
    cases += [(b"\xff" * 32, signature, b"message"), (public, signature[:32] + b"\xff" * 32, b"message")]
    assert [verifier.plain_check(*case) for case in cases] == [quick(*case) for case in cases] == [True] + [False] * 7


@pytest.fixture
def key(tmp_path: Path) -> LogKey:
    return keys.make(tmp_path / "keys")


def _note(key: LogKey, size: int, leaves: Sequence[bytes]) -> str:
    return key.note(verifier.checkpoint_text("log", size, root(leaves), "2026-11-24T02:30:00.000Z"))


def _proof(key: LogKey) -> dict[str, Any]:
    bodies = [json.dumps({"n": n}) for n in range(20)]
    hashes = [verifier.leaf_hash(body.encode()) for body in bodies]
    path = [step.hex() for step in inclusion(7, hashes)]
    return {
        "format": verifier.FORMAT,
        "checkpoint": _note(key, 20, hashes),
        "keys": [key.public.line()],
        "leaves": [{"position": 7, "body": bodies[7], "path": path}],
        "consistency": {
            "checkpoint": _note(key, 11, hashes[:11]),
            "path": [step.hex() for step in consistency(11, hashes)],
        },
    }


def test_keys_and_notes_read_back(key: LogKey) -> None:
    assert verifier.read_keys(key.public.line() + "\n\n") == [key.public]
    note = _note(key, 3, LEAVES[:3])
    found = verifier.read_checkpoint(note)
    assert (found.origin, found.size, found.root) == ("log", 3, root(LEAVES[:3]))
    assert verifier.signer_of(found, [key.public], verifier.plain_check) == key.public
    for bent in (
        "",
        "log\n3\n",
        note.replace("\n3\n", "\n03\n"),
        note.replace("time", "at"),
        note.replace("\u2014", "-"),
    ):
        with pytest.raises(ProofError, match="unreadable"):
            verifier.read_checkpoint(bent)
    with pytest.raises(ProofError, match="forged"):
        bent_note = verifier.read_checkpoint(note.replace("\n3\n", "\n4\n"))
        verifier.signer_of(bent_note, [key.public], verifier.plain_check)


def test_a_proof_is_checked_with_nothing_but_python(key: LogKey, tmp_path: Path) -> None:
    """In isolated mode (-I) nothing of this project or of the installed packages is found; -S leaves packages out."""
    files = {"proof.json": json.dumps(_proof(key)), "audit.pub": key.public.line(), "old.txt": ""}
    files["old.txt"] = _proof(key)["consistency"]["checkpoint"]
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "verifier.py").write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", "verifier.py", "proof.json", "--key", "audit.pub", "--checkpoint", "old.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["valid"], told["size"], told["continues"], told["leaves"]) == (True, 20, 11, [{"n": 7}])
    assert told["key_given"] is True


Bend = Callable[[dict[str, Any]], object]

BENDS: dict[str, tuple[Bend, str]] = {
    "another text": (lambda p: p["leaves"][0].update(body='{"n": 8}'), "proof.leaf"),
    "another place": (lambda p: p["leaves"][0].update(position=8), "proof.leaf"),
    "beyond the tree": (lambda p: p["leaves"][0].update(position=20), "proof.position"),
    "a shorter path": (lambda p: p["leaves"][0]["path"].pop(), "proof.path"),
    "no leaf": (lambda p: p["leaves"].clear(), "proof.empty"),
    "another format": (lambda p: p.update(format="x"), "proof.format"),
    "a larger tree": (lambda p: p.update(checkpoint=p["checkpoint"].replace("\n20\n", "\n21\n")), "checkpoint.forged"),
    "no signature": (lambda p: p.update(checkpoint=p["checkpoint"].split("\u2014")[0]), "checkpoint.unsigned"),
    "no list": (lambda p: p.update(leaves=3), "proof.unreadable"),
    "a bent key": (lambda p: p.update(keys=["x+00000000+AAAA"]), "key.unreadable"),
    "a bent step": (lambda p: p["consistency"]["path"].reverse(), "consistency.differs"),
}


@pytest.mark.parametrize(("bend", "code"), BENDS.values(), ids=BENDS)
def test_a_bent_proof_is_refused_with_its_reason(bend: Bend, code: str, key: LogKey) -> None:
    proof = _proof(key)
    assert verifier.verify(proof)["key_given"] is False
    bend(proof)
    with pytest.raises(ProofError) as refused:
        verifier.verify(proof)
    assert refused.value.code == code


def test_a_proof_under_another_key_or_past_another_checkpoint_is_refused(key: LogKey, tmp_path: Path) -> None:
    stranger, proof = keys.make(tmp_path / "stranger"), _proof(key)
    with pytest.raises(ProofError, match=r"checkpoint\.unsigned"):
        verifier.verify(proof, [stranger.public])
    with pytest.raises(ProofError, match=r"consistency\.missing"):
        verifier.verify(proof, [key.public], _note(key, 11, LEAVES[:11]))
