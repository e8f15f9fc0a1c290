"""Several signers at once, each from where it is kept; one that is missing never hides the others."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from receipts import custody
from receipts.keys import KeyUnusable
from receipts.pki import DemoKeys, demo_pki
from receipts.remote import RemoteSigner
from tests.receipts.forge import NOW


@pytest.fixture
def keys(tmp_path: Path) -> DemoKeys:
    return demo_pki(tmp_path / "keys", now=NOW)


def put(keys: DemoKeys, *entries: object) -> None:
    (keys.directory / custody.LIST).write_text(json.dumps(entries))


def test_the_pair_and_its_successor(keys: DemoKeys, tmp_path: Path) -> None:
    later = demo_pki(tmp_path / "later", now=NOW + timedelta(days=300))
    shutil.copy(later.signer_certificate, keys.directory / "signer-2027.pem")
    shutil.copy(later.signer_key, keys.directory / "signer-2027.key")
    found = custody.look(keys.directory)
    assert [one.certificate for one in found.signers] == [later.signer().certificate, keys.signer().certificate]
    assert found.troubles == ()
    assert custody.look(keys.directory).signers == found.signers  # read once


def test_a_pkcs12_file_and_a_remote_account(keys: DemoKeys) -> None:
    signer = keys.signer()
    key = load_pem_private_key(keys.signer_key.read_bytes(), None)
    sealed = pkcs12.serialize_key_and_certificates(
        b"seal", key, signer.certificate, None, BestAvailableEncryption(b"pin")
    )  # type: ignore[arg-type]
    (keys.directory / "seal.p12").write_bytes(sealed)
    (keys.directory / "seal.pin").write_text("pin\n")
    keys.signer_key.unlink()
    put(
        keys,
        {"kind": "pkcs12", "file": "seal.p12", "password_file": "seal.pin"},
        {
            "kind": "remote",
            "url": "http://127.0.0.1:9",
            "account": "a",
            "secret_file": "seal.pin",
            "certificate": "signer.pem",
        },
    )
    first, second = custody.look(keys.directory).signers
    assert first.sign(b"data") == signer.sign(b"data")
    assert isinstance(second, RemoteSigner) and second.subject == signer.subject


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "smoke"},
        {"kind": "pkcs12", "file": "none.p12", "password_file": "none"},
        {"kind": "pkcs12"},
        "signer",
        {"kind": "pkcs11", "library": "/no/such.so", "token": "T", "key": "K", "pin_file": "pin"},
    ],
)
def test_what_cannot_be_used_is_told_and_the_rest_is_there(keys: DemoKeys, entry: object) -> None:
    put(keys, entry)
    found = custody.look(keys.directory)
    assert len(found.signers) == 1
    assert [one.kind for one in found.troubles] == ["unavailable"]


def test_a_list_that_is_none(keys: DemoKeys) -> None:
    (keys.directory / custody.LIST).write_text("{}")
    with pytest.raises(KeyUnusable, match="not a list"):
        custody.look(keys.directory)
