"""What was collected in a period, by day, field, fee, channel, unit ...: paid dues on the business day their money counts for.

Thông tư 01/2023/TT-VPCP asks one-stop centres for these figures by field, fee and channel. A unit is a counter of the
agency and an officer the one whose shift served the payer last; what was paid without a counter has neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.counter.shift_store import counter, shift, visit
from gateway.dues.store import dossier, due
from gateway.officers.store import officer
from gateway.payments.store import payment
from gateway.reporting.fields import UNKNOWN, fields_of, of_fee
from gateway.reporting.model import By, Cell, Column, Report, ReportInvalid
from gateway.settlement.refund.store import refund, refund_part
from gateway.settlement.store import notice

_COUNT = Column("dues", "Số khoản", "Dues")
_AMOUNT = Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True)
_KEYS = {
    By.DAY: Column("day", "Ngày", "Day"),
    By.MONTH: Column("month", "Tháng", "Month"),
    By.QUARTER: Column("quarter", "Quý", "Quarter"),
    By.FIELD: Column("field", "Lĩnh vực", "Field"),
    By.FEE: Column("fee", "Mã khoản thu", "Fee code"),
    By.KIND: Column("kind", "Loại", "Kind"),
    By.PROCEDURE: Column("procedure", "Mã thủ tục", "Procedure"),
    By.CHANNEL: Column("channel", "Kênh", "Channel"),
    By.ACCOUNT: Column("account", "Tài khoản nhận", "Account"),
    By.UNIT: Column("unit", "Quầy", "Counter"),
    By.OFFICER: Column("officer", "Tài khoản cán bộ", "Officer's login"),
}
NO_COUNTER = "Không qua quầy / not at a counter"
_LABEL = Column("name", "Tên", "Name")


def collected(connection: sa.Connection, agency_id: str, by: By, first: date, last: date) -> Report:
    """Days inclusive, in order of the key. ReportInvalid for a period that ends before it begins."""
    if last < first:
        raise ReportInvalid("Ngày cuối trước ngày đầu.", "The period ends before it begins.", field="to")
    if by is By.FIELD:
        return _by_field(connection, agency_id, first, last)
    rows_of = _paid(agency_id)
    paid = (_served(agency_id, rows_of) if by in (By.UNIT, By.OFFICER) else rows_of).subquery()
    key, label = _key(by, paid)
    query = (
        sa.select(key, label, sa.func.count(), sa.func.sum(paid.c.amount))
        .where(paid.c.day.between(first, last))
        .group_by(key)
        .order_by(key)
    )
    rows = tuple((k, name, int(dues), int(amount)) for k, name, dues, amount in connection.execute(query))
    return Report("collected", (_KEYS[by], _LABEL, _COUNT, _AMOUNT), rows)


def of_agencies(connection: sa.Connection, agency_ids: Sequence[str], first: date, last: date) -> Report:
    """One row an agency, for whoever runs the installation."""
    found = [(one, collected(connection, one, By.KIND, first, last)) for one in agency_ids]
    names = {row.id: row.name for row in connection.execute(sa.select(agencies.agency.c.id, agencies.agency.c.name))}
    rows = tuple((one, names.get(one, ""), made.total("dues"), made.total("amount")) for one, made in found)
    return Report("collected", (Column("agency", "Cơ quan", "Agency"), _LABEL, _COUNT, _AMOUNT), rows)


def _by_field(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """The fees' rows, summed by the field that the catalogue puts each under."""
    fields = fields_of(connection, agency_id)
    sums: dict[str, list[int]] = {}
    for fee_code, _, dues, amount in collected(connection, agency_id, By.FEE, first, last).rows:
        entry = sums.setdefault(of_fee(fields, str(fee_code)), [0, 0])
        entry[0] += int(str(dues))
        entry[1] += int(str(amount))
    rows: list[tuple[Cell, ...]] = [
        (field or UNKNOWN, "", dues, amount) for field, (dues, amount) in sorted(sums.items())
    ]
    return Report("collected", (_KEYS[By.FIELD], _LABEL, _COUNT, _AMOUNT), tuple(rows))


def _paid(agency_id: str) -> sa.Select[Any]:
    taken = sa.exists().where(  # a refund takes back what had settled: it is a row of its own, and no other day
        refund_part.c.notice_id == notice.c.id, refund.c.id == refund_part.c.refund_id, refund.c.due_id.is_not(None)
    )
    day = (
        sa.select(sa.func.max(notice.c.day))
        .where(notice.c.payment_id == payment.c.id, (notice.c.settled > 0) | taken)
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


def _served(agency_id: str, paid: sa.Select[Any]) -> sa.Select[Any]:
    """With the counter and the officer of the agency who served the payer last."""
    last = (
        sa.select(visit.c.payment_id, sa.func.max(visit.c.id).label("id"))
        .where(own(visit, agency_id))
        .group_by(visit.c.payment_id)
        .subquery()
    )
    return (
        paid.add_columns(
            sa.func.coalesce(counter.c.name, "").label("unit"),
            sa.func.coalesce(officer.c.login, "").label("login"),
            sa.func.coalesce(officer.c.name, NO_COUNTER).label("officer"),
            sa.case((counter.c.id.is_(None), NO_COUNTER), else_="").label("unit_name"),
        )
        .outerjoin(last, last.c.payment_id == payment.c.id)
        .outerjoin(visit, visit.c.id == last.c.id)
        .outerjoin(shift, shift.c.id == visit.c.shift_id)
        .outerjoin(counter, counter.c.id == shift.c.counter_id)
        .outerjoin(officer, officer.c.id == shift.c.officer_id)
    )


def _key(by: By, paid: sa.Subquery) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """What rows are grouped by, and what names the key."""
    if by in _NAMED:
        key, name = _NAMED[by]
        return paid.c[key], sa.func.max(paid.c[name]) if name else sa.literal("")
    year, month = (sa.cast(sa.extract(part, paid.c.day), sa.Integer) for part in ("year", "month"))
    return year * 100 + month if by is By.MONTH else year * 10 + (month + 2) // 3, sa.literal("")


_NAMED = {  # columns of the paid dues
    By.DAY: ("day", ""),
    By.FEE: ("fee_code", "name"),
    By.KIND: ("kind", ""),
    By.PROCEDURE: ("procedure_code", "procedure_name"),
    By.CHANNEL: ("channel", ""),
    By.ACCOUNT: ("account", "bank"),
    By.UNIT: ("unit", "unit_name"),
    By.OFFICER: ("login", "officer"),
}
