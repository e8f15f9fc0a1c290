"""Sign a receipt by a byte template: one XML signature that is both the Vietnamese rule and XAdES B-B.

QĐ 1271/QĐ-CT (30/05/2025), Phần I mục IV.4: `#data` and the signing time are referenced, KeyInfo names the subject and
holds the certificate. ETSI EN 319 132-1: SignedProperties are the third reference. The template is written in exclusive
c14n, so each digest is of bytes at hand; only the numbers and the names differ from file to file.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from receipts.keys import Signatory, Signer
from receipts.model import ReceiptError
from receipts.xml import DATA_ID, escape, local_time

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
ZONE = "+07:00"

_HEAD = f'<DLBLai Id="{DATA_ID}">'.encode()
_TAIL = b"</DLBLai>"


def _reference(attributes: str) -> str:
    return (
        f'<Reference {attributes}><Transforms><Transform Algorithm="{C14N}"></Transform></Transforms>'
        f'<DigestMethod Algorithm="{SHA256}"></DigestMethod><DigestValue>%s</DigestValue></Reference>'
    )


# Canonical form puts the namespace on the element that is digested alone; in the file it is inherited.
_SIGNED_INFO = (
    f'<SignedInfo%s><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
    f'<SignatureMethod Algorithm="{RSA_SHA256}"></SignatureMethod>'
    + _reference(f'URI="#{DATA_ID}"')
    + _reference('URI="#SigningTime"')
    + _reference(f'Type="{SIGNED_PROPERTIES}" URI="#props"')
    + "</SignedInfo>"
)
_SIGNING_TIME = (
    f'<Object xmlns="{DS}" Id="SigningTime"><SignatureProperties><SignatureProperty Target=""><SigningTime>%s'
    "</SigningTime></SignatureProperty></SignatureProperties></Object>"
)
_PROPERTIES = (
    f'<xades:SignedProperties xmlns:xades="{XADES}" Id="props"><xades:SignedSignatureProperties><xades:SigningTime>%s'
    f"{ZONE}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
    f'<DigestMethod xmlns="{DS}" Algorithm="{SHA256}"></DigestMethod><DigestValue xmlns="{DS}">%s</DigestValue>'
    "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
    "</xades:SignedProperties>"
)
_FILE = (
    '<?xml version="1.0" encoding="UTF-8"?><BLai>%s<DLQRCode>%s</DLQRCode>'
    f'<DSCKS><TCThu><Signature xmlns="{DS}" Id="sig">%s<SignatureValue>%s</SignatureValue><KeyInfo><X509Data>'
    "<X509SubjectName>%s</X509SubjectName><X509Certificate>%s</X509Certificate></X509Data></KeyInfo>"
    f'%s<Object xmlns="{DS}"><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#sig">%s'
    "</xades:QualifyingProperties></Object></Signature></TCThu></DSCKS></BLai>"
)


class CertificateExpired(ReceiptError):
    """The signer's certificate is not valid at the signing time: the receipt waits for another one."""

    kind = "unavailable"
    code = "receipt.certificate_expired"


class TooEarly(ReceiptError):
    """The receipt's day has not begun (a bank books late payments on the next day): it is signed when it has."""

    kind = "unavailable"
    code = "receipt.signed_before_issue"


class NotData(ReceiptError):
    """What was handed over is not a `DLBLai` in canonical form."""

    code = "receipt.not_data"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A receipt that lacks its signature value alone: `to_sign` goes to whoever holds the key, `finish` takes it back."""

    data: bytes
    qr: str
    digests: tuple[str, str, str]
    signing_time: str
    properties: str
    subject: str
    certificate_base64: str

    @property
    def to_sign(self) -> bytes:
        """The canonical SignedInfo."""
        return (_SIGNED_INFO % (f' xmlns="{DS}"', *self.digests)).encode()

    @property
    def fingerprint(self) -> str:
        """Tells what is to be signed from anything else, in 32 characters."""
        return hashlib.sha256(self.to_sign).hexdigest()[:32]

    def finish(self, value: bytes) -> bytes:
        """The whole file, with the signature of `to_sign`."""
        file = _FILE % (
            self.data.decode(),
            escape(self.qr),
            _SIGNED_INFO % ("", *self.digests),
            base64.b64encode(value).decode(),
            escape(self.subject),
            self.certificate_base64,
            self.signing_time,
            self.properties,
        )
        return file.encode()


def prepare(data: bytes, *, signer: Signatory, signed_at: datetime, qr: str) -> Prepared:
    """All of the file but the signature's value, whoever will make it. Raises CertificateExpired, TooEarly, NotData."""
    moment = local_time(signed_at)
    _refuse_data(data, moment)
    first, last = signer.valid
    if not first <= signed_at <= last:
        raise CertificateExpired(f"{signer.subject} is valid from {first.isoformat()} to {last.isoformat()}")
    signing_time = _SIGNING_TIME % moment
    properties = _PROPERTIES % (moment, signer.certificate_digest)
    digests = digest(data), digest(signing_time.encode()), digest(properties.encode())
    return Prepared(data, qr, digests, signing_time, properties, signer.subject, signer.certificate_base64)


def sign(data: bytes, *, signer: Signer, signed_at: datetime, qr: str) -> bytes:
    """The whole file around `data` (from `xml.data_element`). `signed_at` is UTC; `qr` is the printed QR's text or "".

    Raises CertificateExpired, TooEarly, NotData, and what the signer raises.
    """
    prepared = prepare(data, signer=signer, signed_at=signed_at, qr=qr)
    return prepared.finish(signer.sign(prepared.to_sign))


def digest(data: bytes) -> str:
    """The DigestValue of canonical bytes: SHA-256 in base64. Of `DLBLai` it is what the printed token repeats."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _refuse_data(data: bytes, moment: str) -> None:
    if not (data.startswith(_HEAD) and data.endswith(_TAIL)):
        raise NotData("not a DLBLai element")
    day = data.partition(b"<NLap>")[2][:10].decode("ascii", "replace")
    if moment[:10] < day:
        raise TooEarly(f"the day of issue {day} has not begun at {moment}")
