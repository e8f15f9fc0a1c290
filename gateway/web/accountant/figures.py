"""What matters on a day, as reports: each a table that is shown, drawn, linked to its rows and exported alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from statistics import median_low
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing.breaks import ACCEPTED, Break
from gateway.dues.store import due
from gateway.kernel.clock import day_start
from gateway.payments.model import CASH, POS
from gateway.payments.store import payment
from gateway.reporting.model import Cell, Column, Report
from gateway.settlement.store import notice
from receipts.store import receipt
from reconciliation.store import recon_item, statement_line

AT_COUNTER = (POS, CASH)
AGES = ((1, "0–1"), (7, "2–7"), (30, "8–30"), (36_500, "> 30"))
_COUNT = Column("count", "Số lượng", "Count")
_AMOUNT = Column("amount", "Số tiền (đồng)", "Amount (VND)", money=True)
_DAY = Column("day", "Ngày", "Day")


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; without a whole there is no share."""

    part: int
    whole: int

    @property
    def per_mille(self) -> int | None:
        """Rounded down."""
        return self.part * 1000 // self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds from the notice to the signed receipt."""

    receipts: int
    median: int | None
    slowest: int | None


def ages(found: Sequence[Break]) -> Report:
    """Breaks that nobody has accepted, by age in days."""
    sums = {label: [0, 0] for _, label in AGES}
    for one in found:
        if one.state != ACCEPTED:
            label = next(label for days, label in AGES if one.age <= days)
            sums[label][0] += 1
            sums[label][1] += one.stake
    rows = tuple((label, count, amount) for label, (count, amount) in sums.items())
    return Report("break_ages", (Column("age", "Số ngày", "Days"), _COUNT, _AMOUNT), rows)


def listed(found: Sequence[Break], kinds: Mapping[str, str], names: Mapping[str, str]) -> Report:
    """Every break in a row."""
    columns = (
        Column("kind", "Loại", "Kind"),
        _DAY,
        Column("age", "Số ngày", "Days"),
        Column("due_on", "Hạn", "Due"),
        Column("account", "Tài khoản", "Account"),
        Column("reference", "Mã thanh toán", "Reference"),
        Column("bank_ref", "Số bút toán ngân hàng", "Bank reference"),
        _AMOUNT,
        Column("difference", "Chênh lệch (đồng)", "Difference (VND)", money=True),
        Column("owner", "Người xử lý", "Owner"),
        Column("state", "Trạng thái", "State"),
    )
    rows = tuple(
        (
            kinds.get(one.kind, one.kind.value),
            one.day,
            one.age,
            one.due_on,
            one.account,
            one.reference,
            one.bank_ref,
            one.amount,
            one.difference,
            names.get(one.owner, ""),
            one.state,
        )
        for one in found
    )
    return Report("breaks", columns, rows)


def speed(connection: sa.Connection, agency_id: str, first: date, last: date) -> Speed:
    """Of receipts signed for notices of these business days."""
    query = (
        sa.select(notice.c.noticed_at, receipt.c.signed_at)
        .join(receipt, receipt.c.payment == notice.c.payment_id)
        .where(own(notice, agency_id), notice.c.day.between(first, last), notice.c.settled > 0)
        .where(notice.c.noticed_at.is_not(None), receipt.c.signed_at.is_not(None))
    )
    seconds = sorted(max(0, int((signed - told).total_seconds())) for told, signed in connection.execute(query))
    return Speed(len(seconds), median_low(seconds), seconds[-1]) if seconds else Speed(0, None, None)


def touch(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """Credits by day: all of them, those matched, and those matched without a person."""
    c, line = recon_item.c, statement_line.c
    matched = sa.case((c.kind.startswith("MATCH"), 1), else_=0)
    alone = sa.case((c.kind.startswith("MATCH") & c.decided_by.is_(None), 1), else_=0)
    query = (
        sa.select(
            line.booking_date, sa.func.count(), sa.func.sum(matched), sa.func.sum(alone), sa.func.sum(line.amount)
        )
        .join(recon_item, (c.line_id == line.id) & c.superseded_by.is_(None))
        .where(line.owner == agency_id, line.direction == "CRDT", line.booking_date.between(first, last))
        .group_by(line.booking_date)
        .order_by(line.booking_date)
    )
    rows: list[tuple[Cell, ...]] = [
        (day, int(lines), int(matches), int(untouched), int(amount))
        for day, lines, matches, untouched, amount in connection.execute(query)
    ]
    columns = (
        _DAY,
        Column("lines", "Dòng có", "Credits"),
        Column("matched", "Đã khớp", "Matched"),
        Column("untouched", "Khớp tự động", "Untouched"),
        _AMOUNT,
    )
    return Report("untouched", columns, tuple(rows))


def untouched(report: Report) -> Share:
    """Of all credits, those that no person had to touch."""
    return Share(report.total("untouched"), report.total("lines"))


def online(connection: sa.Connection, agency_id: str, first: date, last: date) -> Share:
    """Of the payments settled in these days, those not made at a counter."""
    begin, end = day_start(first), day_start(last + timedelta(days=1))
    away = sa.func.sum(sa.case((payment.c.channel.not_in(AT_COUNTER), 1), else_=0))
    query = sa.select(sa.func.count(), away).where(
        own(payment, agency_id), payment.c.settled_at >= begin, payment.c.settled_at < end
    )
    whole, part = connection.execute(query).one()
    return Share(int(part or 0), int(whole))


def units(connection: sa.Connection, agency_id: str, first: date, last: date) -> Report:
    """Receipts by the account that took the money, the unit a commune's cashbook knows."""
    from gateway.reporting.collected import collected
    from gateway.reporting.model import By

    return collected(connection, agency_id, By.ACCOUNT, first, last)


def open_dues(connection: sa.Connection, agency_id: str) -> tuple[int, int]:
    """How many dues are open, and their sum."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(due.c.amount), 0))
    count, amount = connection.execute(query.where(own(due, agency_id), due.c.status == "open")).one()
    return int(count), int(amount)


@cache
def targets() -> Mapping[str, Any]:
    """The thresholds."""
    found: Mapping[str, Any] = json.loads(files(__package__).joinpath("targets.json").read_text("utf-8"))
    return found


def meets(key: str, value: int | None) -> bool | None:
    """Whether a figure keeps its target; None where there is nothing to judge."""
    if value is None:
        return None
    least, most = targets()["at_least_per_mille"].get(key), targets()["at_most"].get(key)
    return bool(value >= least) if least is not None else bool(value <= most)
