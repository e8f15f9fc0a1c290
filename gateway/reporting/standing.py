"""What is outstanding, what was forgone by exemption and on which ground, and what was given back or is owed back."""

from __future__ import annotations

import json
from datetime import date, datetime

import sqlalchemy as sa

from gateway.access import own
from gateway.dues.store import dossier, due
from gateway.kernel.clock import business_day, day_start
from gateway.reporting.model import Column, Report
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import refund

_DUES = Column("dues", "Số khoản", "Dues")
_AMOUNT = Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True)
_FEE = Column("fee", "Mã khoản thu", "Fee code")
_NAME = Column("name", "Tên", "Name")
AGES = ((7, "0–7"), (30, "8–30"), (90, "31–90"), (36_500, "> 90"))


def outstanding(connection: sa.Connection, agency_id: str, today: date) -> Report:
    """Dues still open, by fee and age of the dossier in days."""
    query = (
        sa.select(due.c.fee_code, due.c.name, dossier.c.accepted_on, due.c.amount)
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(due, agency_id), due.c.status == "open")
    )
    sums: dict[tuple[str, str, int], list[int]] = {}
    for fee, name, since, amount in connection.execute(query):
        band = next(n for n, (days, _) in enumerate(AGES) if (today - since).days <= days)
        entry = sums.setdefault((fee, name, band), [0, 0])
        entry[0] += 1
        entry[1] += int(amount)
    rows = tuple((fee, name, AGES[band][1], n, amount) for (fee, name, band), (n, amount) in sorted(sums.items()))
    age = Column("age", "Số ngày", "Days")
    return Report("outstanding", (_FEE, _NAME, age, _DUES, _AMOUNT), rows)


def forgone(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """What exemptions and reductions cost, by fee: base amount less what was asked, of dossiers accepted in the period."""
    cost = due.c.base_amount - due.c.amount
    query = (
        sa.select(due.c.fee_code, sa.func.max(due.c.name), sa.func.count(), sa.func.sum(cost))
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(due, agency_id), due.c.status != "withdrawn", cost > 0)
        .where(dossier.c.accepted_on.between(first, last))
        .group_by(due.c.fee_code)
        .order_by(due.c.fee_code)
    )
    rows = tuple((fee, name, int(dues), int(amount)) for fee, name, dues, amount in connection.execute(query))
    return Report("forgone", (_FEE, _NAME, _DUES, _AMOUNT), rows)


def exempt(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """The same by what it rests on: dues of which nothing is paid, dues of which less is paid, and what both cost."""
    query = (
        sa.select(due.c.reduction, due.c.amount, due.c.base_amount)
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(due, agency_id), due.c.status != "withdrawn", due.c.base_amount > due.c.amount)
        .where(dossier.c.accepted_on.between(first, last))
    )
    sums: dict[tuple[str, str], list[int]] = {}
    for reduction, amount, base in connection.execute(query):
        told = json.loads(reduction) if reduction else {}
        entry = sums.setdefault((told.get("rule", ""), told.get("ground", "")), [0, 0, 0])
        entry[0 if amount == 0 else 1] += 1
        entry[2] += int(base) - int(amount)
    columns = (
        Column("rule", "Diện", "Rule"),
        Column("ground", "Căn cứ", "Legal ground"),
        Column("exempt", "Số khoản miễn", "Exempt dues"),
        Column("reduced", "Số khoản giảm", "Reduced dues"),
        _AMOUNT,
    )
    return Report("exempt", columns, tuple((*key, *counts) for key, counts in sorted(sums.items())))


def returned(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """Refunds that have left, by legal ground; surplus has none."""
    begin, end = day_start(first), day_start(date.fromordinal(last.toordinal() + 1))
    query = (
        sa.select(refund.c.ground, sa.func.count(), sa.func.sum(refund.c.amount))
        .where(own(refund, agency_id), refund.c.status == RefundStatus.RETURNED.value)
        .where(refund.c.returned_at >= begin, refund.c.returned_at < end)
        .group_by(refund.c.ground)
        .order_by(refund.c.ground)
    )
    rows = tuple((ground or "", int(count), int(amount)) for ground, count, amount in connection.execute(query))
    ground = Column("ground", "Căn cứ", "Legal ground")
    return Report("returned", (ground, Column("refunds", "Số lần", "Refunds"), _AMOUNT), rows)


def owed_back(connection: sa.Connection, agency_id: str, now: datetime) -> Report:
    """Money that is owed back and has not left, oldest first: it cannot be hidden."""
    waiting = [
        RefundStatus.REQUESTED,
        RefundStatus.ENDORSED,
        RefundStatus.APPROVED,
        RefundStatus.ORDERED,
        RefundStatus.FAILED,
    ]
    query = (
        sa.select(refund.c.reference, refund.c.status, refund.c.requested_at, refund.c.amount)
        .where(own(refund, agency_id), refund.c.status.in_([status.value for status in waiting]))
        .order_by(refund.c.requested_at, refund.c.id)
    )
    today = business_day(now)
    rows = tuple(
        (reference, status, (today - business_day(at)).days, int(amount))
        for reference, status, at, amount in connection.execute(query)
    )
    columns = (
        Column("reference", "Mã hoàn", "Refund reference"),
        Column("status", "Trạng thái", "State"),
        Column("days", "Số ngày", "Days"),
        _AMOUNT,
    )
    return Report("owed_back", columns, rows)
