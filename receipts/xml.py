"""The facts of a receipt as the canonical bytes that are signed: `DLBLai`, written directly in exclusive c14n.

The tags follow the tax authority's naming rule (QĐ 1271/QĐ-CT, 30/05/2025); a tag without a value is left out. The
bytes returned are their own canonical form (W3C Exclusive XML Canonicalization 1.0), so that nothing parses or
serialises them again before the signature. Text is NFC.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from receipts import symbols
from receipts.model import (
    DOCUMENT_NAME,
    MAX_NUMBER,
    CollectingOrg,
    Delegate,
    DossierFacts,
    FeeLine,
    Kind,
    MoneyFacts,
    Payer,
    ReceiptError,
    ReceiptFacts,
    Replaced,
)
from receipts.words import words

VERSION = "1.0.0"
CURRENCY = "VND"
DATA_ID = "data"
TOKEN_KEY = "KQR"  # noqa: S105 - the name of the extra field that carries the token's public key
MAX_EXTRA_TEXT = 500  # characters of a DLieu in TTKhac
MAX_AMOUNT = 999_999_999_999_999  # đồng
METHODS = ("TM", "CK", "TM/CK", "QR", "POS")
KINDS: dict[Kind, str] = {"PHI": "1", "LE_PHI": "2"}

_VIETNAM = timezone(timedelta(hours=7))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unwritable(ReceiptError):
    """A fact that the XML cannot say; `field` names it, as in `payer.name`. The value itself is never repeated."""

    code = "receipt.unwritable"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def data_element(
    facts: ReceiptFacts,
    *,
    form: str,
    symbol: str,
    number: int,
    lookup_code: str,
    token_public_key: str,
    replaces: Replaced | None = None,
) -> bytes:
    """`<DLBLai Id="data">...</DLBLai>`, UTF-8, already canonical.

    `token_public_key` is the base64 of the P-256 key (SubjectPublicKeyInfo, DER) that checks the printed QR.
    Raises Unwritable, which names the fact.
    """
    _refuse_symbol(form, symbol, facts.day)
    _refuse_number(number)
    if not symbols.LOOKUP_CODE.fullmatch(lookup_code):
        raise Unwritable("lookup_code", "is not 4 to 40 letters, digits or hyphens")
    parts = (
        f'<DLBLai Id="{DATA_ID}"><TTChung>',
        _general(facts, form, symbol, number, lookup_code),
        _replaced(replaces) if replaces else "",
        _extra(TOKEN_KEY, token_public_key),
        "</TTChung><NDBLai>",
        _org(facts.org),
        _delegate(facts.delegate) if facts.delegate else "",
        _payer(facts.payer),
        _dossier(facts.dossier),
        _lines(facts.lines),
        f"<TToan><TgTien>{_amount('amount', facts.amount)}</TgTien><STBChu>{words(facts.amount)}</STBChu></TToan>",
        _money(facts.money),
        "</NDBLai></DLBLai>",
    )
    return "".join(parts).encode()


def _refuse_symbol(form: str, symbol: str, day: date) -> None:
    if not symbols.is_current(form, symbol):
        raise Unwritable("symbol", "is not EBL01 or EBL02 with a year, T and two letters of the list")
    if not symbols.same_year(symbol, day):
        raise Unwritable("symbol", "is of another year than the day of issue")


def _refuse_number(number: int) -> None:
    if isinstance(number, bool) or not 1 <= number <= MAX_NUMBER:
        raise Unwritable("number", f"is not 1 to {MAX_NUMBER}")


def _general(facts: ReceiptFacts, form: str, symbol: str, number: int, lookup_code: str) -> str:
    if facts.method not in METHODS:
        raise Unwritable("method", f"is none of {', '.join(METHODS)}")
    return (
        f"<PBan>{VERSION}</PBan><TBLai>{DOCUMENT_NAME}</TBLai><KHMCTu>{form}</KHMCTu><KHCTu>{symbol}</KHCTu>"
        f"<SCTu>{number}</SCTu><NLap>{facts.day.isoformat()}</NLap><DVTTe>{CURRENCY}</DVTTe><TGia>1</TGia>"
        f"<HTTToan>{facts.method}</HTTToan><MTCuu>{lookup_code}</MTCuu>"
    )


def _replaced(old: Replaced) -> str:
    """`Thay thế cho biên lai mẫu ... ký hiệu ... số ... ngày ...`; an old-style number keeps its seven digits."""
    legacy = symbols.is_legacy(old.form, old.symbol)
    if not legacy and not symbols.is_current(old.form, old.symbol):
        raise Unwritable("replaces.symbol", "is of no known form and symbol")
    _refuse_number(old.number)
    return (
        f"<TTBLLQuan><KHMCTu>{old.form}</KHMCTu><KHCTu>{old.symbol}</KHCTu>"
        f"<SCTu>{old.number:0{7 if legacy else 1}d}</SCTu><NLap>{old.day.isoformat()}</NLap></TTBLLQuan>"
    )


def _extra(name: str, value: str) -> str:
    data = _leaf("DLieu", value, "token_public_key", MAX_EXTRA_TEXT)
    return f"<TTKhac><TTin><TTruong>{name}</TTruong><KDLieu>string</KDLieu>{data}</TTin></TTKhac>"


@lru_cache(maxsize=256)  # an agency says the same on all its receipts
def _org(org: CollectingOrg) -> str:
    if not symbols.TAX_CODE.fullmatch(org.tax_code):
        raise Unwritable("org.tax_code", "is not a tax code")
    return (
        f"<TCThu>{_leaf('Ten', org.name, 'org.name', 400)}<MST>{org.tax_code}</MST>"
        f"{_optional('DChi', org.address, 'org.address', 400)}{_optional('SDThoai', org.phone, 'org.phone', 40)}"
        f"{_optional('STKNHang', org.account, 'org.account', 40)}{_optional('TNHang', org.bank, 'org.bank', 400)}"
        f"{_optional('MDDanh', org.identifier, 'org.identifier', 50)}</TCThu>"
    )


def _delegate(delegate: Delegate) -> str:
    if not symbols.TAX_CODE.fullmatch(delegate.tax_code):
        raise Unwritable("delegate.tax_code", "is not a tax code")
    return (
        f"<TCNUNhiem>{_leaf('Ten', delegate.name, 'delegate.name', 400)}"
        f"{_leaf('DChi', delegate.address, 'delegate.address', 400)}<MST>{delegate.tax_code}</MST></TCNUNhiem>"
    )


def _payer(payer: Payer) -> str:
    return (
        f"<NNop>{_leaf('Ten', payer.name, 'payer.name', 400)}{_optional('MST', payer.tax_code, 'payer.tax_code', 14)}"
        f"{_optional('CCCDan', payer.id_number, 'payer.id_number', 20)}"
        f"{_optional('DChi', payer.address, 'payer.address', 400)}</NNop>"
    )


def _dossier(dossier: DossierFacts) -> str:
    return (
        f"<HSo>{_leaf('MHSo', dossier.code, 'dossier.code', 100)}"
        f"{_optional('MTTHC', dossier.procedure_code, 'dossier.procedure_code', 50)}"
        f"{_optional('TTTHC', dossier.procedure_name, 'dossier.procedure_name', 2_000)}</HSo>"
    )


def _lines(lines: tuple[FeeLine, ...]) -> str:
    if not lines:
        raise Unwritable("lines", "is empty")
    return f"<DSKThu>{''.join(_line(place, line) for place, line in enumerate(lines, 1))}</DSKThu>"


@lru_cache(maxsize=1024)  # and so do most of its fees
def _line(place: int, line: FeeLine) -> str:
    at = f"lines.{place}"
    if line.kind not in KINDS:
        raise Unwritable(f"{at}.kind", "is neither PHI nor LE_PHI")
    return (
        f"<KThu><STT>{place}</STT><LKThu>{KINDS[line.kind]}</LKThu>{_leaf('MKThu', line.code, f'{at}.code', 50)}"
        f"{_leaf('Ten', line.name, f'{at}.name', 500)}<SLuong>{_amount(f'{at}.quantity', line.quantity)}</SLuong>"
        f"<DGia>{_amount(f'{at}.unit_price', line.unit_price)}</DGia>"
        f"<ThTien>{_amount(f'{at}.amount', line.amount)}</ThTien>"
        f"{_optional('Chuong', line.chapter, f'{at}.chapter', 10)}"
        f"{_optional('TMuc', line.sub_item, f'{at}.sub_item', 10)}</KThu>"
    )


def _money(money: MoneyFacts) -> str:
    if not money.reference.strip():
        return ""
    return (
        f"<GDich>{_leaf('MGDich', money.reference, 'money.reference', 100)}"
        f"<TGGDich>{local_time(money.paid_at)}</TGGDich>{_optional('NHang', money.bank, 'money.bank', 400)}</GDich>"
    )


def local_time(moment: datetime) -> str:
    """UTC -> `YYYY-MM-DDThh:mm:ss` in Vietnam, without a zone as the tax authority writes it."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(_VIETNAM).strftime("%Y-%m-%dT%H:%M:%S")


def _amount(field: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_AMOUNT:
        raise Unwritable(field, f"is not a whole number from 0 to {MAX_AMOUNT}")
    return value


def _optional(tag: str, value: str, field: str, limit: int) -> str:
    return _leaf(tag, value, field, limit) if value.strip() else ""


def _leaf(tag: str, value: str, field: str, limit: int) -> str:
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    if not text.isprintable() and _NOT_XML.search(text):  # what is printable, XML can carry
        raise Unwritable(field, "holds a character that XML cannot carry")
    if not text or text.isspace():
        raise Unwritable(field, "is empty")
    if len(text) > limit:
        raise Unwritable(field, f"is longer than {limit} characters")
    return f"<{tag}>{escape(text)}</{tag}>"


def escape(text: str) -> str:
    """Text content as canonical XML writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
