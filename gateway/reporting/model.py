"""What a report counts and by what: a table of plain rows that a person, a sheet and a program read alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.kernel.errors import Invalid


class By(StrEnum):
    """What money is counted by."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    FIELD = "field"
    FEE = "fee"
    KIND = "kind"
    PROCEDURE = "procedure"
    CHANNEL = "channel"
    ACCOUNT = "account"
    UNIT = "unit"
    OFFICER = "officer"


class ReportInvalid(Invalid):
    """The report cannot be made as asked."""

    code = "report.invalid"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `money` columns are int đồng."""

    key: str
    vi: str
    en: str
    money: bool = False

    def name(self, language: str) -> str:
        """In the language of the reader."""
        return self.vi if language == "vi" else self.en


Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Report:
    """A table with its sums."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def total(self, key: str) -> int:
        """The sum of one column."""
        position = next(n for n, column in enumerate(self.columns) if column.key == key)
        return sum(int(value) for row in self.rows if isinstance(value := row[position], int))
