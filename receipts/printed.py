"""What a receipt shows, read back from its signed XML alone, so that paper and signature cannot differ.

The XML comes from the archive and was proven when it was made; here its structure and contents are checked again, its
signature is not: whoever doubts a file asks `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from receipts.parse import parse
from receipts.profile import outline
from receipts.reading import Content, moment, read
from receipts.refused import Refused
from receipts.sign import DS


@dataclass(frozen=True, slots=True)
class Printed:
    """The contents of one receipt and who signed it when (UTC)."""

    content: Content
    signer: str
    signed_at: datetime
    qr: str  # the text of the printed QR, "" if there is none


def read_signed(signed_xml: bytes) -> Printed:
    """Raises Refused, with the code of the first thing that is not as it must be."""
    root = parse(signed_xml)
    signed = outline(root)
    signing_time = root.findtext(f".//{{{DS}}}SigningTime") or ""
    return Printed(read(root[0]), _signer(signed.certificate), moment(signing_time), signed.printed)


def _signer(certificate: bytes) -> str:
    """The name by which people know the certificate's owner."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        subject = x509.load_der_x509_certificate(certificate).subject
    except (ValueError, x509.InvalidVersion) as error:
        raise Refused("certificate.unreadable", "the certificate is no certificate") from error
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in subject.get_attributes_for_oid(kind):
            return str(attribute.value)
    return subject.rfc4514_string()
