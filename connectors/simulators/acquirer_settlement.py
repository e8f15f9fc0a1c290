"""The acquirer's file of a trading day, delivered on the next: what each sale brought, what is kept, what is paid out.

CSV (RFC 4180) in Thu Phí's own settlement layout. The net of each batch comes as one credit whose memo names the batch.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import StringIO

from connectors.simulators.acquirer_book import Sale

COLUMNS = ("batch_id", "terminal", "trade_date", "reference", "gross", "mdr", "net")


@dataclass(frozen=True, slots=True)
class Row:
    """One sale; đồng."""

    batch_id: str
    terminal: str
    trade_date: date
    reference: str
    gross: int
    mdr: int

    @property
    def net(self) -> int:
        return self.gross - self.mdr


@dataclass(frozen=True, slots=True)
class Lump:
    """What is paid out for one batch."""

    batch_id: str
    terminal: str
    trade_date: date
    net: int

    @property
    def memo(self) -> str:
        """As it stands on the statement."""
        return f"TT POS {self.terminal} LO {self.batch_id} NGAY {self.trade_date:%d%m%Y}"


@dataclass(frozen=True, slots=True)
class Settlement:
    """A trading day."""

    day: date
    rows: tuple[Row, ...]

    def lumps(self) -> list[Lump]:
        """One credit for each batch, in the order of the file."""
        nets: dict[tuple[str, str], int] = {}
        for row in self.rows:
            nets[row.batch_id, row.terminal] = nets.get((row.batch_id, row.terminal), 0) + row.net
        return [Lump(batch, terminal, self.day, net) for (batch, terminal), net in nets.items()]

    def csv(self) -> bytes:
        """The file, UTF-8."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for row in self.rows:
            where = (row.batch_id, row.terminal, row.trade_date.isoformat())
            writer.writerow((*where, row.reference, row.gross, row.mdr, row.net))
        return text.getvalue().encode()


def settlement(day: date, sales: list[Sale], rate: Fraction) -> Settlement:
    """The file of what stands of a day; the commission on each sale is rounded down to the đồng."""
    rows = []
    for sale in sales:
        mdr = sale.amount * rate.numerator // rate.denominator
        batch_id = f"{sale.tid}-{day:%Y%m%d}-{sale.batch}"
        rows.append(Row(batch_id, sale.tid, sale.traded_on, sale.reference, sale.amount, mdr))
    return Settlement(day, tuple(rows))
