"""A time stamping authority for trials and tests (RFC 3161), with a clock of its own and faults on request. DEMO only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from receipts import der
from receipts.simulated_door import Door, opened

POLICY = "1.3.6.1.4.1.99999.1"  # of an arc set aside for examples
REJECTION = 2  # PKIStatus
Fault = Literal["down", "rejected", "nonce", "imprint", "policy", "changed", "swapped", "garbage", "no_certificate"]


@dataclass
class SimulatedTsa:
    """`faults` are used up one an answer."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate
    clock: Callable[[], datetime]
    faults: list[Fault] = field(default_factory=list)
    stamped: int = 0
    _serials: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp for a TimeStampReq."""
        from asn1crypto import tsp

        fault = self.faults.pop(0) if self.faults else None
        if fault == "garbage":
            return b"<html>busy</html>"
        if fault == "rejected":
            return der.sequence(der.sequence(der.integer(REJECTION)))
        asked = tsp.TimeStampReq.load(request, strict=True)
        self.stamped += 1
        token = self._token(asked, fault)
        done: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return done

    def _token(self, asked: Any, fault: Fault | None) -> Any:
        from asn1crypto import cms, core
        from asn1crypto import x509 as asn1_x509

        content = self._info(asked, fault)
        attributes = self._attributes(content if fault != "changed" else b"other", fault)
        signature = self.key.sign(attributes.dump(), padding.PKCS1v15(), SHA256())
        own = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number", {"issuer": own.issuer, "serial_number": own.serial_number}
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": signature,
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": [] if fault == "no_certificate" else [own],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _info(self, asked: Any, fault: Fault | None) -> bytes:
        from asn1crypto import tsp

        imprint = asked["message_imprint"].native
        said = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.9" if fault == "policy" else asked["req_policy"].native or POLICY,
            "message_imprint": {
                "hash_algorithm": {"algorithm": imprint["hash_algorithm"]["algorithm"]},
                "hashed_message": bytes(32) if fault == "imprint" else imprint["hashed_message"],
            },
            "serial_number": next(self._serials),
            "gen_time": self.clock(),
            "nonce": 1 if fault == "nonce" else asked["nonce"].native,
        }
        info: bytes = tsp.TSTInfo(said).dump()
        return info

    def _attributes(self, content: bytes, fault: Fault | None) -> Any:
        from asn1crypto import cms, tsp

        der = self.certificate.public_bytes(Encoding.DER)
        named = hashlib.sha256(b"another certificate" if fault == "swapped" else der).digest()
        certificates = tsp.SigningCertificateV2({"certs": [{"cert_hash": named}]})
        return cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                {"type": "signing_certificate_v2", "values": [certificates]},
            ]
        )


def simulated_tsa(
    ca: x509.Certificate,
    ca_key: rsa.RSAPrivateKey,
    clock: Callable[[], datetime],
    *,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
    days: int = 365,
) -> SimulatedTsa:
    """An authority whose certificate `ca` issues now, for this `purpose` and so many days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = clock()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DEMO TSA Thu Phí")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, SHA256())
    )
    return SimulatedTsa(key, certificate, ca, clock)


@contextmanager
def served(tsa: SimulatedTsa) -> Iterator[str]:
    """The authority over HTTP (RFC 3161, 3.4) on a free loopback port; its URL."""

    class Answering(Door):
        def posted(self, body: bytes) -> None:
            if tsa.faults and tsa.faults[0] == "down":
                tsa.faults.pop(0)
                self.send_error(503)
                return
            self.say(200, "application/timestamp-reply", tsa.answer(body))

    with opened(Answering) as url:
        yield url
