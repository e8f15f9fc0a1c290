"""How one amount, date or direction of a bank file is read, and the words for each reason it could not be.

ISO 20022 `ActiveOrHistoricCurrencyAndAmount` and `ISODate`; SWIFT fields `15d` and `YYMMDD` (MT940 usage rules).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, Protocol, TypeVar

from connectors.statement import Entry, Parsed, Problem, Statement

Item = Entry | Statement | Problem  # what a reader yields: the entries of a statement, then the statement itself
Opener = Callable[[], BinaryIO]  # the file from its beginning, as often as it is asked for
Kept = TypeVar("Kept", covariant=True)


class Items(Protocol):
    """One reading of a file from its beginning; `format` holds once everything was read."""

    @property
    def format(self) -> str: ...
    def items(self) -> Iterator[Item]: ...


UNKNOWN_FORMAT = "unknown"
PROBLEM_LIMIT = 100  # a person fixes the first few; a hostile file must not fill the memory with the rest

REASONS: dict[str, tuple[str, str]] = {
    "file.empty": ("Tệp rỗng", "the file is empty"),
    "format.unknown": ("Không nhận ra định dạng sao kê", "not a statement format we know"),
    "format.mismatch": ("Tệp không đúng định dạng đã chọn", "the file is not in the format that was asked for"),
    "encoding.unreadable": ("Không đọc được bảng mã ký tự", "the character encoding cannot be read"),
    "statement.missing": ("Tệp không chứa sao kê nào", "the file holds no statement"),
    "xml.malformed": ("Tệp XML hỏng hoặc bị cắt", "the XML is damaged or cut short"),
    "xml.doctype": ("Tệp XML có khai báo DOCTYPE, không được phép", "a DOCTYPE declaration is not allowed"),
    "csv.malformed": ("Tệp CSV hỏng", "the CSV is damaged"),
    "csv.column_missing": ("Thiếu cột bắt buộc", "a required column is missing"),
    "csv.row_shape": ("Số ô của dòng không khớp tiêu đề", "the row has more or fewer cells than the header"),
    "csv.too_many_accounts": ("Tệp có quá nhiều tài khoản", "the file holds too many accounts"),
    "csv.header_missing": (
        "Không tìm thấy dòng tiêu đề theo mẫu nào đã biết; hãy viết mẫu (thuphi statements preview)",
        "no heading row of a known layout; write a profile (thuphi statements preview)",
    ),
    "totals.differ": ("Dòng cộng trong tệp khác tổng các dòng", "the file's own total differs from its rows"),
    "balance.chain": ("Số dư lũy kế không nối tiếp nhau", "the running balances do not follow one another"),
    "amount.both": ("Một dòng vừa ghi nợ vừa ghi có", "the row has a debit and a credit"),
    "amount.ambiguous": ("Không rõ dấu thập phân hay dấu nghìn", "decimal or thousands separator: it cannot be told"),
    "amount.not_whole": ("Số tiền VND có phần lẻ", "an amount in VND is not whole"),
    "formula.unread": ("Ô công thức chưa có giá trị", "a formula without a stored value"),
    "xls.old": (
        "Tệp .xls cũ hoặc có mật khẩu: hãy lưu lại thành .xlsx hoặc .csv",
        "an old or password-protected .xls: save it as .xlsx or .csv",
    ),
    "html.table": ("Tệp là trang HTML: hãy lưu lại thành .xlsx hoặc .csv", "an HTML page: save it as .xlsx or .csv"),
    "xlsx.malformed": ("Tệp XLSX hỏng", "the XLSX is damaged"),
    "xlsx.too_large": ("Tệp XLSX bung ra quá lớn", "the XLSX unpacks to too much"),
    "value.missing": ("Thiếu giá trị", "the value is missing"),
    "net.differs": ("Thực nhận khác doanh số trừ phí", "net is not gross less commission"),
    "batch.differs": ("Lô không đúng số dòng hoặc tổng đã ghi", "the batch has another count or sum than it states"),
    "pan.unmasked": ("Tệp chứa số thẻ chưa che", "the file holds a whole card number"),
    "row.repeated": ("Một giao dịch ghi hai lần trong lô", "a sale stands twice in its batch"),
    "line.unreadable": ("Dòng sao kê không đúng cấu trúc", "the statement line does not follow the grammar"),
    "amount.missing": ("Thiếu số tiền", "the amount is missing"),
    "amount.unreadable": ("Số tiền không đọc được", "the amount is not a number"),
    "amount.negative": ("Số tiền có dấu trong khi chiều ghi riêng", "a signed amount beside its own direction"),
    "currency.missing": ("Thiếu loại tiền", "the currency is missing"),
    "date.missing": ("Thiếu ngày", "the date is missing"),
    "date.unreadable": ("Ngày không có thật hoặc không đọc được", "the date does not exist or cannot be read"),
    "direction.missing": ("Thiếu chiều ghi nợ/ghi có", "the direction (credit or debit) is missing"),
    "direction.unreadable": ("Chiều ghi nợ/ghi có không đọc được", "the direction is neither credit nor debit"),
    "reversal.unreadable": ("Dấu hiệu bút toán đảo không đọc được", "the reversal indicator is neither true nor false"),
    "status.missing": ("Thiếu trạng thái của dòng", "the entry has no status, so it cannot be taken as booked"),
    "problems.too_many": ("Quá nhiều lỗi, dừng đọc", "too many problems, reading stopped"),
    "account.missing": ("Sao kê không ghi số tài khoản", "the statement names no account"),
    "account.repeated": ("Một sao kê ghi hai số tài khoản", "one statement names two accounts"),
    "statement.start_missing": ("Sao kê không có dòng mở đầu :20:", "the statement does not start with :20:"),
    "currency.mixed": ("Sao kê có nhiều loại tiền", "the statement mixes currencies"),
    "details.differ": ("Tổng các chi tiết khác số tiền của dòng", "the details do not sum to the entry"),
}

# With these alone a file is still read; with any other the whole file is refused and nothing of it is booked.
WARNINGS = frozenset(
    {
        *("account.missing", "account.repeated", "statement.start_missing", "currency.mixed", "details.differ"),
        *("totals.differ", "balance.chain"),
    }
)

# What banks write where there is no reference.
NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NONREF", "NOREF", "EREF", "KREF", "KREF+", "PREF", "MARF"})


class Unreadable(ValueError):
    """A value of the file that cannot be taken; `code` is one of REASONS."""

    kind = "invalid"

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.value = value


def problem(code: str, where: str = "", value: str = "", *, column: str = "") -> Problem:
    """A Problem in both languages. Only a short amount or date is quoted: anything longer may name a person."""
    vietnamese, english = REASONS[code]
    quoted = f": {value}" if value and re.fullmatch(r"[0-9A-Z.,:/+-]{1,24}", value) else ""
    told = f" (cột / column: {column[:60]})" if column else ""
    return Problem(code, f"{vietnamese} / {english}{quoted}{told}", where, column)


def refused(code: str, *, format: str = UNKNOWN_FORMAT, where: str = "") -> Parsed:
    """A file of which nothing is taken."""
    return Parsed(format, (), (problem(code, where),))


def collect(format: str, items: Iterable[Item]) -> Parsed:
    """Gather what a reader yields. One refusing problem and the file comes back without statements."""
    statements, problems = gathered(items, _Entries)
    return Parsed(format, statements if accepted(problems) else (), problems)


class Pile(Protocol[Kept]):
    """What becomes of the entries of one statement while they are read."""

    def append(self, entry: Entry, /) -> None: ...
    def __len__(self) -> int: ...
    def closed(self, head: Statement) -> tuple[Kept, Statement, bool]: ...  # kept, its head, more than one currency


class _Entries(list[Entry]):
    """All of them are kept."""

    def closed(self, head: Statement) -> tuple[Statement, Statement, bool]:
        """Either takes the currency from the other where it states none."""
        currency = head.currency or (self[0].currency if self else "")
        known = tuple([e if e.currency else replace(e, currency=currency) for e in self])
        statement = replace(head, currency=currency, entries=known)
        return statement, statement, any(e.currency != currency for e in known)


def gathered(items: Iterable[Item], pile: Callable[[], Pile[Kept]]) -> tuple[tuple[Kept, ...], tuple[Problem, ...]]:
    """The statements among the items, each with its pile of entries, and every problem."""
    statements: list[Kept] = []
    problems: list[Problem] = []
    pending = pile()
    for item in items:
        if isinstance(item, Entry):
            pending.append(item)
            continue
        if isinstance(item, Statement):
            if len(pending) or says_something(item):
                kept, head, mixed = pending.closed(item)
                statements.append(kept)
                problems.extend(_doubts(head, mixed, len(statements)))
                pending = pile()
        else:
            problems.append(item)
        if len(problems) >= PROBLEM_LIMIT:
            problems.append(problem("problems.too_many"))
            break
    if not statements and not problems:
        problems.append(problem("statement.missing"))
    return tuple(statements), tuple(problems)


def accepted(problems: Iterable[Problem]) -> bool:
    """Whether a file with these problems is read all the same."""
    return all(p.code in WARNINGS for p in problems)


def says_something(head: Statement) -> bool:
    """A frame without account, balance or entry is no statement."""
    return bool(head.account) or head.opening is not None or head.closing is not None


def _doubts(head: Statement, mixed: bool, position: int) -> Iterator[Problem]:
    where = f"statement {position}"
    if not head.account:
        yield problem("account.missing", where)
    if mixed:
        yield problem("currency.mixed", where)


_UNSIGNED = re.compile(r"(?:[0-9]{1,30}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_SIGNED = re.compile(r"[+-]\s*[0-9.,]+")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?:[01][0-9]|2[0-4]):[0-5][0-9](?::[0-6][0-9](?:\.[0-9]+)?)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


@lru_cache(maxsize=4096)
def unsigned(text: str) -> Decimal:
    """An amount with a decimal point and no sign: the direction stands elsewhere."""
    text = text.strip()
    if _UNSIGNED.fullmatch(text):
        return Decimal(text)
    if not text:
        raise Unreadable("amount.missing")
    raise Unreadable("amount.negative" if _SIGNED.fullmatch(text) else "amount.unreadable", text)


def signed(amount: Decimal, credit: bool) -> Decimal:
    """Credit positive, debit negative, and no negative zero."""
    return amount if credit or not amount else -amount


@lru_cache(maxsize=4096)
def iso_date(text: str) -> date:
    """The day that an ISODate or ISODateTime states, in the bank's own time zone."""
    matched = _ISO.fullmatch(text.strip())
    if matched is None:
        raise Unreadable("date.unreadable" if text.strip() else "date.missing", text.strip())
    try:
        return date.fromisoformat(matched[1])
    except ValueError:
        raise Unreadable("date.unreadable", text.strip()) from None


