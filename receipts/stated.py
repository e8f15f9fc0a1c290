"""What a `DLBLai` states, read as far as it goes: nothing is refused here, and nothing is believed."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

from lxml import etree

from receipts import symbols
from receipts.faults import Fault, faults
from receipts.profile import DATA

AMOUNT = re.compile(r"0|[1-9][0-9]{0,14}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Stated:
    """The data element of a receipt, current or legacy, whole or not. Paths are below `DLBLai`."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def text(self, path: str) -> str:
        """The first element's text there, "" if it is absent or empty."""
        return self.element.findtext(path) or ""

    def has(self, path: str) -> bool:
        """Whether there is such an element."""
        return self.element.find(path) is not None

    @cached_property
    def lines(self) -> list[etree._Element]:
        """The khoản thu."""
        return self.element.findall("NDBLai/DSKThu/KThu")

    @cached_property
    def faults(self) -> list[Fault]:
        """Where the structure is not that of the profile."""
        return list(faults(self.element, DATA))

    @cached_property
    def form(self) -> str:
        return self.text("TTChung/KHMCTu")

    @cached_property
    def symbol(self) -> str:
        return self.text("TTChung/KHCTu")

    @cached_property
    def legacy(self) -> bool:
        """Of a form and symbol in use before 2026-07-01."""
        return symbols.is_legacy(self.form, self.symbol)

    @cached_property
    def day(self) -> date | None:
        """NLap; None if it is no day."""
        return day(self.text("TTChung/NLap"))

    @cached_property
    def total(self) -> int | None:
        """TgTien in đồng; None if it is no plain amount."""
        return amount(self.text("NDBLai/TToan/TgTien"))

    @cached_property
    def line_amounts(self) -> list[int | None]:
        """ThTien of each line; None where it is no plain amount."""
        return [amount(line.findtext("ThTien") or "") for line in self.lines]


def amount(text: str) -> int | None:
    """A plain whole number in the digits 0-9, or None."""
    return int(text) if AMOUNT.fullmatch(text) else None


def day(text: str) -> date | None:
    """YYYY-MM-DD, or None."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
