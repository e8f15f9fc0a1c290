"""Revocation answers, asked for and kept beside the keys: the responder that a certificate names (RFC 6960), else the list.

`<sha256 of the certificate>.ocsp` is the last answer and is good until its nextUpdate. Only hosts in THUPHI_OCSP_HOSTS are
asked, since an address in a certificate is what somebody else wrote. The authorities' lists (`*.crl`) are put there from
outside and count beside the answers, and alone where a responder is silent.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import structlog

from gateway.kernel import wire
from gateway.kernel.errors import Unavailable
from gateway.kernel.uow import Environment
from receipts import ocsp, revocation
from receipts.chain import issued
from receipts.model import ReceiptError
from receipts.ocsp import Answer, AnswerRefused
from receipts.revocation import Evidence

if TYPE_CHECKING:
    from cryptography import x509

PATIENCE = 10.0  # seconds for one answer
LARGEST = 100_000  # bytes of an answer

log = structlog.get_logger(__name__)


class ResponderSilent(Unavailable):
    """The responder does not answer, or may not be asked."""

    code = "ocsp.unavailable"


class CertificateRevoked(ReceiptError):
    """The signer's authority has revoked its certificate: what it signs now is void, the receipt waits for another one."""

    kind = "unavailable"
    code = "receipt.certificate_revoked"


class Responder(Protocol):
    """Answers an OCSPRequest with an OCSPResponse, at an address. Raises ResponderSilent."""

    def __call__(self, url: str, request: bytes) -> bytes: ...


def ask_over_http(url: str, request: bytes) -> bytes:
    """RFC 6960, A.1: the answer is signed, so plain HTTP will do. Raises ResponderSilent."""
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
    try:
        told = wire.call(wire.Sent("POST", url, headers, request), total_s=PATIENCE, most_bytes=LARGEST)
    except wire.NoAnswer as error:
        raise ResponderSilent("Máy chủ OCSP không trả lời.", error.cause) from error
    if told.status != 200:
        raise ResponderSilent("Máy chủ OCSP không trả lời.", f"HTTP {told.status}")
    return told.body


def renew(
    environment: Environment, certificates: Iterable[x509.Certificate], responder: Responder = ask_over_http
) -> int:
    """Ask for the certificates whose kept answer has ended; how many new ones were kept. Trouble is logged.

    A certificate is passed over when it names no responder, or its authority is not beside the keys.
    """
    directory = environment.settings.keys
    if not _hosts(environment):
        return 0
    above, done = authorities(directory), 0
    for certificate in dict.fromkeys(certificates):
        authority = _authority(certificate, above)
        url = ocsp.address(certificate)
        if authority is None or url is None or _kept(environment, certificate, authority):
            continue
        try:
            answer = _ask(environment, url, certificate, authority, responder)
            _write(_place(directory, certificate), answer.der)
        except (ResponderSilent, AnswerRefused) as error:
            log.warning("revocation.no_answer", code=error.code, detail=str(error), certificate=_named(certificate))
        except OSError as error:
            log.warning("revocation.not_kept", error=type(error).__name__, certificate=_named(certificate))
        else:
            done += 1
    return done


def evidence(directory: Path) -> Evidence:
    """All lists and answers beside the keys. Raises ValueError for a list that cannot be read."""
    answers = tuple(path.read_bytes() for path in sorted(directory.glob("*.ocsp")))
    return Evidence(tuple(_lists(directory)), answers)


def authorities(directory: Path) -> list[x509.Certificate]:
    """Of the signers, as far as their certificates lie beside the keys."""
    from cryptography import x509

    found: list[x509.Certificate] = []
    for path in sorted(directory.glob("*ca*.pem")):
        found += x509.load_pem_x509_certificates(path.read_bytes())
    return found


def refuse_revoked(directory: Path, certificate: x509.Certificate) -> None:
    """Raises CertificateRevoked where the authority's word beside the keys says so; what cannot be believed is no word."""
    authority = _authority(certificate, authorities(directory))
    if authority is None:
        return
    try:
        since = revocation.revoked_since(certificate, authority, evidence(directory))
    except (AnswerRefused, ValueError) as error:
        log.warning("revocation.unreadable", error=type(error).__name__, certificate=_named(certificate))
        return
    if since is not None:
        raise CertificateRevoked(f"{_named(certificate)} was revoked on {since.isoformat()}")


def _ask(
    environment: Environment, url: str, certificate: x509.Certificate, authority: x509.Certificate, ask: Responder
) -> Answer:
    _refuse_address(url, _hosts(environment))
    nonce = environment.ids.below(1 << 8 * ocsp.NONCE_BYTES).to_bytes(ocsp.NONCE_BYTES, "big")
    answer = ask(url, ocsp.query(certificate, authority, nonce))
    return ocsp.read(answer, certificate=certificate, authority=authority, nonce=nonce, now=environment.clock())


def _kept(environment: Environment, certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether an answer is there that is good until its nextUpdate; a revoked certificate stays so."""
    try:
        body = _place(environment.settings.keys, certificate).read_bytes()
        answer = ocsp.check(body, certificate=certificate, authority=authority)
    except (OSError, AnswerRefused):
        return False
    return answer.status == "revoked" or answer.next_update >= environment.clock()


def _refuse_address(url: str, hosts: Sequence[str]) -> None:
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and parts.username is None and (parts.hostname or "") in hosts
    except ValueError:
        fit = False
    if not fit:
        raise ResponderSilent("Địa chỉ OCSP không được phép.", "the host is not in THUPHI_OCSP_HOSTS")


def _hosts(environment: Environment) -> list[str]:
    return [host.strip().lower() for host in environment.settings.ocsp_hosts.split(",") if host.strip()]


def _authority(certificate: x509.Certificate, above: Sequence[x509.Certificate]) -> x509.Certificate | None:
    return next((one for one in above if issued(certificate, one)), None)


def _lists(directory: Path) -> Iterator[x509.CertificateRevocationList]:
    from cryptography import x509

    for path in sorted(directory.glob("*.crl")):
        body = path.read_bytes()
        yield (x509.load_pem_x509_crl if body.startswith(b"-----") else x509.load_der_x509_crl)(body)


def _place(directory: Path, certificate: x509.Certificate) -> Path:
    from cryptography.hazmat.primitives.hashes import SHA256

    return directory / f"{certificate.fingerprint(SHA256()).hex()}.ocsp"


def _named(certificate: x509.Certificate) -> str:
    """Names the organisation, which is public."""
    return certificate.subject.rfc4514_string()


def _write(file: Path, data: bytes) -> None:
    """All or nothing: others read it meanwhile."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
