"""How receipts were used in a period: the columns of the former BC26/BLĐT, kept as an internal report.

Thông tư 91/2026/TT-BTC no longer lists the form among its twelve; offices still ask for the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from receipts.store import receipt

WITHOUT_FACE_VALUE, WITH_FACE_VALUE = 1, 2


@dataclass(frozen=True, slots=True)
class Usage:
    """One series in the period. Amount in đồng, of receipts in force and replaced alike: both used a number."""

    kind: int
    form: str
    symbol: str
    first: int
    last: int
    used: int
    replaced: int
    amount: int


def usage(connection: sa.Connection, agency_id: str, first: date, last: date) -> list[Usage]:
    """By form and symbol, days inclusive."""
    table = receipt.c
    gone = sa.case((table.replaced_by.is_not(None), 1), else_=0)
    query = (
        sa.select(
            table.form,
            table.symbol,
            sa.func.min(table.number),
            sa.func.max(table.number),
            sa.func.count(),
            sa.func.sum(gone),
            sa.func.sum(table.amount),
        )
        .where(table.owner == agency_id, table.day.between(first, last))
        .group_by(table.form, table.symbol)
        .order_by(table.form, table.symbol)
    )
    return [
        Usage(
            WITH_FACE_VALUE if form.endswith("02") else WITHOUT_FACE_VALUE,
            form,
            symbol,
            int(lowest),
            int(highest),
            int(used),
            int(replaced),
            int(amount),
        )
        for form, symbol, lowest, highest, used, replaced, amount in connection.execute(query)
    ]
