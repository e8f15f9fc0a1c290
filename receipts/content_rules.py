"""The rules that the data of a receipt keeps by itself: mandatory contents, symbols, number, words, profile.

Nghị định 254/2026/NĐ-CP, Điều 23 k2 (contents; one missing takes the legal value, Điều 26 k2); Thông tư 91/2026/TT-BTC,
Phụ lục II mục 2 (symbols) and Điều 20 (replacement); the tags follow QĐ 1271/QĐ-CT.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from receipts import symbols
from receipts.check import Rule
from receipts.model import DOCUMENT_NAME
from receipts.rules import (
    CONTENTS,
    DAY_OF_COLLECTION,
    FORMS,
    SYMBOL_LETTERS,
    SYMBOLS,
)
from receipts.stated import Stated
from receipts.words import words
from receipts.xml import CURRENCY, KINDS

Places = Iterable[str] | None

HEAD, BODY = "TTChung", "NDBLai"
NAME = f"{HEAD}/TBLai"
FORM, SYMBOL, NUMBER, DAY = (f"{HEAD}/{tag}" for tag in ("KHMCTu", "KHCTu", "SCTu", "NLap"))
ORG_NAME, ORG_TAX_CODE = f"{BODY}/TCThu/Ten", f"{BODY}/TCThu/MST"
TOTAL, SPOKEN = f"{BODY}/TToan/TgTien", f"{BODY}/TToan/STBChu"
LINES, LINE = f"{BODY}/DSKThu", f"{BODY}/DSKThu/KThu"

_SHAPE = re.compile(r"[0-9]{2}T[A-Z]{2}")
_LEGACY_NUMBER = re.compile(r"[0-9]{7}")
_IN_BRACKETS = re.compile(r"\([^()]*\)")


def lacking(said: Stated, *paths: str) -> list[str]:
    """The paths where nothing is stated."""
    return [path for path in paths if not said.text(path).strip()]


def _name(said: Stated) -> Places:
    return [] if said.text(NAME) == DOCUMENT_NAME else [NAME]


def _lines(said: Stated) -> Iterator[str]:
    """At least one, each with its name and its amount."""
    if not said.lines:
        yield LINE
    for place, line in enumerate(said.lines, 1):
        yield from (f"{LINE} {place}/{tag}" for tag in ("Ten", "ThTien") if not (line.findtext(tag) or "").strip())


def _kinds(said: Stated) -> Iterator[str]:
    known = KINDS.values()
    for place, line in enumerate(said.lines, 1):
        if line.find("LKThu") is not None and line.findtext("LKThu") not in known:
            yield f"{LINE} {place}/LKThu"


def _language(said: Stated) -> Iterator[str]:
    """Letters of another script only in brackets; decimal digits only 0-9."""
    names = {ORG_NAME: said.text(ORG_NAME), f"{BODY}/HSo/TTTHC": said.text(f"{BODY}/HSo/TTTHC")}
    names |= {f"{LINE} {place}/Ten": line.findtext("Ten") or "" for place, line in enumerate(said.lines, 1)}
    for place, text in names.items():
        if any(map(_foreign, _IN_BRACKETS.sub("", unicodedata.normalize("NFC", text)))):
            yield place


def _foreign(letter: str) -> bool:
    if letter.isalpha():
        return not unicodedata.name(letter, "").startswith("LATIN")
    return letter.isdecimal() and not letter.isascii()


def _current(said: Stated) -> Places:
    return [FORM, SYMBOL] if said.legacy else []


def _form(said: Stated) -> Places:
    if said.legacy or not said.form.strip():
        return None
    return [] if said.form in FORMS else [FORM]


def _symbol(said: Stated) -> Places:
    if said.legacy or not said.symbol.strip():
        return None
    return [] if _SHAPE.fullmatch(said.symbol) else [SYMBOL]


def _letters(said: Stated) -> Places:
    if not _SHAPE.fullmatch(said.symbol):
        return None
    return [] if set(said.symbol[3:]) <= set(SYMBOL_LETTERS) else [SYMBOL]


def _year(said: Stated) -> Places:
    """A legacy symbol has its year behind the hyphen."""
    digits = said.symbol[3:5] if said.legacy else said.symbol[:2]
    if said.day is None or not re.fullmatch("[0-9]{2}", digits):
        return None
    return [] if symbols.same_year(digits, said.day) else [SYMBOL, DAY]


def _number(said: Stated) -> Places:
    text = said.text(NUMBER)
    if not text.strip():
        return None
    pattern = _LEGACY_NUMBER if said.legacy else symbols.NUMBER
    return [] if pattern.fullmatch(text) else [NUMBER]


def _day(said: Stated) -> Places:
    if not said.text(DAY).strip():
        return None
    return [DAY] if said.day is None else []


def _spoken_form(said: Stated) -> Places:
    """A capital first, one blank between words, đồng last, no full stop, no chẵn."""
    text = said.text(SPOKEN)
    if not text.strip():
        return None
    single = " ".join(text.split()) == text
    well = single and text[0].isupper() and text[1:] == text[1:].lower() and text.endswith(" đồng")
    return [] if well and "chẵn" not in text.split() else [SPOKEN]


def _spoken(said: Stated) -> Places:
    """The number that is read out, whatever its capitals, blanks and stops."""
    text = said.text(SPOKEN)
    if said.total is None or not text.strip():
        return None
    heard = [word for word in re.sub(r"[.,]", " ", text).lower().split() if word not in ("chẵn", "đồng")]
    return [] if heard == words(said.total).lower().split()[:-1] else [SPOKEN]


def _sum(said: Stated) -> Places:
    if said.total is None or not said.lines or None in said.line_amounts:
        return None
    return [] if sum(filter(None, said.line_amounts)) == said.total else [TOTAL]


def _currency(said: Stated) -> Iterator[str]:
    for tag, value in (("DVTTe", CURRENCY), ("TGia", "1")):
        if said.has(f"{HEAD}/{tag}") and said.text(f"{HEAD}/{tag}") != value:
            yield f"{HEAD}/{tag}"


CONTENT_RULES: tuple[Rule[Stated], ...] = (
    Rule("content.name", f"{CONTENTS} a", f"Tên biên lai là {DOCUMENT_NAME}", "the document bears its name", _name),
    Rule(
        "content.symbols", f"{CONTENTS} b", "Có ký hiệu mẫu và ký hiệu biên lai", "form and symbol are stated",
        lambda said: lacking(said, FORM, SYMBOL),
    ),
    Rule(
        "content.number", f"{CONTENTS} c", "Có số biên lai",
        "the number is stated", lambda said: lacking(said, NUMBER),
    ),
    Rule(
        "content.organisation", f"{CONTENTS} d", "Có tên, mã số thuế của tổ chức thu",
        "name and tax code of the collecting organisation are stated",
        lambda said: lacking(said, ORG_NAME, ORG_TAX_CODE),
    ),
    Rule(
        "content.lines", f"{CONTENTS} đ", "Có tên và số tiền từng khoản thu",
        "each khoản thu has name and amount", _lines,
    ),
    Rule(
        "content.kinds", f"{CONTENTS} đ", "Mỗi khoản thu là phí (1) hoặc lệ phí (2), ghi dòng riêng",
        "each line is phí (1) or lệ phí (2)", _kinds,
    ),
    Rule(
        "content.amount", f"{CONTENTS} đ", "Có số tiền bằng số và bằng chữ", "the amount is stated in digits and words",
        lambda said: lacking(said, TOTAL, SPOKEN),
    ),
    Rule(
        "content.day", f"{CONTENTS} e", "Có ngày, tháng, năm lập",
        "the day of issue is stated", lambda said: lacking(said, DAY),
    ),
    Rule(
        "content.day_written", DAY_OF_COLLECTION, "Ngày lập là ngày có thật, ghi YYYY-MM-DD",
        "the day of issue is a day, written YYYY-MM-DD", _day,
    ),
    Rule(
        "content.language", f"{CONTENTS} h", "Chữ Việt; chữ nước ngoài trong ngoặc đơn; chữ số 0-9",
        "Vietnamese letters, other scripts in brackets only, digits 0-9", _language,
    ),
    Rule(
        "content.currency", f"{CONTENTS} h", "Đồng tiền là VND, tỷ giá 1",
        "the currency is VND at the rate 1", _currency,
    ),
    Rule(
        "symbol.current", SYMBOLS, "Ký hiệu theo quy định hiện hành, không phải mẫu cũ trước 01/07/2026",
        "form and symbol are of today's law, not of before 2026-07-01 (legacy)", _current,
    ),
    Rule("symbol.form", SYMBOLS, "Ký hiệu mẫu là EBL01 hoặc EBL02", "the form is EBL01 or EBL02", _form),
    Rule(
        "symbol.shape", SYMBOLS, "Ký hiệu gồm hai số năm, chữ T và hai chữ cái",
        "the symbol is two digits, T and two letters", _symbol,
    ),
    Rule(
        "symbol.letters", SYMBOLS, f"Hai chữ cuối thuộc {SYMBOL_LETTERS}", f"the last two letters are of {SYMBOL_LETTERS}",
        _letters,
    ),
    Rule("symbol.year", SYMBOLS, "Năm của ký hiệu là năm lập", "the symbol's year is that of the day of issue", _year),
    Rule(
        "number.written", f"{CONTENTS} c", "Số từ 1 đến 99.999.999, tối đa 8 chữ số, không có số 0 đứng đầu",
        "the number is 1 to 99,999,999 without leading zeros", _number,
    ),
    Rule(
        "words.written", f"{CONTENTS} đ", "Chữ đầu viết hoa, cách một khoảng, kết thúc bằng đồng, không chấm, không chẵn",
        "the words begin with a capital, end with đồng, without full stop or chẵn", _spoken_form,
    ),
    Rule("words.reading", f"{CONTENTS} đ", "Số tiền bằng chữ đọc đúng tổng tiền", "the words read the total", _spoken),
    Rule("total.sum", f"{CONTENTS} đ", "Tổng tiền bằng tổng các dòng", "the total is the sum of the lines", _sum),
)  # fmt: skip
