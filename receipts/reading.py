"""What a `DLBLai` says, as plain values, and whether it agrees with itself (receipt rules, section 10, checks).

Reads an element of known structure: after the signature is proven, the element rebuilt from the signed bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

from receipts import symbols
from receipts.model import (
    DOCUMENT_NAME,
    CollectingOrg,
    Delegate,
    DossierFacts,
    FeeLine,
    Kind,
    MoneyFacts,
    Payer,
    Replaced,
)
from receipts.refused import Refused
from receipts.words import words
from receipts.xml import CURRENCY, KINDS, MAX_EXTRA_TEXT, METHODS, TOKEN_KEY, VERSION

if TYPE_CHECKING:
    from lxml import etree

T = TypeVar("T")
Texts = dict[str, str]

_VIETNAM = timezone(timedelta(hours=7))
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,14}")
_KINDS: dict[str, Kind] = {mark: kind for kind, mark in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One receipt as its XML states it. Money is int đồng, `day` is NLap; absent texts are ""."""

    form: str
    symbol: str
    number: int
    lookup_code: str
    day: date
    method: str
    org: CollectingOrg
    delegate: Delegate | None
    payer: Payer = field(repr=False)
    dossier: DossierFacts
    lines: tuple[FeeLine, ...]
    amount: int
    words: str
    money: MoneyFacts | None
    replaces: Replaced | None
    token_key: str  # KQR: base64 of the public key that checks the printed token


def read(element: etree._Element) -> Content:
    """The content of a `DLBLai` whose structure was checked. Raises Refused `content.*`."""
    head, body = _branches(element[0]), _branches(element[1])
    general, total = _texts(element[0]), _texts(body["TToan"])
    _refuse_constants(general)
    content = Content(
        form=general["KHMCTu"],
        symbol=general["KHCTu"],
        number=int(_plain(symbols.NUMBER, general, "SCTu")),
        lookup_code=_plain(symbols.LOOKUP_CODE, general, "MTCuu"),
        day=_day(general["NLap"]),
        method=general["HTTToan"],
        org=_org(_texts(body["TCThu"])),
        delegate=_when(body.get("TCNUNhiem"), _delegate),
        payer=_payer(_texts(body["NNop"])),
        dossier=_dossier(_texts(body["HSo"])),
        lines=tuple(_line(place, _texts(line)) for place, line in enumerate(body["DSKThu"], 1)),
        amount=_amount(total, "TgTien"),
        words=total["STBChu"],
        money=_when(body.get("GDich"), _money),
        replaces=_when(head.get("TTBLLQuan"), _replaced),
        token_key=_token_key(head.get("TTKhac")),
    )
    _refuse_contradictions(content)
    return content


def moment(text: str) -> datetime:
    """`YYYY-MM-DDThh:mm:ss`, Vietnamese time without a zone -> UTC. Raises Refused `content.time`."""
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text).replace(tzinfo=_VIETNAM).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("content.time", "a time is not YYYY-MM-DDThh:mm:ss") from error


def _refuse_constants(general: Texts) -> None:
    fixed = (
        ("PBan", VERSION, "content.version"),
        ("TBLai", DOCUMENT_NAME, "content.name"),
        ("DVTTe", CURRENCY, "content.currency"),
        ("TGia", "1", "content.currency"),
    )
    for tag, value, code in fixed:
        if general[tag] != value:
            raise Refused(code, f"{tag} is not {value}")
    if general["HTTToan"] not in METHODS:
        raise Refused("content.method", f"HTTToan is none of {', '.join(METHODS)}")
    if not symbols.is_current(general["KHMCTu"], general["KHCTu"]):
        raise Refused("content.symbol", "KHMCTu or KHCTu is not written as the law says")


def _refuse_contradictions(content: Content) -> None:
    if not symbols.same_year(content.symbol, content.day):
        raise Refused("content.year_differs", "KHCTu is of another year than NLap")
    if sum(line.amount for line in content.lines) != content.amount:
        raise Refused("content.total_differs", "TgTien is not the sum of ThTien")
    if content.words != words(content.amount):
        raise Refused("content.words_differ", "STBChu is not TgTien in words")


