"""Ledger entries of a period as a journal for the agency's own bookkeeping: debit, credit and amount by account number.

The numbers are data: those of the regime, changed by `journal.json` in the installation's data directory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa

from gateway.access import own
from gateway.ledger.store import entry, posting
from gateway.reporting.model import Cell, Column, Report

COLUMNS = (
    Column("day", "Ngày", "Day"),
    Column("number", "Tài khoản", "Account number"),
    Column("account", "Tài khoản chi tiết", "Sub-account"),
    Column("debit", "Nợ (đồng)", "Debit (VND)", money=True),
    Column("credit", "Có (đồng)", "Credit (VND)", money=True),
    Column("kind", "Nghiệp vụ", "Kind"),
    Column("subject", "Chứng từ", "Document"),
    Column("entry", "Bút toán", "Entry"),
)


def journal(connection: sa.Connection, agency_id: str, first: date, last: date, data: Path) -> Report:
    """Every posting of these business days, in the order it was entered. Debits and credits are equal."""
    numbers = mapping(data)
    query = (
        sa.select(entry.c.day, entry.c.id, entry.c.kind, entry.c.subject, posting.c.account, posting.c.amount)
        .join(posting, posting.c.entry_id == entry.c.id)
        .where(own(entry, agency_id), entry.c.day.between(first, last))
        .order_by(entry.c.day, entry.c.id, posting.c.position)
    )
    rows: list[tuple[Cell, ...]] = [
        (
            day,
            numbers.get(account.partition(":")[0], ""),
            account,
            max(amount, 0),
            max(-amount, 0),
            kind,
            subject,
            entry_id,
        )
        for day, entry_id, kind, subject, account, amount in connection.execute(query)
    ]
    return Report("journal", COLUMNS, tuple(rows))


def mapping(data: Path) -> Mapping[str, str]:
    """Ledger account (before its colon) -> account number."""
    found: dict[str, str] = json.loads(files(__package__).joinpath("journal.json").read_text("utf-8"))["accounts"]
    own_numbers = data / "journal.json"
    return found | json.loads(own_numbers.read_text("utf-8"))["accounts"] if own_numbers.exists() else found
