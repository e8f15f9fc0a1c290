"""What a list of somebody else's says: payments one by one, and the single credits in which their money arrives.

A post office or the national portal transfers a day's payments in one sum (N:1). The list names them; the sum on the
statement is explained by it or is a break. A line that cannot be read is a problem, and a sum that differs is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from connectors.acquirer import Sale
from connectors.contract import Desk, Notice
from connectors.statement import Problem


@dataclass(frozen=True, slots=True)
class Share:
    """One payment inside a lump."""

    event_id: str  # `Notice.event_id` of the payment
    reference: str  # ours, as the list writes it
    amount: int  # đồng, what the payer paid
    paid_on: date  # business day of the payment
    commission: int = 0  # đồng kept back by the other side

    @property
    def net(self) -> int:
        """What of it reaches the account."""
        return self.amount - self.commission


@dataclass(frozen=True, slots=True)
class Lump:
    """One credit that carries many payments."""

    batch_id: str  # the other side's; stands in the memo of the credit
    account: str
    booked_on: date | None  # business day on which it is transferred
    stated: int | None  # đồng that it says it transfers; None where the list names no sum
    shares: tuple[Share, ...]

    @property
    def net(self) -> int:
        """What the named payments come to."""
        return sum(share.net for share in self.shares)

    @property
    def difference(self) -> int | None:
        """Stated minus named: not zero where a row is missing, doubled or wrong; None where nothing is stated."""
        return None if self.stated is None else self.stated - self.net

    def sales(self) -> tuple[Sale, ...]:
        """The same as rows of an acquirer's settlement, for whoever reconciles those; without a terminal."""
        return tuple(
            Sale(self.batch_id, "", share.paid_on, share.reference, share.amount, share.commission, share.net)
            for share in self.shares
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole list. What is in `problems` is in neither of the others."""

    notices: tuple[Notice, ...]
    lumps: tuple[Lump, ...] = ()
    problems: tuple[Problem, ...] = ()


@runtime_checkable
class Lister(Protocol):
    """A connector whose provider sends lists: as files, or as the body of a notice that is `bulk`."""

    def lines(self, data: bytes, desk: Desk) -> Listing:
        """What the list says, without looking at who sent it. Never raises on bad input."""
        ...


def once(notices: Iterable[tuple[str, Notice]]) -> tuple[tuple[Notice, ...], tuple[Problem, ...]]:
    """Each event once, `where` beside each: a row that comes twice is told, two of one id that differ are both left out."""
    found: dict[str, Notice] = {}
    disputed: set[str] = set()
    problems = []
    for where, notice in notices:
        first = found.setdefault(notice.event_id, notice)
        if first is notice:
            continue
        same = first.fingerprint == notice.fingerprint
        problems.append(problem("row.repeated" if same else "row.conflicting", where))
        disputed |= set() if same else {notice.event_id}
    return tuple(notice for event_id, notice in found.items() if event_id not in disputed), tuple(problems)


REASONS = {
    "row.repeated": "Dòng lặp lại, chỉ tính một lần / the row comes twice and counts once",
    "row.conflicting": "Cùng mã giao dịch nhưng nội dung khác nhau / the same id with other content",
    "row.sum_differs": "Các khoản không cộng đúng số tiền / the items do not sum to the amount",
    "lump.differs": "Tổng tiền chuyển khác tổng các dòng / the sum transferred is not the sum of the rows",
    "lump.unclear": "Các dòng của một bảng kê ghi khác nhau / rows of one batch state different totals, days or accounts",
    "amount.unreadable": "Số tiền không đọc được / the amount cannot be read",
    "date.unreadable": "Thời gian không đọc được / the moment cannot be read",
    "field.unreadable": "Trường bắt buộc thiếu hoặc không đọc được / a needed field is missing or unreadable",
    "field.repeated": "Trường ghi hai lần / a field stands twice",
}


def problem(code: str, where: str) -> Problem:
    """In both languages where the code is listed above; never with a value, which may name a person."""
    return Problem(code, REASONS.get(code, "Không đọc được / cannot be read"), where)
