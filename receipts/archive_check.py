"""Prove an archive package from itself and the certificates that are trusted: each receipt, each file, each time.

A receipt is believed at the time of its stamp, else of its signature: certificates end, signatures made before do not
(ETSI EN 319 102-1, 5.6). A certificate that its authority's list or responder calls revoked before that time is not
believed, and one revoked later only where a stamp proves that the signature was there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from receipts import timestamp
from receipts.archive import unpack
from receipts.chain import ChainBroken
from receipts.ocsp import AnswerRefused
from receipts.pdf_check import attached, sealed_by
from receipts.printed import read_signed
from receipts.refused import Refused
from receipts.revocation import Evidence, refuse_revoked
from receipts.timestamp import Stamp, StampRefused
from receipts.trust import issuer
from receipts.verify import Verified, verify

_DER = Encoding.DER


@dataclass(frozen=True, slots=True)
class Flaw:
    """What does not hold, and where."""

    name: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Proven:
    """A package's verdict: flaws (none: all of it holds), and what is not there without being wrong."""

    receipts: int
    stamped: int
    proofs: int
    flaws: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]


def examine(package: bytes, *, trust: Sequence[x509.Certificate]) -> Proven:
    """Everything the package claims, held against `trust`. Raises ArchiveUnreadable."""
    files, damaged = unpack(package)
    flaws = [Flaw(name, "archive.damaged", "not the bytes that the manifest names") for name in damaged]
    warnings: list[Flaw] = []
    shared = _Shared(files, trust, flaws)
    directories = sorted({name.rpartition("/")[0] for name in files if name.startswith("receipts/")})
    stamped = 0
    for directory in directories:
        mine = {name.rpartition("/")[2]: data for name, data in files.items() if name.startswith(f"{directory}/")}
        stamped += _receipt(directory, mine, shared, flaws, warnings)
    proofs = sum(name.endswith("/proof.json") for name in files)
    return Proven(len(directories), stamped, proofs, tuple(flaws), tuple(warnings))


class _Shared:
    """The package's own certificates, revocation lists and responders' answers, as far as they can be read."""

    def __init__(self, files: dict[str, bytes], trust: Sequence[x509.Certificate], flaws: list[Flaw]) -> None:
        self.trust = list(trust)
        lists: list[x509.CertificateRevocationList] = []
        answers = [data for name, data in files.items() if name.startswith("revocation/") and name.endswith(".ocsp")]
        self.chain: set[bytes] = set()
        for name, data in files.items():
            try:
                if name.startswith("chain/"):
                    self.chain.add(x509.load_pem_x509_certificate(data).public_bytes(_DER))
                elif name.startswith("revocation/") and not name.endswith(".ocsp"):
                    lists.append(x509.load_der_x509_crl(data))
            except (ValueError, x509.InvalidVersion):
                flaws.append(Flaw(name, "archive.unreadable", "cannot be read"))
        self.evidence = Evidence(tuple(lists), tuple(answers))


def _receipt(directory: str, mine: dict[str, bytes], shared: _Shared, flaws: list[Flaw], warnings: list[Flaw]) -> int:
    """1 if it bears a stamp that holds."""
    source = mine.get("receipt.xml")
    if source is None:
        flaws.append(Flaw(directory, "archive.no_receipt", "there is no receipt.xml"))
        return 0
    stamp: Stamp | None = None
    try:
        stamp = _stamp(source, mine, shared)
        at = stamp.at if stamp else read_signed(source).signed_at
        verified = verify(source, trust=shared.trust, at=at)
        _refuse_other_place(directory, verified)
        if not _revocation(verified, shared, at, stamped=stamp is not None):
            warnings.append(Flaw(directory, "archive.no_revocation", "no list and no answer speaks of that time"))
        if verified.certificate.public_bytes(_DER) not in shared.chain:
            flaws.append(Flaw(directory, "archive.no_chain", "the signer's certificate is not in the package"))
    except Refused as error:
        flaws.append(Flaw(f"{directory}/receipt.xml", error.code, error.detail))
    except StampRefused as error:
        flaws.append(Flaw(f"{directory}/stamp.tst", error.code, str(error)))
    except AnswerRefused as error:
        flaws.append(Flaw(directory, error.code, str(error)))
    except ChainBroken as error:
        flaws.append(Flaw(directory, f"certificate.{error.reason}", str(error)))
    if stamp is None:
        warnings.append(Flaw(directory, "archive.no_stamp", "without a time stamp"))
    if (pdf := mine.get("receipt.pdf")) is not None:
        _pdf(f"{directory}/receipt.pdf", pdf, source, shared, flaws, warnings)
    return int(stamp is not None)


def _pdf(name: str, pdf: bytes, source: bytes, shared: _Shared, flaws: list[Flaw], warnings: list[Flaw]) -> None:
    """Sealed by somebody trusted, and made from this very receipt."""
    try:
        certificate = sealed_by(pdf)
        if certificate is None:
            warnings.append(Flaw(name, "pdf.no_seal", "the PDF bears no seal"))
        else:
            issuer(certificate, tuple(shared.trust))
        if attached(pdf) != source:
            raise Refused("pdf.source", "another file is attached")
    except Refused as error:
        flaws.append(Flaw(name, error.code, error.detail))


def _stamp(source: bytes, mine: dict[str, bytes], shared: _Shared) -> Stamp | None:
    token = mine.get("stamp.tst")
    if token is None:
        return None
    if mine.get("stamped.xml") != timestamp.signature_value(source):
        raise StampRefused("imprint", "stamped.xml is not the receipt's signature value")
    return timestamp.check(token, digest=timestamp.imprint(source), trust=shared.trust)


def _refuse_other_place(directory: str, verified: Verified) -> None:
    if directory != f"receipts/{verified.form}-{verified.symbol}-{verified.number:08d}":
        raise Refused("archive.misplaced", "the receipt lies under another's name")


def _revocation(verified: Verified, shared: _Shared, at: datetime, *, stamped: bool) -> bool:
    authority = issuer(verified.certificate, tuple(shared.trust))
    return refuse_revoked(verified.certificate, authority, shared.evidence, at, stamped=stamped)
