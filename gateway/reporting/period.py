"""The reports of a period by name: what the accountant's page shows, the command prints and both export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from gateway import agencies
from gateway.closing import ready
from gateway.kernel.clock import business_day
from gateway.remitting.annual import year_sheet
from gateway.reporting import open_data, standing
from gateway.reporting.collected import collected
from gateway.reporting.model import By, Column, Report
from gateway.reporting.receipts_used import receipts_used


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. Days are business days, inclusive; `now` is UTC."""

    by: By
    first: date
    last: date
    now: datetime


def _collected(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return collected(connection, agency, asked.by, asked.first, asked.last)


def _outstanding(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return standing.outstanding(connection, agency, business_day(asked.now))


def _exempt(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return standing.exempt(connection, agency, asked.first, asked.last)


def _forgone(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return standing.forgone(connection, agency, asked.first, asked.last)


def _returned(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return standing.returned(connection, agency, asked.first, asked.last)


def _owed_back(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return standing.owed_back(connection, agency, asked.now)


def _receipts_used(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return receipts_used(connection, agency, asked.first, asked.last)


def _open_data(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    return open_data.month_totals(connection, agency, asked.first.year, asked.first.month)


def _balance(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    columns = (
        Column("account", "Tài khoản", "Account"),
        Column("bank", "Ngân hàng", "Bank"),
        Column("balance", "Số dư cuối ngày (đồng)", "Balance at the end of the day (VND)", money=True),
    )
    accounts = agencies.all_accounts_of(connection, agency)
    rows = [(one.number, one.bank, ready.balance(connection, agency, one.number, asked.last)) for one in accounts]
    return Report("balance", columns, tuple(rows))


def _annual(connection: sa.Connection, agency: str, asked: Asked) -> Report:
    columns = (
        Column("fee", "Mã khoản thu", "Fee code"),
        Column("name", "Tên", "Name"),
        Column("kind", "Loại", "Kind"),
        Column("collected", "Đã thu (đồng)", "Collected (VND)", money=True),
        Column("retained", "Để lại (đồng)", "Retained (VND)", money=True),
        Column("handed_over", "Đã nộp (đồng)", "Handed over (VND)", money=True),
        Column("ordered", "Đã lập lệnh (đồng)", "Ordered (VND)", money=True),
        Column("waiting", "Còn phải nộp (đồng)", "Still to go (VND)", money=True),
    )
    rows = tuple(
        (one.fee_code, one.name, one.kind, one.collected, one.retained, one.handed_over, one.ordered, one.waiting)
        for one in year_sheet(connection, agency, asked.last.year)
    )
    return Report("annual", columns, rows)


REPORTS: Mapping[str, Callable[[sa.Connection, str, Asked], Report]] = {
    "collected": _collected,
    "outstanding": _outstanding,
    "exempt": _exempt,
    "forgone": _forgone,
    "returned": _returned,
    "owed_back": _owed_back,
    "receipts_used": _receipts_used,
    "annual": _annual,
    "open_data": _open_data,
    "balance": _balance,
}
