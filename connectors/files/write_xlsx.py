"""Writes an account's history as XLSX, laid out as eFAST exports it, for the simulator: titles, labels, a table, sums.

`vietinbank_efast` of `profiles` reads back what went in. A table has no room for structured references and transaction
codes, and none for entries that are not booked. Text stays text: no cell is a formula (OWASP, CSV injection).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO

from connectors.files.reading import tidy
from connectors.statement import Entry, Statement

TITLES = ("VietinBank (mô phỏng / simulated)", "LỊCH SỬ GIAO DỊCH - TRANSACTION HISTORY")
HEADINGS = (
    "STT/ No",
    "Ngày hạch toán/ Accounting date",
    "Ngày phát sinh/ Transaction date",
    "Mô tả giao dịch/ Transaction description",
    "Nợ/ Debit",
    "Có/ Credit",
    "Số dư TK/ Account Balance",
    "Số giao dịch/ Transaction number",
    "Tài khoản đối ứng/ Correspondent account",
    "Tên đối ứng/ Correspondent name",
)
REVERSAL = "Hoàn trả GD "  # how the table says that a line undoes another
LARGEST = 2**53  # beyond it a spreadsheet's number no longer holds each đồng

_NOT_A_CELL = re.compile("[\x00-\x1f\ufffe\uffff]")  # characters that XML, and so a workbook, cannot hold

Row = list[str | int | None]


class Unwritable(ValueError):
    """The statement says something that the table has no room for and that must not be cut."""

    kind = "invalid"
    code = "statement.unwritable"


def xlsx(statement: Statement) -> bytes:
    """A workbook of one sheet. Raises Unwritable for an amount with a fraction, or beyond what a cell holds."""
    from openpyxl import Workbook

    rows = list(_rows(statement))  # all of them before the book is opened, which cannot be left half written
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sao ke")
    for row in rows:
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(statement: Statement) -> Iterator[Row]:
    booked = [entry for entry in statement.entries if entry.status == "BOOK"]
    for title in TITLES:
        yield [title]
    yield ["Số tài khoản/ Account No", statement.account]
    yield ["Loại tiền/ Currency", statement.currency]
    for label, day in (("Từ ngày/ From", statement.from_date), ("Đến ngày/ To", statement.to_date)):
        if day is not None:
            yield [label, f"{day:%d/%m/%Y}"]
    if statement.opening is not None:
        yield ["Số dư đầu kỳ/ Opening balance", _whole(statement.opening)]
    yield []
    yield list(HEADINGS)
    balance = statement.opening
    for number, entry in enumerate(booked, 1):
        balance = None if balance is None else balance + entry.amount
        yield _row(number, entry, balance)
    yield ["Tổng cộng/ Total", None, None, None, *(_whole(sum_) for sum_ in _sums(booked))]
    if statement.closing is not None:
        yield ["Số dư cuối kỳ/ Closing balance", _whole(statement.closing)]


def _row(number: int, entry: Entry, balance: Decimal | None) -> Row:
    booked = entry.booking_date or entry.value_date
    if booked is None:
        raise Unwritable("an entry needs a day")
    size = _whole(abs(entry.amount))
    memo = f"{REVERSAL if entry.reversal else ''}{entry.memo}"
    return [
        number,
        f"{booked:%d-%m-%Y}",
        f"{entry.value_date or booked:%d-%m-%Y}",
        harmless(memo),
        size if entry.amount < 0 else None,
        size if entry.amount >= 0 else None,
        None if balance is None else _whole(balance),
        entry.bank_reference,
        entry.counterparty_account,
        harmless(entry.counterparty_name),
    ]


def harmless(text: str) -> str:
    """Text that no spreadsheet runs: one blank before what would begin a formula."""
    text = tidy(_NOT_A_CELL.sub(" ", text))
    return f" {text}" if text.startswith(("=", "+", "-", "@")) else text


def _sums(booked: list[Entry]) -> tuple[Decimal, Decimal]:
    debits = sum((-entry.amount for entry in booked if entry.amount < 0), Decimal(0))
    return debits, sum((entry.amount for entry in booked if entry.amount >= 0), Decimal(0))


def _whole(amount: Decimal) -> int:
    if amount != amount.to_integral_value() or abs(amount) > LARGEST:
        raise Unwritable("a cell holds whole đồng up to 2^53")
    return int(amount)
