"""The rules of the XML profile, which says what the law leaves open, and those of a replaced and a delegated receipt.

The tags follow QĐ 1271/QĐ-CT (30/05/2025); Thông tư 91/2026/TT-BTC, Điều 20 (replacement); Nghị định 254/2026/NĐ-CP,
Điều 25 k4 (delegation).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from receipts import symbols
from receipts.check import Rule
from receipts.content_rules import (
    BODY,
    DAY,
    FORM,
    HEAD,
    LINE,
    LINES,
    NAME,
    NUMBER,
    ORG_NAME,
    ORG_TAX_CODE,
    SPOKEN,
    SYMBOL,
    TOTAL,
    lacking,
)
from receipts.faults import Problem
from receipts.reading import moment
from receipts.refused import Refused
from receipts.rules import DELEGATION, FORMAT, PROFILE, REPLACEMENT
from receipts.stated import Stated, amount, day
from receipts.xml import DATA_ID, MAX_EXTRA_TEXT, METHODS, TOKEN_KEY, VERSION

Places = Iterable[str] | None

DELEGATE, REPLACED = f"{BODY}/TCNUNhiem", f"{HEAD}/TTBLLQuan"
AMOUNTS = ("SLuong", "DGia", "ThTien")

# What the law itself asks for has rules of its own; the rules of structure are about the rest.
MANDATORY = frozenset(
    (
        NAME,
        FORM,
        SYMBOL,
        NUMBER,
        DAY,
        ORG_NAME,
        ORG_TAX_CODE,
        TOTAL,
        SPOKEN,
        LINES,
        LINE,
        f"{LINE}/Ten",
        f"{LINE}/ThTien",
    )
    + tuple(f"{DELEGATE}/{tag}" for tag in ("Ten", "DChi"))
)


def _amounts(said: Stated) -> Iterator[str]:
    if said.text(TOTAL).strip() and said.total is None:
        yield TOTAL
    for place, line in enumerate(said.lines, 1):
        for tag in AMOUNTS:
            if (text := line.findtext(tag) or "").strip() and amount(text) is None:
                yield f"{LINE} {place}/{tag}"


def _order(said: Stated) -> Iterator[str]:
    for place, line in enumerate(said.lines, 1):
        if line.find("STT") is not None and line.findtext("STT") != str(place):
            yield f"{LINE} {place}/STT"


def _one_of(said: Stated, path: str, values: Iterable[str]) -> Places:
    if not said.has(path):
        return None
    return [] if said.text(path) in values else [path]


def _lookup_code(said: Stated) -> Places:
    return _written(said, f"{HEAD}/MTCuu", symbols.LOOKUP_CODE)


def _written(said: Stated, path: str, pattern: re.Pattern[str]) -> Places:
    if not said.text(path).strip():
        return None
    return [] if pattern.fullmatch(said.text(path)) else [path]


def _tax_codes(said: Stated) -> Iterator[str]:
    for path in (ORG_TAX_CODE, f"{DELEGATE}/MST"):
        yield from _written(said, path, symbols.TAX_CODE) or ()


def _delegate(said: Stated) -> Places:
    return lacking(said, f"{DELEGATE}/Ten", f"{DELEGATE}/DChi") if said.has(DELEGATE) else None


def _replaced(said: Stated) -> Places:
    """Form and symbol, the number written as it was, and a day that is not later."""
    if not said.has(REPLACED):
        return None
    form, symbol, number, written = (said.text(f"{REPLACED}/{tag}") for tag in ("KHMCTu", "KHCTu", "SCTu", "NLap"))
    legacy = symbols.is_legacy(form, symbol)
    old_day = day(written)
    found = [] if legacy or symbols.is_current(form, symbol) else [f"{REPLACED}/KHCTu"]
    if not (symbols.LEGACY_NUMBER if legacy else symbols.NUMBER).fullmatch(number):
        found.append(f"{REPLACED}/SCTu")
    if old_day is None or (said.day is not None and old_day > said.day):
        found.append(f"{REPLACED}/NLap")
    itself = (form, symbol, number) == (said.form, said.symbol, said.text(NUMBER))
    return [*found, REPLACED] if itself else found


def _money_time(said: Stated) -> Places:
    path = f"{BODY}/GDich/TGGDich"
    if not said.text(path).strip():
        return None
    try:
        moment(said.text(path))
    except Refused:
        return [path]
    return []


def _extra(said: Stated) -> Places:
    if not said.has(f"{HEAD}/TTKhac"):
        return None
    entries = said.element.findall(f"{HEAD}/TTKhac/TTin")
    found = [f"{HEAD}/TTKhac/TTin/DLieu" for one in entries if len(one.findtext("DLieu") or "") > MAX_EXTRA_TEXT]
    keys = [one for one in entries if one.findtext("TTruong") == TOKEN_KEY]
    return [*found, f"{HEAD}/TTKhac/TTin/{TOKEN_KEY}"] if len(keys) > 1 else found


def _composed(said: Stated) -> Iterator[str]:
    for element in said.element.iter():
        if element.text and not unicodedata.is_normalized("NFC", element.text):
            yield str(element.tag)[:40]


def _attributes(said: Stated) -> list[str]:
    named = said.element.get("Id") in (None, DATA_ID)  # without any it is a fault of structure
    return [*_structure(said, "attribute"), *([] if named else ["Id"])]


def _structure(said: Stated, *problems: Problem) -> list[str]:
    return [
        one.place
        for one in said.faults
        if one.problem in problems and not (one.problem in ("missing", "empty") and one.place in MANDATORY)
    ]


PROFILE_RULES: tuple[Rule[Stated], ...] = (
    Rule(
        "amount.plain", FORMAT, "Số tiền, số lượng là số nguyên, chữ số 0-9",
        "amounts are plain whole numbers", _amounts,
    ),
    Rule("line.order", PROFILE, "Các dòng đánh số từ 1", "the lines are numbered from 1 on", _order),
    Rule(
        "version", PROFILE, f"Phiên bản {VERSION}", f"the version is {VERSION}",
        lambda said: _one_of(said, f"{HEAD}/PBan", (VERSION,)),
    ),
    Rule(
        "method", PROFILE, f"Hình thức thanh toán là {', '.join(METHODS)}", f"the method is one of {', '.join(METHODS)}",
        lambda said: _one_of(said, f"{HEAD}/HTTToan", METHODS),
    ),
    Rule(
        "lookup_code", PROFILE, "Mã tra cứu gồm 4 đến 40 chữ, số",
        "the lookup code is 4 to 40 letters or digits", _lookup_code,
    ),
    Rule("tax_code", FORMAT, "Mã số thuế 10, 12 hoặc 13 chữ số", "tax codes have 10, 12 or 13 digits", _tax_codes),
    Rule(
        "delegate", DELEGATION, "Biên lai ủy nhiệm có tên, địa chỉ bên nhận ủy nhiệm",
        "a delegated receipt bears the delegate's name and address", _delegate,
    ),
    Rule(
        "replaced", REPLACEMENT, "Biên lai thay thế ghi mẫu, ký hiệu, số, ngày của biên lai cũ",
        "a replacement names form, symbol, number and day of another, not later receipt", _replaced,
    ),
    Rule(
        "money.time", FORMAT, "Thời gian giao dịch ghi YYYY-MM-DDThh:mm:ss",
        "the time of payment is YYYY-MM-DDThh:mm:ss", _money_time,
    ),
    Rule(
        "extra", FORMAT, f"Thông tin khác tối đa {MAX_EXTRA_TEXT} ký tự, khóa QR một lần",
        f"extra texts have at most {MAX_EXTRA_TEXT} characters, the QR key stands once", _extra,
    ),
    Rule("text.composed", FORMAT, "Chữ theo chuẩn Unicode dựng sẵn (NFC)", "text is composed (NFC)", _composed),
    Rule(
        "structure.known", PROFILE, "Không có thẻ lạ",
        "no unknown elements", lambda said: _structure(said, "unknown"),
    ),
    Rule(
        "structure.once", PROFILE, "Không có thẻ lặp",
        "no element stands twice", lambda said: _structure(said, "doubled"),
    ),
    Rule(
        "structure.order", PROFILE, "Các thẻ đúng thứ tự",
        "elements stand in their order", lambda said: _structure(said, "misplaced"),
    ),
    Rule(
        "structure.complete", PROFILE, "Đủ các thẻ của hồ sơ XML",
        "no element of the profile is missing", lambda said: _structure(said, "missing"),
    ),
    Rule(
        "structure.filled", FORMAT, "Thẻ không có giá trị thì bỏ, không để trống",
        "an absent value has no empty element", lambda said: _structure(said, "empty"),
    ),
    Rule(
        "structure.text", PROFILE, "Không có chữ ngoài thẻ",
        "no text outside the elements", lambda said: _structure(said, "text"),
    ),
    Rule(
        "structure.attributes", PROFILE, "Không có thuộc tính ngoài Id của DLBLai",
        "no attribute but the Id of DLBLai", _attributes,
    ),
)  # fmt: skip
