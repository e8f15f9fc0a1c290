"""What stands around a table: `Số tài khoản: 1100...`, `Số dư đầu kỳ | 1.000.000`, `Từ ngày 01/11/2026 đến 30/11/2026`.

The value stands behind the label, in the next filled cell, or below it where labels themselves stand side by side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connectors.files.cells import Cell, amount, day, shown
from connectors.files.profile import Profile, folded
from connectors.files.reading import Unreadable

_ACCOUNT = re.compile(r"[0-9]{6,30}")
_GROUPED_ACCOUNT = re.compile(r"[0-9]{2,6}(?:[ .\-][0-9]{2,6}){1,6}")
_CURRENCY = re.compile(r"(?<![A-Z])(VND|VNĐ|USD|EUR|JPY|GBP|AUD|SGD|CNY|KRW|THB)(?![A-Z])")
_DATES = re.compile(r"[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{2,4}")
_NUMBER = re.compile(r"[(+\-]?[0-9][0-9.,\u00a0\u202f ]*\)?-?")


class Labels:
    """Collects the labelled values of one statement; the first of each kind stays."""

    def __init__(self, profile: Profile) -> None:
        self.account = self.currency = ""
        self.opening: Decimal | None = None
        self.closing: Decimal | None = None
        self.from_day: date | None = None
        self.to_day: date | None = None
        self.account_told = ""  # by the row just read: a second one opens another statement
        self._profile = profile
        self._below: dict[int, str] = {}  # column -> label of the row above whose value is still to come

    def read(self, cells: Sequence[Cell]) -> None:
        """Look at one row outside the table. Raises Unreadable where a labelled balance is none."""
        self.account_told = ""
        said = [shown(cell) for cell in cells]
        named = {at: name for at, text in enumerate(said) if (name := self._label(text))}
        for at, name in self._below.items():
            if at < len(cells) and said[at] and at not in named:
                self._take(name, said[at], cells[at])
        self._below = {}
        for at, name in named.items():
            self._one(at, name, cells, said, named)

    def _one(self, at: int, name: str, cells: Sequence[Cell], said: Sequence[str], named: dict[int, str]) -> None:
        behind = _behind(said[at])
        if behind and self._take(name, behind, None):
            return
        following = next((n for n in range(at + 1, len(said)) if said[n]), None)
        if following is None or following in named:
            self._below[at] = name
        else:
            self._take(name, said[following], cells[following])

    def _label(self, text: str) -> str:
        """Which label the cell begins with; the longest wins."""
        whole = f"{folded(text)} " if text else ""
        found = [
            (len(alias), name)
            for name, aliases in self._profile.labels.items()
            for alias in aliases
            if whole.startswith(f"{alias} ")
        ]
        return max(found)[1] if found else ""

    def _take(self, name: str, text: str, cell: Cell) -> bool:
        """Keep a value; whether there was one."""
        if name == "account":
            return self._account(text)
        if name == "currency":
            found = _CURRENCY.search(text.upper())
            self.currency = self.currency or (found[1].replace("Đ", "D") if found else "")
            return bool(found)
        if name in ("from", "to"):
            return self._period(name, text, cell)
        return self._balance(name, text, cell)

    def _account(self, text: str) -> bool:
        found = _ACCOUNT.search(text) or _GROUPED_ACCOUNT.search(text)
        if found:
            self.account_told = re.sub(r"[\s.\-]", "", found[0])
            self.account = self.account or self.account_told
        return bool(found)

    def _period(self, name: str, text: str, cell: Cell) -> bool:
        if isinstance(cell, date):
            days = [day(cell)]
        else:
            days = [day(stated, self._profile.dates) for stated in _DATES.findall(text)]
        if days and name == "from":
            self.from_day = self.from_day or days[0]
            if len(days) > 1:
                self.to_day = self.to_day or days[1]
        elif days:
            self.to_day = self.to_day or days[-1]
        return bool(days)

    def _balance(self, name: str, text: str, cell: Cell) -> bool:
        value = cell
        if not isinstance(cell, int | float | Decimal):
            number = _NUMBER.search(text)
            if number is None:
                return False
            value = number[0]
        found = amount(value, self.currency or self._profile.currency, self._profile.decimal)
        if found is None:
            raise Unreadable("amount.unreadable", text)
        if name == "opening" and self.opening is None:
            self.opening = found
        elif name == "closing" and self.closing is None:
            self.closing = found
        return True


def _behind(text: str) -> str:
    """What follows the label inside its cell: behind the colon, else the numbers at its end."""
    head, colon, tail = text.partition(":")
    if colon:
        return tail.strip()
    number = re.search(r"[0-9(+\-][0-9A-Za-z.,/()\- ]*(?:VND|VNĐ|đ)?$", head)
    return number[0] if number else ""
