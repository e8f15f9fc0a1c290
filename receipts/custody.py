"""Which signers an installation has: PEM pairs in its key directory, and what `signers.json` there says of devices.

Several at once, because a certificate is followed by the next with an overlap: `signer.pem` and `signer.key`, then
`signer-2027.pem` and `signer-2027.key` beside them. `signers.json` is a list of objects, secrets always in files of
their own:

    {"kind": "pkcs12", "file": "seal.p12", "password_file": "seal.pin"}
    {"kind": "pkcs11", "library": "/usr/lib/token.so", "token": "SEAL", "key": "signer", "pin_file": "seal.pin",
     "certificate": "seal.pem"?}
    {"kind": "remote", "url": "https://...", "account": "...", "secret_file": "remote.key", "certificate": "seal.pem"}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509

from receipts.keys import FileSigner, KeyUnusable, Signer, file_signer
from receipts.model import ReceiptError

LIST = "signers.json"


@dataclass(frozen=True, slots=True)
class Custody:
    """The signers that can be used, and what is the matter with the others (a token not plugged in, a PIN refused)."""

    signers: tuple[Signer, ...]
    troubles: tuple[ReceiptError, ...]


def look(directory: Path) -> Custody:
    """All signers of a key directory; a device is opened once and kept, one that could not be is tried again."""
    signers: list[Signer] = []
    troubles: list[ReceiptError] = []
    for made in (*_pairs(directory), *_listed(directory)):
        try:
            signers.append(made())
        except ReceiptError as error:
            troubles.append(error)
    return Custody(tuple(signers), tuple(troubles))


def _pairs(directory: Path) -> Iterator[Callable[[], Signer]]:
    for certificate in sorted(directory.glob("signer*.pem")):
        if (key := certificate.with_suffix(".key")).is_file():
            yield partial(file_signer, key, certificate)


_opened: dict[tuple[Path, str], Signer] = {}


def _listed(directory: Path) -> Iterator[Callable[[], Signer]]:
    if not (directory / LIST).is_file():
        return
    for entry in _entries(directory / LIST):
        yield partial(_kept, directory, entry)


def _entries(file: Path) -> list[Any]:
    try:
        entries = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise KeyUnusable(f"cannot read {file.name}") from error
    if not isinstance(entries, list):
        raise KeyUnusable(f"{file.name} is not a list")
    return entries


def _kept(directory: Path, entry: Any) -> Signer:
    place = directory, json.dumps(entry, sort_keys=True)
    if place not in _opened:
        try:
            _opened[place] = _KINDS[entry["kind"]](directory, entry)
        except (KeyError, TypeError) as error:
            raise KeyUnusable(f"{LIST}: an entry is of no known kind, or lacks {error}") from error
        except OSError as error:
            raise KeyUnusable(f"{LIST}: a file cannot be read") from error
    return _opened[place]


def _pkcs12(directory: Path, entry: dict[str, str]) -> Signer:
    password = _secret(directory / entry["password_file"]).encode()
    return FileSigner.from_pkcs12(directory / entry["file"], password)


def _pkcs11(directory: Path, entry: dict[str, str]) -> Signer:
    from receipts.hardware import Device, HardwareSigner

    certificate = _certificate(directory / entry["certificate"]) if "certificate" in entry else None
    device = Device(Path(entry["library"]), entry["token"], entry["key"], directory / entry["pin_file"])
    return HardwareSigner(device, certificate)


def _remote(directory: Path, entry: dict[str, str]) -> Signer:
    from receipts.remote import RemoteSigner, http_service

    service = http_service(entry["url"], entry["account"], _secret(directory / entry["secret_file"]))
    return RemoteSigner(service, _certificate(directory / entry["certificate"]))


_KINDS: dict[str, Callable[[Path, dict[str, str]], Signer]] = {"pkcs12": _pkcs12, "pkcs11": _pkcs11, "remote": _remote}


def _secret(file: Path) -> str:
    return file.read_text("utf-8").strip()


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError as error:
        raise KeyUnusable(f"cannot read {file.name}") from error