def _org(texts: Texts) -> CollectingOrg:
    return CollectingOrg(
        name=texts["Ten"],
        tax_code=_plain(symbols.TAX_CODE, texts, "MST"),
        address=texts.get("DChi", ""),
        phone=texts.get("SDThoai", ""),
        account=texts.get("STKNHang", ""),
        bank=texts.get("TNHang", ""),
        identifier=texts.get("MDDanh", ""),
    )


def _delegate(element: etree._Element) -> Delegate:
    texts = _texts(element)
    return Delegate(texts["Ten"], texts["DChi"], _plain(symbols.TAX_CODE, texts, "MST"))


def _payer(texts: Texts) -> Payer:
    return Payer(texts["Ten"], texts.get("MST", ""), texts.get("CCCDan", ""), texts.get("DChi", ""))


def _dossier(texts: Texts) -> DossierFacts:
    return DossierFacts(texts["MHSo"], texts.get("MTTHC", ""), texts.get("TTTHC", ""))


def _line(place: int, texts: Texts) -> FeeLine:
    if texts["STT"] != str(place):
        raise Refused("content.line_order", f"the lines are not numbered from 1 on (line {place})")
    if texts["LKThu"] not in _KINDS:
        raise Refused("content.kind", f"LKThu of line {place} is neither 1 (phí) nor 2 (lệ phí)")
    return FeeLine(
        kind=_KINDS[texts["LKThu"]],
        code=texts["MKThu"],
        name=texts["Ten"],
        quantity=_amount(texts, "SLuong"),
        unit_price=_amount(texts, "DGia"),
        amount=_amount(texts, "ThTien"),
        chapter=texts.get("Chuong", ""),
        sub_item=texts.get("TMuc", ""),
    )


def _money(element: etree._Element) -> MoneyFacts:
    texts = _texts(element)
    return MoneyFacts(texts["MGDich"], moment(texts["TGGDich"]), texts.get("NHang", ""))


def _replaced(element: etree._Element) -> Replaced:
    texts = _texts(element)
    form, symbol = texts["KHMCTu"], texts["KHCTu"]
    legacy = symbols.is_legacy(form, symbol)
    if not legacy and not symbols.is_current(form, symbol):
        raise Refused("content.replaced", "TTBLLQuan names no known form and symbol")
    number = _plain(symbols.LEGACY_NUMBER if legacy else symbols.NUMBER, texts, "SCTu")
    return Replaced(form, symbol, int(number), _day(texts["NLap"]))


def _token_key(extra: etree._Element | None) -> str:
    """KQR among the extra fields, or ""."""
    fields = [_texts(entry) for entry in extra] if extra is not None else []
    if any(len(entry["DLieu"]) > MAX_EXTRA_TEXT for entry in fields):
        raise Refused("content.extra_text", f"an extra text is longer than {MAX_EXTRA_TEXT} characters")
    keys = [entry["DLieu"] for entry in fields if entry["TTruong"] == TOKEN_KEY]
    if len(keys) > 1:
        raise Refused("content.token_key", f"{TOKEN_KEY} stands there more than once")
    return keys[0] if keys else ""


def _branches(element: etree._Element) -> dict[str, etree._Element]:
    return {child.tag: child for child in element}


def _texts(element: etree._Element) -> Texts:
    return {child.tag: child.text or "" for child in element}


def _when(element: etree._Element | None, make: Callable[[etree._Element], T]) -> T | None:
    return None if element is None else make(element)


def _plain(pattern: re.Pattern[str], texts: Texts, tag: str) -> str:
    if not pattern.fullmatch(texts[tag]):
        raise Refused(_CODES[tag], f"{tag} is not written as it must be")
    return texts[tag]


def _amount(texts: Texts, tag: str) -> int:
    if not _AMOUNT.fullmatch(texts[tag]):
        raise Refused("content.amount", f"{tag} is not a plain whole number")
    return int(texts[tag])


def _day(text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("content.day", "NLap is not a day written YYYY-MM-DD") from error


_CODES = {"SCTu": "content.number", "MTCuu": "content.lookup_code", "MST": "content.tax_code"}
