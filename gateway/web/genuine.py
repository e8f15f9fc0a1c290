"""What stands behind something a citizen holds: a receipt's file, its printed token, or a VietQR that asks for money.

Files are judged by `receipts.verify`, from the signed bytes alone, against the authorities this installation trusts
(`keys/ca.pem`, or whatever PEM files lie in `keys/trust/`). Our own books then say what became of the receipt since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from connectors import reference
from connectors.vietqr import codec
from connectors.vietqr.refusal import VietQRError
from gateway import agencies
from gateway.agencies import Agency, account
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow, payment, rows
from gateway.web import screen
from gateway.web.attached import attached_xml
from receipts import store as receipts_store

if TYPE_CHECKING:
    from cryptography import x509

    from receipts.verify import Verified

Since = Literal["current", "replaced", "unknown"]  # unknown: not one of this installation's


class FileRefused(ValueError):
    """Not a genuine receipt; `code` is the library's (`proof.*`, `structure.*`, ...) or one of `file.*`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Judged:
    """A genuine receipt and what our books know of it."""

    verified: Verified
    signer: str  # as people call the signer
    since: Since
    successor: receipts_store.Row | None
    own_pdf: bool | None  # whether the PDF is byte for byte the one we made; None for an XML


@dataclass(frozen=True, slots=True)
class Asks:
    """A VietQR: what it asks, whose account it names and which payment of ours."""

    qr: codec.VietQR
    agency: Agency | None  # None: the account is none of ours
    holder: str
    payment: PaymentRow | None
    open: bool  # whether that payment still waits for exactly this money


def judge(environment: Environment, data: bytes) -> Judged:
    """Raises FileRefused."""
    from receipts.refused import Refused
    from receipts.verify import verify

    pdf = data.startswith(b"%PDF-")
    source = attached_xml(data) if pdf else data
    if source is None:
        raise FileRefused("file.no_receipt_inside")
    trusted = trust(environment.settings.keys)
    if not trusted:
        raise FileRefused("file.no_trust")
    try:
        verified = verify(source, trust=trusted, at=environment.clock())
    except Refused as refusal:
        raise FileRefused(refusal.code) from refusal
    with environment.read() as connection:
        row = receipts_store.by_lookup_code(connection, verified.lookup_code)
        if row is None or receipts_store.document(connection, row.id, "xml", environment.vault) != source:
            return Judged(verified, _common_name(verified.certificate), "unknown", None, None)
        successor = receipts_store.find(connection, row.replaced_by, row.owner) if row.replaced_by else None
        same = receipts_store.document(connection, row.id, "pdf", environment.vault) == data if pdf else None
    since: Since = "replaced" if row.state == "replaced" else "current"
    return Judged(verified, _common_name(verified.certificate), since, successor, same)


def asks(environment: Environment, payload: str) -> Asks | None:
    """What a VietQR asks; None when the text is no VietQR."""
    try:
        qr = codec.decode(payload)
    except VietQRError:
        return None
    with environment.read() as connection:
        named = sa.select(account).where(account.c.bin == qr.bin, account.c.number == qr.account)
        ours = connection.execute(named).first() if qr.bin and qr.account else None
        if ours is None:
            return Asks(qr, None, "", None, False)
        agency = agencies.require(connection, ours.agency_id)
        found = _payment(connection, ours.agency_id, qr.purpose or "")
        return Asks(qr, agency, ours.holder, found, _waits(connection, found, qr, environment.clock()))


def trust(keys: Path) -> list[x509.Certificate]:
    """The authorities whose receipts are believed here."""
    from cryptography import x509

    files = sorted((keys / "trust").glob("*.pem")) or [keys / "ca.pem"]
    try:
        return [one for file in files for one in x509.load_pem_x509_certificates(file.read_bytes())]
    except (OSError, ValueError):
        return []


def _payment(connection: sa.Connection, agency_id: str, memo: str) -> PaymentRow | None:
    named = reference.references(memo)
    query = sa.select(payment).where(payment.c.agency_id == agency_id, payment.c.reference.in_(named))
    found = rows(connection, query) if named else []
    return found[0] if len(found) == 1 else None


def _waits(connection: sa.Connection, row: PaymentRow | None, qr: codec.VietQR, now: datetime) -> bool:
    if row is None:
        return False
    shown = screen.by_token(connection, row.token, now)
    return shown.payload is not None and qr.amount == shown.view.remaining and qr.account == shown.view.account.number


def _common_name(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            return str(attribute.value)
    return certificate.subject.rfc4514_string()
