"""The rules that a receipt's signature keeps by itself; whether its signer is to be believed is for `verify` to say.

QĐ 1271/QĐ-CT (30/05/2025), Phần I mục IV.4 (what is signed and how); Nghị định 254/2026/NĐ-CP, Điều 23 k2 g, Điều 24 k5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from receipts import token
from receipts.check import Rule
from receipts.keys import KeyUnusable, public_from_base64
from receipts.profile import Outline, decoded, envelope
from receipts.proof import proven
from receipts.reading import moment
from receipts.refused import Refused
from receipts.rules import CONTENTS, FORMAT, PROFILE, SIGNING_DAY
from receipts.sign import ZONE, digest
from receipts.stated import Stated
from receipts.trust import refuse_outside, signer_certificate
from receipts.xml import TOKEN_KEY, local_time

T = TypeVar("T")
Places = list[str] | None

SIGNATURE = f"{FORMAT}.4"
LAYOUT = ("structure.",)
ALGORITHMS = ("algorithm.",)


class SignedFile:
    """A file with a signature, whose parts are there as far as they can be read."""

    def __init__(self, root: etree._Element, said: Stated) -> None:
        self.said = said
        self.printed = root.findtext("DLQRCode") or ""
        self.root = root

    @cached_property
    def outlined(self) -> Outline | Refused:
        """The layout, or why it is not as it must be."""
        return _or_refused(lambda: envelope(self.root))

    @cached_property
    def outline(self) -> Outline | None:
        return self.outlined if isinstance(self.outlined, Outline) else None

    @cached_property
    def certificate(self) -> x509.Certificate | Refused | None:
        """Named as the file names it, and with a key that is long enough."""
        if (stated := self.outline) is None:
            return None
        return _or_refused(lambda: signer_certificate(stated.certificate, stated.subject))

    @cached_property
    def local_time(self) -> str:
        """SigningTime as it is written."""
        return self.outline.targets[1][0][0][0].text or "" if self.outline else ""

    @cached_property
    def signed_at(self) -> datetime | None:
        """SigningTime in UTC; None if it is no time."""
        found = _or_refused(lambda: moment(self.local_time))
        return None if isinstance(found, Refused) else found


def _or_refused(attempt: Callable[[], T]) -> T | Refused:
    try:
        return attempt()
    except Refused as refused:
        return refused


def _layout(file: SignedFile) -> Places:
    return _codes(file.outlined, LAYOUT)


def _algorithms(file: SignedFile) -> Places:
    return None if _codes(file.outlined, LAYOUT) else _codes(file.outlined, ALGORITHMS)


def _codes(found: object, prefixes: tuple[str, ...]) -> list[str]:
    return [found.code] if isinstance(found, Refused) and found.code.startswith(prefixes) else []


def _certificate(file: SignedFile) -> Places:
    if file.certificate is None:
        return None
    return [file.certificate.code] if isinstance(file.certificate, Refused) else []


def _value(file: SignedFile) -> Places:
    """Each digest is of the part as it stands, and the value is made with the certificate's key."""
    stated, certificate = file.outline, file.certificate
    if stated is None or not isinstance(certificate, x509.Certificate):
        return None
    at = certificate.not_valid_before_utc  # whether it was valid when it signed is another rule
    found = _or_refused(lambda: proven(file.root, stated.targets, certificate, at))
    return [found.code] if isinstance(found, Refused) else []


def _digest(file: SignedFile) -> Places:
    if file.outline is None or not isinstance(file.certificate, x509.Certificate):
        return None
    stated = decoded(file.outline.targets[2][0][1][0][0][1])
    same = stated == hashlib.sha256(file.certificate.public_bytes(Encoding.DER)).digest()
    return [] if same else ["CertDigest"]


def _time(file: SignedFile) -> Places:
    if file.outline is None:
        return None
    return ["SigningTime"] if file.signed_at is None else []


def _times(file: SignedFile) -> Places:
    if file.outline is None or file.signed_at is None:
        return None
    again = file.outline.targets[2][0][0].text
    return [] if again == f"{file.local_time}{ZONE}" else ["xades:SigningTime"]


