"""A responder for trials and tests (RFC 6960) beside the demo authority, with a clock of its own and faults on request.

It signs with the authority's key, or with that of a responder which the authority has appointed. DEMO only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from receipts.pki import DemoKeys
from receipts.simulated_door import Door, opened

VALID = timedelta(hours=12)
Fault = Literal[
    "silent",
    "try_later",
    "garbage",
    "unknown",
    "wrong_signature",
    "wrong_certificate",
    "expired",
    "early",
    "nonce",
    "cached",
]


@dataclass
class SimulatedResponder:
    """`faults` are used up one an answer; `revoked` has the moments of revocation by serial number."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate
    clock: Callable[[], datetime]
    faults: list[Fault] = field(default_factory=list)
    revoked: dict[int, datetime] = field(default_factory=dict)
    asked: int = 0

    @property
    def appointed(self) -> bool:
        """Whether it is not the authority itself."""
        return self.certificate != self.authority

    def answer(self, request: bytes) -> bytes:
        """An OCSPResponse for an OCSPRequest, both DER."""
        fault = self.faults.pop(0) if self.faults else None
        self.asked += 1
        if fault == "garbage":
            return b"<html>busy</html>"
        if fault == "try_later":
            unsuccessful = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
            return unsuccessful.public_bytes(Encoding.DER)
        return self._signed(ocsp.load_der_ocsp_request(request), fault)

    def _signed(self, asked: ocsp.OCSPRequest, fault: Fault | None) -> bytes:
        now = self.clock() + {"expired": -2 * VALID, "early": 2 * VALID}.get(fault or "", timedelta())
        serial = asked.serial_number + (fault == "wrong_certificate")
        moment = self.revoked.get(serial)
        known = ocsp.OCSPCertStatus.UNKNOWN if fault == "unknown" else ocsp.OCSPCertStatus.GOOD
        by = ocsp.OCSPResponderEncoding.HASH if self.appointed else ocsp.OCSPResponderEncoding.NAME
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                asked.issuer_name_hash,
                asked.issuer_key_hash,
                serial,
                asked.hash_algorithm,
                known if moment is None else ocsp.OCSPCertStatus.REVOKED,
                now,
                now + VALID,
                moment,
                None,
            )
            .responder_id(by, self.certificate)
        )
        if self.appointed:
            builder = builder.certificates([self.certificate])
        nonce = _nonce(asked)
        if nonce is not None and fault != "cached":
            said = nonce[::-1] if fault == "nonce" else nonce
            builder = builder.add_extension(x509.OCSPNonce(said), critical=False)
        der = self._dated(builder.sign(self.key, SHA256()).public_bytes(Encoding.DER), now)
        return _broken(der) if fault == "wrong_signature" else der

    def _dated(self, der: bytes, now: datetime) -> bytes:
        """Produced by our clock: the builder knows only the machine's."""
        from asn1crypto import core
        from asn1crypto import ocsp as asn1_ocsp

        basic = asn1_ocsp.OCSPResponse.load(der)["response_bytes"]["response"].parsed
        basic["tbs_response_data"]["produced_at"] = now.replace(microsecond=0)
        basic["signature"] = self.key.sign(basic["tbs_response_data"].dump(), padding.PKCS1v15(), SHA256())
        response = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(basic.dump())}
        dated: bytes = asn1_ocsp.OCSPResponse({"response_status": "successful", "response_bytes": response}).dump()
        return dated


def _nonce(asked: ocsp.OCSPRequest) -> bytes | None:
    try:
        return asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _broken(der: bytes) -> bytes:
    """The answer with one bit of its signature turned."""
    place = der.index(ocsp.load_der_ocsp_response(der).signature) + 9
    return der[:place] + bytes([der[place] ^ 1]) + der[place + 1 :]


def simulated_responder(
    files: DemoKeys,
    clock: Callable[[], datetime],
    *,
    appointed: bool = False,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    days: int = 365,
) -> SimulatedResponder:
    """The responder of a demo authority: itself, or one that it has `appointed` for this `purpose` and so many days."""
    authority, ca_key = files.trust()[0], load_pem_private_key(files.ca_key.read_bytes(), None)
    assert isinstance(ca_key, rsa.RSAPrivateKey)  # as demo_pki makes it
    if not appointed:
        return SimulatedResponder(ca_key, authority, authority, clock)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DEMO OCSP Thu Phí")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(ca_key, SHA256())
    )
    return SimulatedResponder(key, certificate, authority, clock)


@contextmanager
def served(responder: SimulatedResponder) -> Iterator[str]:
    """The responder over HTTP (RFC 6960, A.1) on a free loopback port; its URL."""

    class Answering(Door):
        def posted(self, body: bytes) -> None:
            if responder.faults and responder.faults[0] == "silent":
                responder.faults.pop(0)
                self.close_connection = True  # hangs up without a word
                return
            self.say(200, "application/ocsp-response", responder.answer(body))

    with opened(Answering) as url:
        yield url
