"""A table as XML in its message, signed: tags by the tax authority's naming rule (QĐ 1271/QĐ-CT, 30/05/2025).

The authority has published no format for 01/TH-BLĐT: the tags below are ours on its rule, the envelope TDiep/TTChung is
the published one, and the code of the message type is a setting. Data is written in exclusive c14n, so that what is
digested is what stands in the file.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from gateway.kernel.clock import VIETNAM
from gateway.taxing.model import STATUS_CODE, Row, Table
from receipts.keys import Signer
from receipts.xml import escape

VERSION = "1.0.0"
FORM = "01/TH-BLĐT"
TITLE = "Bảng tổng hợp dữ liệu biên lai điện tử"
AUTHORITY = "TCT"

DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def _reference(target: str) -> str:
    return (
        f'<Reference URI="#{target}"><Transforms><Transform Algorithm="{C14N}"></Transform></Transforms>'
        f'<DigestMethod Algorithm="{SHA256}"></DigestMethod><DigestValue>%s</DigestValue></Reference>'
    )


_SIGNED_INFO = (
    f'<SignedInfo%s><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
    f'<SignatureMethod Algorithm="{RSA_SHA256}"></SignatureMethod>'
    + _reference("data")
    + _reference("SigningTime")
    + "</SignedInfo>"
)
_SIGNING_TIME = (
    f'<Object xmlns="{DS}" Id="SigningTime"><SignatureProperties><SignatureProperty Target=""><SigningTime>%s'
    "</SigningTime></SignatureProperty></SignatureProperties></Object>"
)


def message_id(sender: str, random: int) -> str:
    """MTDiep: the sender's code and a version 4 UUID (RFC 9562, 5.4) of 122 random bits, upper-case hex, no dashes."""
    marked = random & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
    return f"{sender}{marked:032X}"


def message(table: Table, *, signer: Signer, signed_at: datetime, sender: str, mtdiep: str, message_type: str) -> bytes:
    """The whole message, UTF-8."""
    general = "".join(
        _tag(name, value)
        for name, value in (
            ("PBan", VERSION),
            ("MNGui", sender),
            ("MNNhan", AUTHORITY),
            ("MLTDiep", message_type),
            ("MTDiep", mtdiep),
            ("MST", table.tax_code),
            ("SLuong", "1"),
        )
    )
    data = data_element(table)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    body = f"<BTHDLieu>{data}<DSCKS><NNT>{_signature(data, signer, signed_at)}</NNT></DSCKS></BTHDLieu>"
    return f"{head}<TDiep><TTChung>{general}</TTChung><DLieu>{body}</DLieu></TDiep>".encode()


def data_element(table: Table) -> str:
    """What is signed."""
    general = "".join(
        _tag(name, value)
        for name, value in (
            ("PBan", VERSION),
            ("MSo", FORM),
            ("Ten", TITLE),
            ("SBTHDLieu", str(table.number)),
            ("KDLieu", table.day.strftime("%d/%m/%Y")),
            ("LDau", "0" if table.supplement else "1"),
            ("BSLThu", str(table.supplement)),
            ("NLap", table.made_on.isoformat()),
            ("TNNT", table.name),
            ("MST", table.tax_code),
            ("DVTTe", "VND"),
        )
    )
    rows = "".join(_row(position, row) for position, row in enumerate(table.rows, 1))
    return (
        f'<DLBTHop Id="data"><TTChung>{general}</TTChung><NDBTHDLieu><DSDLieu>{rows}</DSDLieu></NDBTHDLieu></DLBTHop>'
    )


def _row(position: int, row: Row) -> str:
    old = row.related
    facts = (
        ("STT", str(position)),
        ("KHMCTu", row.form),
        ("KHCTu", row.symbol),
        ("SCTu", str(row.number)),
        ("NLap", row.day.isoformat()),
        ("LKThu", row.name),
        ("TgTien", str(row.amount)),
        ("TGia", "1"),
        ("TThai", STATUS_CODE[row.status]),
        ("KHMCTuLQuan", old.form if old else ""),
        ("KHCTuLQuan", old.symbol if old else ""),
        ("SCTuLQuan", str(old.number) if old else ""),
        ("GThich", row.explanation),
        ("GChu", row.note),
    )
    return f"<DLieu>{''.join(_tag(name, value) for name, value in facts if value)}</DLieu>"


def _signature(data: str, signer: Signer, signed_at: datetime) -> str:
    moment = signed_at.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M:%S")
    signing_time = _SIGNING_TIME % moment
    digests = _digest(data), _digest(signing_time)
    value = signer.sign((_SIGNED_INFO % (f' xmlns="{DS}"', *digests)).encode())
    return (
        f'<Signature xmlns="{DS}" Id="sig">{_SIGNED_INFO % ("", *digests)}'
        f"<SignatureValue>{base64.b64encode(value).decode()}</SignatureValue><KeyInfo><X509Data>"
        f"<X509SubjectName>{escape(signer.subject)}</X509SubjectName>"
        f"<X509Certificate>{signer.certificate_base64}</X509Certificate></X509Data></KeyInfo>{signing_time}</Signature>"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _tag(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"
