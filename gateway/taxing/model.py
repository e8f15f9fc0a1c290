"""The daily table of receipts, form 01/TH-BLĐT: what a row says and what becomes of a table.

Nghị định 254/2026/NĐ-CP, Điều 29 k3 b: the data go to the tax office on the day the receipts are made; Thông tư
91/2026/TT-BTC, Điều 4 k6 d names the form. Amounts are int đồng, days are of Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.kernel.errors import Conflict, Invalid, Missing


class TableState(StrEnum):
    """A table is made once and never changed; only its fate moves on."""

    MADE = "made"  # waits to be sent, or to be uploaded by hand
    SENT = "sent"  # the authority has it; its answer is to come
    ACCEPTED = "accepted"
    REFUSED = "refused"  # a person looks into it
    WITHDRAWN = "withdrawn"  # was refused; its receipts are told anew


class Status(StrEnum):
    """Column (9) of the form."""

    NEW = "new"  # mới
    REPLACES = "replaces"  # thay thế
    REPLACED = "replaced"  # bị thay thế


STATUS_CODE = {Status.NEW: "0", Status.REPLACES: "1", Status.REPLACED: "2"}
STATUS_NAME = {Status.NEW: "Mới", Status.REPLACES: "Thay thế", Status.REPLACED: "Bị thay thế"}


class TableMissing(Missing):
    """No such table of this agency."""

    code = "tax.table_missing"


class TableClosed(Conflict):
    """The table's state says no."""

    code = "tax.table_closed"


class AnswerUnreadable(Invalid):
    """What came back is no answer to one of our messages."""

    code = "tax.answer"


@dataclass(frozen=True, slots=True)
class Related:
    """The receipt that another one stands in for (column 11)."""

    form: str
    symbol: str
    number: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: one kind of money on one receipt."""

    receipt_id: str
    form: str
    symbol: str
    number: int
    day: date
    name: str  # tên loại thuế, phí, lệ phí
    amount: int  # đồng
    status: Status
    related: Related | None = None
    explanation: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What is written into one message."""

    agency: str
    name: str  # of the collecting organisation
    tax_code: str
    day: date  # kỳ dữ liệu
    number: int  # số bảng tổng hợp of that day, 1..
    supplement: int  # 0: lần đầu; n: sửa đổi, bổ sung lần thứ n
    made_on: date
    rows: tuple[Row, ...]
