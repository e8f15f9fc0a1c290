"""Whether a certificate is revoked, by the word of its authority's responder: questions and answers of RFC 6960.

An answer counts when it is about the very certificate, and signed by the authority itself or by a responder that the
authority has appointed (id-kp-OCSPSigning, RFC 6960, 4.2.2.2). `read` also holds a fresh answer against the nonce and
the clock; `check` believes an answer that was kept, in ten years as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, SignatureAlgorithmOID

from receipts.chain import STRONG, extension, issued
from receipts.model import ReceiptError

NONCE_BYTES = 32  # RFC 9654, 2.1
AHEAD = timedelta(minutes=5)  # by which the responder's clock may run before ours
UNTIL_TOLD = timedelta(hours=1)  # an answer that names no next one is good for so long

_RSA = {
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
}
_ECDSA = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
}
_UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm, x509.DuplicateExtension)


class AnswerRefused(ReceiptError):
    """An answer that proves nothing: `ocsp.status`, `.malformed`, `.other_certificate`, `.signature`, `.responder`, ..."""

    kind = "unavailable"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = f"ocsp.{code}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a responder said of one certificate. Times are UTC."""

    der: bytes = field(repr=False)
    status: Literal["good", "revoked"]
    this_update: datetime
    next_update: datetime  # until then it need not be asked again
    revoked_at: datetime | None


def address(certificate: x509.Certificate) -> str | None:
    """The responder that the certificate names (RFC 5280, 4.2.2.1); the first, if there are several."""
    access = extension(certificate, x509.AuthorityInformationAccess)
    for one in access or ():
        place = one.access_location
        if one.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            place, x509.UniformResourceIdentifier
        ):
            return place.value
    return None


def query(certificate: x509.Certificate, authority: x509.Certificate, nonce: bytes) -> bytes:
    """An OCSPRequest (DER). SHA-1 only names the authority here, and is what every responder knows (RFC 5019, 2.1.1)."""
    return _asked(certificate, authority, SHA1(), nonce).public_bytes(Encoding.DER)  # noqa: S303


def read(
    answer: bytes, *, certificate: x509.Certificate, authority: x509.Certificate, nonce: bytes, now: datetime
) -> Answer:
    """What a responder answers now (UTC). Raises AnswerRefused.

    An answer made in advance bears no nonce (RFC 5019, 4); its times keep an old one from being played again.
    """
    found = check(answer, certificate=certificate, authority=authority)
    given = _nonce(ocsp.load_der_ocsp_response(answer))
    if given is not None and given != nonce:
        raise AnswerRefused("nonce", "the answer is to another question")
    if found.this_update > now + AHEAD:
        raise AnswerRefused("early", f"the answer is of {found.this_update.isoformat()}")
    if found.next_update < now:
        raise AnswerRefused("stale", f"there should be a newer answer since {found.next_update.isoformat()}")
    return found


def check(answer: bytes, *, certificate: x509.Certificate, authority: x509.Certificate) -> Answer:
    """What a kept answer says of the certificate that `authority` issued, whenever that was. Raises AnswerRefused."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise AnswerRefused("status", f"the responder answered {response.response_status.name}")
        said = _about(response, certificate, authority)
        _refuse_unsigned(response, authority)
    except _UNREADABLE as error:
        raise AnswerRefused("malformed", "the answer cannot be read") from error
    if said.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise AnswerRefused("unknown", "the responder does not know the certificate")
    return Answer(
        answer,
        "good" if said.certificate_status is ocsp.OCSPCertStatus.GOOD else "revoked",
        said.this_update_utc,
        said.next_update_utc or said.this_update_utc + UNTIL_TOLD,
        said.revocation_time_utc,
    )


def about(answer: bytes, certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether an answer speaks of this certificate at all, truly or not."""
    try:
        _about(ocsp.load_der_ocsp_response(answer), certificate, authority)
    except (AnswerRefused, *_UNREADABLE):
        return False
    return True


def _about(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, authority: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """The part of an answer that is about the certificate: same authority by name and key, same serial number."""
    for one in response.responses:
        ours = _asked(certificate, authority, one.hash_algorithm)
        if (one.issuer_name_hash, one.issuer_key_hash, one.serial_number) == (
            ours.issuer_name_hash,
            ours.issuer_key_hash,
            ours.serial_number,
        ):
            return one
    raise AnswerRefused("other_certificate", "the answer is about another certificate")


def _asked(
    certificate: x509.Certificate, authority: x509.Certificate, algorithm: HashAlgorithm, nonce: bytes = b""
) -> ocsp.OCSPRequest:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, authority, algorithm)
    return (builder.add_extension(x509.OCSPNonce(nonce), critical=False) if nonce else builder).build()


def _nonce(response: ocsp.OCSPResponse) -> bytes | None:
    try:
        return response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _refuse_unsigned(response: ocsp.OCSPResponse, authority: x509.Certificate) -> None:
    responder = next(_responders(response, authority), None)
    if responder is None:
        raise AnswerRefused("responder", "the authority has not appointed who signed the answer")
    if not responder.not_valid_before_utc <= response.produced_at_utc <= responder.not_valid_after_utc:
        raise AnswerRefused("responder_expired", "the responder's certificate was not valid when it answered")
    if not _signed_by(response, responder):
        raise AnswerRefused("signature", "the answer is not signed by its responder")


def _responders(response: ocsp.OCSPResponse, authority: x509.Certificate) -> Iterator[x509.Certificate]:
    """Whom the answer names, if it is the authority or somebody that it has appointed."""
    if _named(response, authority):
        yield authority
    for one in response.certificates:
        if _named(response, one) and issued(one, authority) and _appointed(one):
            yield one


def _named(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _appointed(certificate: x509.Certificate) -> bool:
    purpose = extension(certificate, x509.ExtendedKeyUsage)
    return purpose is not None and ExtendedKeyUsageOID.OCSP_SIGNING in purpose


def _signed_by(response: ocsp.OCSPResponse, responder: x509.Certificate) -> bool:
    key, stated, digest = responder.public_key(), response.signature_algorithm_oid, response.signature_hash_algorithm
    if digest is None or digest.name not in STRONG:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey) and stated in _RSA:
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and stated in _ECDSA:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True