@lru_cache(maxsize=4096)
def swift_date(text: str) -> date:
    """YYMMDD; 80 to 99 are the years 1980 to 1999, as SWIFT reads them."""
    if not re.fullmatch(r"[0-9]{6}", text):
        raise Unreadable("date.unreadable", text)
    year = int(text[:2])
    try:
        return date(year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[4:]))
    except ValueError:
        raise Unreadable("date.unreadable", text) from None


@lru_cache(maxsize=4096)
def entry_date(value_date: date, month_day: str) -> date:
    """MMDD of a :61: line, in the year that brings it nearest to the value date."""
    candidates = []
    for year in (value_date.year - 1, value_date.year, value_date.year + 1):
        try:
            candidates.append(date(year, int(month_day[:2]), int(month_day[2:])))
        except ValueError:
            continue
    if not candidates:
        raise Unreadable("date.unreadable", month_day)
    return min(candidates, key=lambda day: abs(day - value_date) or timedelta(0))


def joined(lines: Iterable[str], width: int, tag: int = 0) -> str:
    """Text that a bank cut at `width`: a full line was cut inside a word, a shorter one ended by itself.

    Some banks count the `tag` characters before the first line as part of it.
    """
    whole, full = "", True
    for position, line in enumerate(lines):
        gap = "" if full or line.startswith("?") else " "
        whole += gap + line
        full = len(line) >= width or (position == 0 and len(line) + tag == width)
    return whole


def tidy(text: str) -> str:
    """One space between words, none at the ends."""
    return " ".join(text.split())


def references(candidates: Iterable[str]) -> tuple[str, ...]:
    """References in the order given, once each, without the words that mean there is none."""
    found = dict.fromkeys([tidy(c) for c in candidates])
    return tuple([ref for ref in found if ref.upper().replace(" ", "") not in NO_REFERENCE])