def _validity(file: SignedFile) -> Places:
    certificate, signed_at = file.certificate, file.signed_at
    if not isinstance(certificate, x509.Certificate) or signed_at is None:
        return None
    found = _or_refused(lambda: refuse_outside([certificate], [signed_at]))
    return [found.code] if isinstance(found, Refused) else []


def _not_before(file: SignedFile) -> Places:
    if file.signed_at is None or file.said.day is None:
        return None
    return ["SigningTime"] if local_time(file.signed_at)[:10] < file.said.day.isoformat() else []


def _same_day(file: SignedFile) -> Places:
    """Settled before midnight, signed after: lawful late, so not a broken rule."""
    if file.signed_at is None or file.said.day is None or local_time(file.signed_at)[:10] > file.said.day.isoformat():
        return None
    return []


def _token(file: SignedFile) -> Places:
    """The printed token is proven by the key in the data and says what the data says; there need not be one."""
    if not file.printed.strip() or file.outline is None:
        return None
    try:
        facts = token.check(file.printed, public_from_base64(_token_key(file.said)))
    except (token.TokenRefused, KeyUnusable) as error:
        return [error.code]
    data = etree.tostring(file.outline.targets[0], method="c14n", exclusive=True, with_comments=False)
    said = {
        "org": (facts.tax_code, file.said.text("NDBLai/TCThu/MST")),
        "form": (facts.form, file.said.form),
        "symbol": (facts.symbol, file.said.symbol),
        "number": (str(facts.number), file.said.text("TTChung/SCTu")),
        "day": (facts.day, file.said.day),
        "amount": (facts.amount, file.said.total),
        "digest": (facts.digest, digest(data)),
    }
    return [name for name, (printed, stated) in said.items() if printed != stated]


def _token_key(said: Stated) -> str:
    entries = said.element.findall("TTChung/TTKhac/TTin")
    return next((one.findtext("DLieu") or "" for one in entries if one.findtext("TTruong") == TOKEN_KEY), "")


SIGNATURE_RULES: tuple[Rule[SignedFile], ...] = (
    Rule(
        "signature.present", f"{CONTENTS} g", "Có chữ ký số của tổ chức thu", "the organisation's signature is there",
        lambda _: [],
    ),
    Rule(
        "signature.layout", SIGNATURE, "Chữ ký ở DSCKS/TCThu, tham chiếu dữ liệu, thời gian ký và thuộc tính",
        "the signature stands in DSCKS/TCThu and refers to data, time and properties", _layout,
    ),
    Rule(
        "signature.algorithms", SIGNATURE, "RSA với SHA-256, chuẩn hóa exclusive c14n", "RSA with SHA-256, exclusive c14n",
        _algorithms,
    ),
    Rule(
        "signature.certificate", SIGNATURE, "X509SubjectName đúng chứng thư; khóa RSA từ 2048 bit",
        "X509SubjectName is the certificate's, its key RSA of at least 2048 bits", _certificate,
    ),
    Rule("signature.value", SIGNATURE, "Dữ liệu không bị sửa sau khi ký", "nothing was changed after signing", _value),
    Rule(
        "signature.certificate_digest", PROFILE, "Chứng thư là chứng thư đã ký (CertDigest)",
        "the certificate is the one that was signed for", _digest,
    ),
    Rule(
        "signature.time", SIGNATURE, "Thời gian ký ghi YYYY-MM-DDThh:mm:ss",
        "the signing time is YYYY-MM-DDThh:mm:ss", _time,
    ),
    Rule(
        "signature.times_agree", PROFILE, "Hai thời gian ký là một thời điểm (+07:00)",
        "both signing times are one instant (+07:00)", _times,
    ),
    Rule(
        "signature.valid_then", SIGNATURE, "Chứng thư có hiệu lực khi ký", "the certificate was valid at the signing time",
        _validity,
    ),
    Rule(
        "signature.not_before", SIGNING_DAY, "Không ký trước ngày lập",
        "not signed before the day of issue", _not_before,
    ),
    Rule(
        "signature.same_day", SIGNING_DAY, "Ký trong ngày lập (ký ngày sau: cần lưu ý)",
        "signed on the day of issue (a later day is worth a look)", _same_day,
    ),
    Rule("token", PROFILE, "Mã QR khớp với dữ liệu đã ký", "the printed token says what was signed", _token),
)  # fmt: skip
