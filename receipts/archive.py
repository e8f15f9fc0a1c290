"""A package that proves its receipts by itself, in ten years as well: files, chain, revocation, time stamps, proofs.

One ZIP, stored and not compressed, in a fixed order with fixed times, so that the same receipts give the same bytes:

    manifest.json                     what is in it, each file with its SHA-256 and size
    chain/<sha256>.pem                certificates of signers, authorities and time stampers
    revocation/<sha256>.crl, .ocsp    lists of the authorities (RFC 5280, 5), answers of their responders (RFC 6960)
    receipts/<form>-<symbol>-<number>/receipt.xml, receipt.pdf, stamp.tst, stamped.xml, proof.json

`stamped.xml` is the canonical SignatureValue that `stamp.tst` is of (`openssl ts -verify -data stamped.xml -in stamp.tst
-token_in`). What it proves needs the package and the authority's certificate, which is trusted from elsewhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from receipts import timestamp
from receipts.model import ReceiptError

if TYPE_CHECKING:
    from cryptography import x509

FORMAT = "thuphi-archive-1"
MANIFEST = "manifest.json"
WHEN = (1980, 1, 1, 0, 0, 0)  # of every entry: the package tells its times inside
LARGEST_FILE = 5_000_000  # bytes of one file when read
MOST_FILES = 1_000_000


class ArchiveUnreadable(ReceiptError):
    """Not a package of this product."""

    code = "archive.unreadable"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the archive holds of one receipt; None is not there."""

    form: str
    symbol: str
    number: int
    xml: bytes = field(repr=False)
    pdf: bytes | None = field(default=None, repr=False)
    stamp: bytes | None = field(default=None, repr=False)  # TimeStampToken
    proof: bytes | None = field(default=None, repr=False)  # of the audit tree, JSON

    @property
    def directory(self) -> str:
        return f"receipts/{self.form}-{self.symbol}-{self.number:08d}"


def pack(
    receipts: Iterable[Kept],
    *,
    chain: Sequence[x509.Certificate],
    revocation: Sequence[x509.CertificateRevocationList] = (),
    answers: Sequence[bytes] = (),
    made_at: str,
) -> bytes:
    """The package; `answers` are OCSPResponses in DER, `made_at` in RFC 3339. Raises Refused when a file is no signed receipt."""
    files: dict[str, bytes] = {}
    for directory, name, data in _shared(chain, revocation, answers):
        files[f"{directory}/{name}"] = data
    for one in sorted(receipts, key=lambda kept: kept.directory):
        files.update((f"{one.directory}/{name}", data) for name, data in _of_receipt(one))
    listed = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()
    ]
    manifest = {"format": FORMAT, "made_at": made_at, "files": listed}
    return _zipped({MANIFEST: (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()} | files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name, WHEN), data)
    return out.getvalue()


def unpack(package: bytes) -> tuple[dict[str, bytes], list[str]]:
    """The files, and the names of what is damaged: changed, missing, too many, twice there, or the package around them.

    Raises ArchiveUnreadable.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as opened:
            entries = opened.infolist()
            if len(entries) > MOST_FILES or any(one.file_size > LARGEST_FILE for one in entries[1:]):
                raise ArchiveUnreadable("too large")
            if any(one.compress_type != zipfile.ZIP_STORED for one in entries):
                raise ArchiveUnreadable("compressed")
            found = {one.filename: _read(opened, one) for one in entries}
        whole = {name: data for name, data in found.items() if data is not None}
        manifest = json.loads(whole.pop(MANIFEST, b""))
        listed = {one["name"]: (one["sha256"], one["bytes"]) for one in manifest["files"]}
        if manifest["format"] != FORMAT:
            raise ArchiveUnreadable(f"format {manifest['format']}")
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError, NotImplementedError, RuntimeError) as error:
        raise ArchiveUnreadable("not a package of receipts") from error
    damaged = {name for name in found if name not in listed and name != MANIFEST}
    for name, known in listed.items():
        data = whole.get(name)
        if data is None or (hashlib.sha256(data).hexdigest(), len(data)) != known:
            damaged.add(name)
    if not damaged and _zipped({MANIFEST: found[MANIFEST] or b""} | whole) != package:
        damaged.add("package")  # some byte between the files is not as it was written
    return whole, sorted(damaged)


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """None where the ZIP's own checksum already says that the bytes were changed."""
    try:
        return opened.read(entry)
    except (zipfile.BadZipFile, EOFError):
        return None


def _shared(
    chain: Sequence[x509.Certificate],
    revocation: Sequence[x509.CertificateRevocationList],
    answers: Sequence[bytes],
) -> Iterator[tuple[str, str, bytes]]:
    from cryptography.hazmat.primitives.serialization import Encoding

    certificates = sorted({one.public_bytes(Encoding.PEM) for one in chain})
    lists = sorted({one.public_bytes(Encoding.DER) for one in revocation})
    yield from (("chain", f"{hashlib.sha256(data).hexdigest()}.pem", data) for data in certificates)
    yield from (("revocation", f"{hashlib.sha256(data).hexdigest()}.crl", data) for data in lists)
    yield from (("revocation", f"{hashlib.sha256(data).hexdigest()}.ocsp", data) for data in sorted(set(answers)))


def _of_receipt(one: Kept) -> Iterator[tuple[str, bytes]]:
    yield "receipt.xml", one.xml
    if one.pdf is not None:
        yield "receipt.pdf", one.pdf
    if one.stamp is not None:
        yield "stamp.tst", one.stamp
        yield "stamped.xml", timestamp.signature_value(one.xml)
    if one.proof is not None:
        yield "proof.json", one.proof
