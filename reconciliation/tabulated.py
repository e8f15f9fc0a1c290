"""Payments, receipts and settlement rows from CSV files (RFC 4180, UTF-8), with every flaw named by file, line and column.

Nothing is guessed: an unreadable amount is a problem, never zero, and one problem refuses the whole work.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from io import StringIO
from typing import TypeVar

from reconciliation.model import ReconciliationError, SettlementRow, SourcePayment

PAYMENTS = (
    *("payment_id", "dossier_id", "reference", "amount", "channel", "status"),
    *("paid_at", "terminal", "receipt_no"),
)
RECEIPTS = ("receipt_no", "payment_id", "amount", "issued_on")
SETTLEMENT = ("batch_id", "terminal", "trade_date", "reference", "gross", "mdr", "net")

CHANNELS = ("QR", "POS")
STATUSES = ("SUCCEEDED", "PENDING", "FAILED")

REASONS = {
    "encoding.unreadable": ("Tệp không phải UTF-8", "the file is not UTF-8"),
    "csv.malformed": ("Tệp CSV hỏng", "the CSV is damaged"),
    "column.missing": ("Thiếu cột bắt buộc", "a required column is missing"),
    "row.shape": ("Số ô của dòng không khớp tiêu đề", "the row has more or fewer cells than the header"),
    "value.missing": ("Thiếu giá trị", "the value is missing"),
    "value.unknown": ("Giá trị không thuộc danh sách cho phép", "the value is not one of those allowed"),
    "amount.unreadable": ("Số tiền không phải số nguyên đồng", "the amount is not a whole number of đồng"),
    "date.unreadable": ("Ngày không có thật hoặc không đọc được", "the date does not exist or cannot be read"),
    "id.repeated": ("Mã bị lặp lại", "the id occurs twice"),
    "reference.repeated": ("Mã thanh toán bị lặp lại", "the reference belongs to two payments"),
}

PROBLEM_LIMIT = 100  # a person mends the first few and tries again

_VIETNAM = timezone(timedelta(hours=7))
_WHOLE = re.compile(r"[0-9]{1,18}")
_SIGNED = re.compile(r"-?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Cells = Mapping[str, str]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong where. `line` counts from 1 with the header; 0 speaks of the whole file."""

    file: str
    line: int
    column: str
    code: str
    message: str


class FilesRefused(ReconciliationError):
    """Files that cannot be reconciled as they are; nothing was written."""

    code = "files.refused"

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = tuple(problems)


class _Flaw(ValueError):
    """One cell that cannot be taken."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.code = code
        self.column = column


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row of the receipts file."""

    receipt_no: str
    payment_id: str
    amount: int
    issued_on: date


class Table:
    """A CSV file read row by row into values; its flaws gather in `problems`."""

    def __init__(self, name: str, data: bytes, columns: Sequence[str]) -> None:
        self.problems: list[FileProblem] = []
        self._name = name
        self._data = data
        self._columns = columns
        self._seen: dict[str, set[str]] = {}

    def payments(self, account: str) -> list[SourcePayment]:
        """The file's payments, due to `account`; who has a receipt is for the receipts to say."""
        return list(self._values(lambda cells: self._payment(cells, account)))

    def receipts(self) -> list[Receipt]:
        """The file's receipts."""
        return list(self._values(self._receipt))

    def settlement(self) -> list[SettlementRow]:
        """The file's settlement rows."""
        return list(self._values(_settlement_row))

    def _payment(self, cells: Cells, account: str) -> SourcePayment:
        status, paid_at = _one_of(cells, "status", STATUSES), cells["paid_at"]
        if status == "SUCCEEDED" and not paid_at:
            raise _Flaw("value.missing", "paid_at")
        payment = SourcePayment(
            payment_id=_present(cells, "payment_id"),
            dossier_id=cells["dossier_id"],
            reference=cells["reference"].upper(),
            amount=_amount(cells, "amount", _WHOLE),
            channel=_one_of(cells, "channel", CHANNELS),
            status=status,
            paid_on=_business_day(cells, "paid_at") if paid_at else None,
            terminal=cells["terminal"],
            receipt_no="",
            account=account,
        )
        self._once("payment_id", payment.payment_id, "id.repeated")
        if payment.reference:
            self._once("reference", payment.reference, "reference.repeated")
        return payment

    def _receipt(self, cells: Cells) -> Receipt:
        receipt = Receipt(
            receipt_no=_present(cells, "receipt_no"),
            payment_id=_present(cells, "payment_id"),
            amount=_amount(cells, "amount", _WHOLE),
            issued_on=_business_day(cells, "issued_on"),
        )
        self._once("receipt_no", receipt.receipt_no, "id.repeated")
        return receipt

    def _once(self, column: str, value: str, code: str) -> None:
        seen = self._seen.setdefault(column, set())
        if value in seen:
            raise _Flaw(code, column)
        seen.add(value)

    def _values(self, read: Callable[[Cells], Value]) -> Iterator[Value]:
        for line, cells in self._rows():
            try:
                yield read(cells)
            except _Flaw as flaw:
                self._problem(line, flaw.column, flaw.code)
            if len(self.problems) >= PROBLEM_LIMIT:
                return

    def _rows(self) -> Iterator[tuple[int, Cells]]:
        try:
            rows = csv.reader(StringIO(self._data.decode("utf-8-sig"), newline=""), strict=True)
        except UnicodeDecodeError:
            self._problem(0, "", "encoding.unreadable")
            return
        try:
            header = [cell.strip() for cell in next(rows, [])]
            missing = [name for name in self._columns if name not in header]
            for name in missing:
                self._problem(1, name, "column.missing")
            if missing:
                return
            for cells in rows:
                if not cells:
                    continue
                if len(cells) == len(header):
                    yield rows.line_num, dict(zip(header, map(str.strip, cells), strict=True))
                else:
                    self._problem(rows.line_num, "", "row.shape")
        except csv.Error:
            self._problem(rows.line_num, "", "csv.malformed")

    def _problem(self, line: int, column: str, code: str) -> None:
        self.problems.append(file_problem(self._name, line, column, code))


def file_problem(file: str, line: int, column: str, code: str) -> FileProblem:
    """A problem with its reason in both languages."""
    vietnamese, english = REASONS[code]
    return FileProblem(file, line, column, code, f"{vietnamese} / {english}")


def _settlement_row(cells: Cells) -> SettlementRow:
    return SettlementRow(
        batch_id=_present(cells, "batch_id"),
        terminal=cells["terminal"],
        trade_date=_business_day(cells, "trade_date"),
        reference=cells["reference"].upper(),
        gross=_amount(cells, "gross", _SIGNED),
        mdr=_amount(cells, "mdr", _SIGNED),
        net=_amount(cells, "net", _SIGNED),
    )


def _present(cells: Cells, column: str) -> str:
    if not cells[column]:
        raise _Flaw("value.missing", column)
    return cells[column]


def _one_of(cells: Cells, column: str, allowed: Sequence[str]) -> str:
    if _present(cells, column) not in allowed:
        raise _Flaw("value.unknown", column)
    return cells[column]


def _amount(cells: Cells, column: str, form: re.Pattern[str]) -> int:
    if not form.fullmatch(_present(cells, column)):
        raise _Flaw("amount.unreadable", column)
    return int(cells[column])


def _business_day(cells: Cells, column: str) -> date:
    """The day in Vietnam of an ISO 8601 day or moment; a moment without an offset is Vietnam's own time."""
    text = _present(cells, column)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Flaw("date.unreadable", column) from None
    return (moment.astimezone(_VIETNAM) if moment.tzinfo else moment).date()
