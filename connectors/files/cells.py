"""Amounts and days as banks print them in tables: Vietnamese and English grouping, brackets and signs, dd/MM/yyyy.

A separator that may be either is read as grouping for đồng, which has no minor unit (ISO 4217), and refused for any other
currency unless the profile says what it is. Nothing unreadable becomes zero or today.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from connectors.files.reading import Unreadable


class Unread(Enum):
    """A formula whose value was not stored."""

    FORMULA = "formula"


UNREAD = Unread.FORMULA
Cell = str | int | float | Decimal | date | datetime | Unread | None

VND = "VND"
NIL = frozenset({"", "-", "–", "—"})  # an empty amount cell, as people and accounting formats write it
_EXACT = 2**53  # beyond, a spreadsheet's number no longer holds each đồng

_SPACE = re.compile(r"\s")  # the non-breaking and narrow ones among them
_UNIT = re.compile(r"(?i)(?:VND|VNĐ|đồng|đ|₫)\.?$|^(?:VND|VNĐ|₫)")
_BRACKETED = re.compile(r"\((.*)\)")
_MARKED = re.compile(r"([+-]?)(.*?)([+-]?)")
_PLAIN = re.compile(r"[0-9]{1,30}")
_PARTS = {"dd": r"(?P<d>\d{1,2})", "MM": r"(?P<m>\d{1,2})", "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d{2})"}
_TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?)?"
_TIME_FIRST = r"(?:\d{1,2}:\d{2}(?::\d{2})? +)?"

DATES = ("dd/MM/yyyy", "dd-MM-yyyy", "dd.MM.yyyy", "yyyy-MM-dd", "yyyy/MM/dd", "dd/MM/yy")  # never the month first


def text(cell: Cell) -> str:
    """The cell as text, white space made single; a whole number without a fraction. Raises Unreadable."""
    if cell is None:
        return ""
    if cell is UNREAD:
        raise Unreadable("formula.unread")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y %H:%M:%S") if cell.time() != datetime.min.time() else cell.strftime("%d/%m/%Y")
    return " ".join(str(cell).split())


def shown(cell: Cell) -> str:
    """The cell as text for looking around a table, where a formula says nothing."""
    return "" if cell is UNREAD else text(cell)


def amount(cell: Cell, currency: str = VND, decimal: str = "auto") -> Decimal | None:
    """The signed amount of a cell; None where it says nothing. `decimal` is `,`, `.` or `auto`. Raises Unreadable."""
    if cell is UNREAD:
        raise Unreadable("formula.unread")
    if isinstance(cell, bool | date):
        raise Unreadable("amount.unreadable")
    if isinstance(cell, int | float | Decimal):
        return _number(cell)
    return _written(str(cell or ""), currency, decimal)


def _number(cell: int | float | Decimal) -> Decimal:
    """A spreadsheet keeps 64-bit numbers: the shortest text that gives the number back is what was typed."""
    number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    if not number.is_finite() or abs(number) > _EXACT:
        raise Unreadable("amount.unreadable", str(cell))
    return number


@lru_cache(maxsize=8192)
def _written(stated: str, currency: str, decimal: str) -> Decimal | None:
    bare = _UNIT.sub("", _SPACE.sub(" ", stated).strip()).strip()
    if bare in NIL:
        return None
    bracketed = _BRACKETED.fullmatch(bare)
    marked = _MARKED.fullmatch(bracketed[1].strip() if bracketed else bare)
    assert marked is not None  # each part may be empty
    before, digits, after = marked.groups()
    if (before and after) or (bracketed and (before or after)):
        raise Unreadable("amount.unreadable", stated)
    size = _unsigned(digits.strip(), stated, currency, decimal)
    return -size if size and (bracketed or "-" in (before, after)) else size


def _unsigned(digits: str, stated: str, currency: str, decimal: str) -> Decimal:
    whole, fraction = _parted(digits, stated, currency, decimal)
    groups = re.split(r"[., ']", whole)
    grouped = len(groups) > 1
    if grouped and not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
        raise Unreadable("amount.unreadable", stated)
    if grouped and len(set(re.findall(r"[^0-9]", whole))) > 1:  # one kind of separator in one number
        raise Unreadable("amount.unreadable", stated)
    number = "".join(groups)
    if not _PLAIN.fullmatch(number) or (fraction and not _PLAIN.fullmatch(fraction)):
        raise Unreadable("amount.unreadable", stated)
    return Decimal(f"{number}.{fraction}" if fraction else number)


def _parted(digits: str, stated: str, currency: str, decimal: str) -> tuple[str, str]:
    """The whole part with its grouping, and the fraction."""
    if decimal in (",", "."):
        whole, _, fraction = digits.partition(decimal)
        return whole, fraction or _none(digits, decimal, stated)
    found = [mark for mark in digits if mark in ".,"]
    if not found:
        return digits, ""
    whole, _, fraction = digits.rpartition(found[-1])
    if found.count(found[-1]) > 1:
        return digits, ""  # a decimal separator stands once
    if len(set(found)) == 2 or len(fraction) != 3 or len(whole) > 3:
        return whole, fraction or _none(digits, found[-1], stated)
    if currency not in (VND, "") and whole != "0":
        raise Unreadable("amount.ambiguous", stated)
    return (whole, fraction) if whole == "0" else (digits, "")


def _none(digits: str, mark: str, stated: str) -> str:
    """No fraction, provided that nothing announces one."""
    if mark in digits:
        raise Unreadable("amount.unreadable", stated)
    return ""


@lru_cache(maxsize=64)
def _date_form(form: str) -> re.Pattern[str]:
    pattern = re.escape(form)
    for part, group in _PARTS.items():
        if part != "yy" or "yyyy" not in form:
            pattern = pattern.replace(part, group, 1)
    return re.compile(_TIME_FIRST + pattern + _TIME)


def day(cell: Cell, forms: tuple[str, ...] = DATES) -> date:
    """The day a cell states; a time beside it is passed over. Raises Unreadable."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    stated = text(cell)
    if not stated:
        raise Unreadable("date.missing")
    return _stated_day(stated, forms)


@lru_cache(maxsize=4096)
def _stated_day(stated: str, forms: tuple[str, ...]) -> date:
    for form in forms:
        matched = _date_form(form).fullmatch(stated)
        if matched is None:
            continue
        found = matched.groupdict()
        year = int(found["y"]) if found.get("y") else 2000 + int(found["yy"])
        try:
            return date(year, int(found["m"]), int(found["d"]))
        except ValueError:
            raise Unreadable("date.unreadable", stated) from None
    raise Unreadable("date.unreadable", stated)
