"""Slip C1-02/NS (giấy nộp tiền vào ngân sách nhà nước) as data: who pays what under which chapter and sub-item.

The printed form belongs to the Treasury; these are its fields in its order (Nghị định 11/2020/NĐ-CP, phụ lục).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gateway import agencies
from gateway.remitting import store
from gateway.remitting.model import Treasury
from receipts.words import words


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One chapter and sub-item. Amount in đồng."""

    text: str
    chapter: str  # mã chương
    sub_item: str  # mã NDKT
    amount: int


@dataclass(frozen=True, slots=True)
class Slip:
    """Everything the form asks."""

    number: str
    payer: str
    tax_code: str
    address: str
    account: str
    treasury: Treasury
    first_day: date
    last_day: date
    lines: tuple[SlipLine, ...]

    @property
    def amount(self) -> int:
        """The sum, đồng."""
        return sum(line.amount for line in self.lines)

    @property
    def in_words(self) -> str:
        """The sum in words."""
        return words(self.amount)


def slip(connection: sa.Connection, agency_id: str, remittance_id: str) -> Slip:
    """Of a remittance in any state. RemittanceMissing, TreasuryMissing."""
    row = store.by_id(connection, agency_id, remittance_id)
    agency = agencies.require(connection, agency_id)
    sums: dict[tuple[str, str], int] = {}
    names: dict[tuple[str, str], list[str]] = {}
    for line in store.lines_of(connection, remittance_id):
        key = (line.chapter, line.sub_item)
        sums[key] = sums.get(key, 0) + line.budget
        names.setdefault(key, []).append(line.name)
    lines = tuple(
        SlipLine("; ".join(dict.fromkeys(names[key])), *key, amount) for key, amount in sorted(sums.items()) if amount
    )
    return Slip(
        row.number,
        agency.name,
        agency.tax_code,
        agency.address,
        row.account,
        store.treasury_of(connection, agency_id),
        row.first_day,
        row.last_day,
        lines,
    )
