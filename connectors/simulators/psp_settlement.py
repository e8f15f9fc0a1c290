"""The file a payment service sends for each business day: what it took, what it keeps, what it pays out.

CSV (RFC 4180) with the columns of Thu Phí's own settlement exchange format and the service's own number beside them.
Money that went back is a row with a negative gross; its commission is not returned.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import StringIO

COLUMNS = ("batch_id", "terminal", "trade_date", "reference", "number", "gross", "mdr", "net")


@dataclass(frozen=True, slots=True)
class Row:
    """One payment, or one refund; đồng."""

    reference: str
    number: str
    gross: int
    commission: int

    @property
    def net(self) -> int:
        return self.gross - self.commission


@dataclass(frozen=True, slots=True)
class Settlement:
    """A day of one merchant; what `net` says is paid out as one sum, named by `batch_id`."""

    batch_id: str
    merchant: str
    day: date
    rows: tuple[Row, ...]

    @property
    def gross(self) -> int:
        return sum(row.gross for row in self.rows)

    @property
    def commission(self) -> int:
        return sum(row.commission for row in self.rows)

    @property
    def net(self) -> int:
        return self.gross - self.commission

    def csv(self) -> bytes:
        """The file, UTF-8."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for row in self.rows:
            where = (self.batch_id, self.merchant, self.day.isoformat())
            writer.writerow((*where, row.reference, row.number, row.gross, row.commission, row.net))
        return text.getvalue().encode()


def taken(gross: int, rate: Fraction) -> int:
    """The commission on one payment, rounded down to the đồng."""
    return gross * rate.numerator // rate.denominator
