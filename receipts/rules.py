"""What a receipt and a series must satisfy before a number is spent, each rule with its ground.

Form and symbol: Thông tư 91/2026/TT-BTC, Phụ lục II mục 2. Numbers, contents: Nghị định 254/2026/NĐ-CP, Điều 23 k2.
"""

from __future__ import annotations

import re

from receipts.model import MAX_NUMBER, FeeLine, ReceiptError, ReceiptFacts

CONTENTS = "Nghị định 254/2026/NĐ-CP, Điều 23 k2"
DAY_OF_COLLECTION = "Nghị định 254/2026/NĐ-CP, Điều 24 k1"
SIGNING_DAY = "Nghị định 254/2026/NĐ-CP, Điều 24 k5, Điều 29 k3 b"
DELEGATION = "Nghị định 254/2026/NĐ-CP, Điều 25 k4"
SYMBOLS = "Thông tư 91/2026/TT-BTC, Phụ lục II mục 2"
REPLACEMENT = "Thông tư 91/2026/TT-BTC, Điều 20"
FORMAT = "QĐ 1271/QĐ-CT, Phần I mục IV"
PROFILE = "Hồ sơ XML Thu Phí, theo QĐ 1271/QĐ-CT"  # what the law leaves open

FORMS = ("EBL01", "EBL02")  # without, with face value
SYMBOL_LETTERS = "ABCDEGHKLMNPQRSTUVXY"  # F I J O W Z are never valid
SYMBOL = re.compile(rf"[0-9]{{2}}T[{SYMBOL_LETTERS}]{{2}}")
KINDS = ("PHI", "LE_PHI")


class BadForm(ReceiptError):
    """Ký hiệu mẫu is neither EBL01 nor EBL02."""

    code = "receipt.form"


class BadSymbol(ReceiptError):
    """Ký hiệu biên lai is not year, T and two of the letters allowed."""

    code = "receipt.symbol"


class BadRange(ReceiptError):
    """The numbers of a range lie within 1..99,999,999, first before last."""

    code = "receipt.range"


class NoLines(ReceiptError):
    """A receipt names at least one khoản thu."""

    code = "receipt.no_lines"


class BadKind(ReceiptError):
    """Only phí and lệ phí have receipts of this kind."""

    code = "receipt.kind"


class BadAmount(ReceiptError):
    """An amount is a positive whole number of đồng, and quantity x unit price."""

    code = "receipt.amount"


def check_form(form: str) -> None:
    """Raises BadForm."""
    if form not in FORMS:
        raise BadForm(f"form {form!r} is not one of {', '.join(FORMS)}")


def year_of(symbol: str) -> int:
    """The year a symbol may be used in; raises BadSymbol."""
    if SYMBOL.fullmatch(symbol) is None:
        raise BadSymbol(f"symbol {symbol!r} is not of the shape 26TAA with letters of {SYMBOL_LETTERS}")
    return 2000 + int(symbol[:2])


def check_range(first: int, last: int) -> None:
    """Raises BadRange."""
    if not 1 <= first <= last <= MAX_NUMBER:
        raise BadRange(f"range {first}..{last} does not lie within 1..{MAX_NUMBER}")


def check_facts(facts: ReceiptFacts) -> None:
    """Raises NoLines, BadKind or BadAmount, naming the source and the line."""
    if not facts.lines:
        raise NoLines(f"receipt of {facts.source} has no line")
    for position, line in enumerate(facts.lines, start=1):
        _check_line(line, f"line {position} of {facts.source}")


def _check_line(line: FeeLine, where: str) -> None:
    if line.kind not in KINDS:
        raise BadKind(f"{where}: kind {line.kind!r} is not one of {', '.join(KINDS)}")
    if any(type(value) is not int or value <= 0 for value in (line.quantity, line.unit_price, line.amount)):
        raise BadAmount(f"{where}: quantity, unit price and amount are positive whole numbers")
    if line.quantity * line.unit_price != line.amount:
        raise BadAmount(f"{where}: {line.quantity} x {line.unit_price} is not {line.amount}")
