"""What a card acquirer's settlement file says: each sale of a batch, gross, commission (MDR) and net, in đồng.

Of the card no more is kept than a receipt may print (PCI DSS 3.4: the first six and last four digits at most).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from connectors.statement import Problem


@dataclass(frozen=True, slots=True)
class Sale:
    """One row: a sale, or with negative amounts a refund or chargeback taken off the batch. net = gross - mdr."""

    batch_id: str
    terminal: str
    trade_date: date
    reference: str  # the order number that the terminal was given: our payment reference
    gross: int  # đồng
    mdr: int
    net: int
    rrn: str = ""  # retrieval reference number (ISO 8583 field 37)
    approval_code: str = ""
    stan: str = ""
    masked_pan: str = field(default="", repr=False)
    line: int = 0  # of the file


@dataclass(frozen=True, slots=True)
class Settlement:
    """A whole file; without sales it is refused, and the problems say why."""

    format: str  # `csv`, `xlsx`
    profile: str
    sales: tuple[Sale, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def net(self) -> int:
        """What the acquirer pays out for the file, đồng."""
        return sum(sale.net for sale in self.sales)
