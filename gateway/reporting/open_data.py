"""Totals for the public: months and fees of each agency, nothing that could point at a person.

A cell of fewer than FEWEST dues is left out and counted under "others".
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from gateway.reporting.collected import collected
from gateway.reporting.model import By, Column, Report

FEWEST = 5


def month_totals(connection: sa.Connection, agency_id: str, year: int, month: int) -> Report:
    """One month by fee."""
    first = date(year, month, 1)
    last = date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    whole = collected(connection, agency_id, By.FEE, first, last)
    shown = [row for row in whole.rows if isinstance(row[2], int) and row[2] >= FEWEST]
    small = [row for row in whole.rows if row not in shown]
    if small:
        dues = sum(int(row[2] or 0) for row in small if isinstance(row[2], int))
        amount = sum(int(row[3] or 0) for row in small if isinstance(row[3], int))
        shown.append(("", "Khác / others", dues, amount))
    columns = (Column("month", "Tháng", "Month"), *whole.columns)
    return Report("open_data", columns, tuple((f"{year}-{month:02d}", *row) for row in shown))
