"""What was collected in a period, by day, fee, channel ...: paid dues on the business day their money counts for.

Thông tư 01/2023/TT-VPCP asks one-stop centres for these figures by field, fee and channel.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.dues.store import dossier, due
from gateway.payments.store import payment
from gateway.reporting.model import By, Column, Report, ReportInvalid
from gateway.settlement.store import notice

_COUNT = Column("dues", "Số khoản", "Dues")
_AMOUNT = Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True)
_KEYS = {
    By.DAY: Column("day", "Ngày", "Day"),
    By.MONTH: Column("month", "Tháng", "Month"),
    By.QUARTER: Column("quarter", "Quý", "Quarter"),
    By.FEE: Column("fee", "Mã khoản thu", "Fee code"),
    By.KIND: Column("kind", "Loại", "Kind"),
    By.PROCEDURE: Column("procedure", "Mã thủ tục", "Procedure"),
    By.CHANNEL: Column("channel", "Kênh", "Channel"),
    By.ACCOUNT: Column("account", "Tài khoản nhận", "Account"),
}
_LABEL = Column("name", "Tên", "Name")


def collected(connection: sa.Connection, agency_id: str, by: By, first: date, last: date) -> Report:
    """Days inclusive, in order of the key. ReportInvalid for a period that ends before it begins."""
    if last < first:
        raise ReportInvalid("Ngày cuối trước ngày đầu.", "The period ends before it begins.", field="to")
    paid = _paid(agency_id).subquery()
    key, label = _key(by, paid)
    query = (
        sa.select(key, label, sa.func.count(), sa.func.sum(paid.c.amount))
        .where(paid.c.day.between(first, last))
        .group_by(key)
        .order_by(key)
    )
    rows = tuple((k, name, int(dues), int(amount)) for k, name, dues, amount in connection.execute(query))
    return Report("collected", (_KEYS[by], _LABEL, _COUNT, _AMOUNT), rows)


def _paid(agency_id: str) -> sa.Select[Any]:
    day = (
        sa.select(sa.func.max(notice.c.day))
        .where(notice.c.payment_id == payment.c.id, notice.c.settled > 0)
        .correlate(payment)
        .scalar_subquery()
    )
    account = agencies.account
    return (
        sa.select(
            due.c.amount,
            due.c.fee_code,
            due.c.name,
            due.c.kind,
            dossier.c.procedure_code,
            dossier.c.procedure_name,
            payment.c.channel,
            account.c.number.label("account"),
            account.c.bank,
            day.label("day"),
        )
        .join(payment, payment.c.id == due.c.payment_id)
        .join(account, account.c.id == payment.c.account_id)
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(due, agency_id), due.c.status == "paid")
    )


def _key(by: By, paid: sa.Subquery) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    year, month = sa.extract("year", paid.c.day), sa.extract("month", paid.c.day)
    months = sa.cast(year, sa.Integer) * 100 + sa.cast(month, sa.Integer)
    quarters = sa.cast(year, sa.Integer) * 10 + (sa.cast(month, sa.Integer) + 2) // 3
    nothing = sa.literal("")
    return {
        By.DAY: (paid.c.day, nothing),
        By.MONTH: (months, nothing),
        By.QUARTER: (quarters, nothing),
        By.FEE: (paid.c.fee_code, sa.func.max(paid.c.name)),
        By.KIND: (paid.c.kind, nothing),
        By.PROCEDURE: (paid.c.procedure_code, sa.func.max(paid.c.procedure_name)),
        By.CHANNEL: (paid.c.channel, nothing),
        By.ACCOUNT: (paid.c.account, sa.func.max(paid.c.bank)),
    }[by]
