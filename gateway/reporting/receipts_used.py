"""Receipts used in a period: of each series the numbers taken, those replaced since, and what those in force come to.

Thông tư 91/2026/TT-BTC has the office account for the numbers of every series; a number is used on its business day.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from gateway.reporting.model import Column, Report
from receipts.store import receipt


def receipts_used(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """By form and symbol; days inclusive. `amount` is of receipts that nobody has replaced."""
    c = receipt.c
    replaced = sa.func.sum(sa.case((c.replaced_by.is_not(None), 1), else_=0))
    unsigned = sa.func.sum(sa.case((c.signed_at.is_(None), 1), else_=0))
    amount = sa.func.sum(sa.case((c.replaced_by.is_(None), c.amount), else_=0))
    query = (
        sa.select(
            c.form, c.symbol, sa.func.min(c.number), sa.func.max(c.number), sa.func.count(), replaced, unsigned, amount
        )
        .where(c.owner == agency_id, c.day.between(first, last))
        .group_by(c.form, c.symbol)
        .order_by(c.form, c.symbol)
    )
    columns = (
        Column("form", "Ký hiệu mẫu", "Form"),
        Column("symbol", "Ký hiệu", "Series"),
        Column("first", "Từ số", "First number"),
        Column("last", "Đến số", "Last number"),
        Column("receipts", "Đã lập", "Issued"),
        Column("replaced", "Bị thay thế", "Replaced"),
        Column("unsigned", "Chưa ký", "Not signed yet"),
        Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True),
    )
    rows = [(form, symbol, *map(int, counts)) for form, symbol, *counts in connection.execute(query)]
    return Report("receipts_used", columns, tuple(rows))
