"""What has to be true before a day is closed, each point with a sentence and a count; and what a day came to.

A point that blocks has to be worked off first; one that only warns is printed in the minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.closing import breaks
from gateway.closing.breaks_term import BREAKS
from gateway.ledger.store import posting
from gateway.settlement import conservation
from gateway.settlement.store import inbox, notice, suspense
from receipts.store import receipt
from reconciliation.store import recon_item, statement, statement_line


@dataclass(frozen=True, slots=True)
class Point:
    """One check of a day."""

    code: str
    vi: str
    en: str
    count: int
    blocks: bool

    @property
    def ok(self) -> bool:
        """Nothing to do."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class AccountDay:
    """One account on the day. Amounts in đồng; opening + credits - debits = closing, where the bank states balances."""

    account: str
    opening: int | None
    credits: int
    debits: int
    closing: int | None
    lines: int
    broken: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a day came to. Conservation: money_in = settled + suspense + returned."""

    money_in: int
    settled: int
    suspense: int
    returned: int
    receipts: int
    receipt_amount: int


def points(connection: sa.Connection, agency_id: str, day: date) -> list[Point]:
    """Every check, in the order a person works them off."""
    return [
        _statements(connection, agency_id, day),
        _gaps(connection, agency_id, day),
        _unread(connection, agency_id),
        _run(connection, agency_id, day),
        _unsigned(connection, agency_id, day),
        _conservation(connection, agency_id, day),
        _ledger(connection, agency_id),
        _breaks(connection, agency_id, day),
        _suspended(connection, agency_id, day),
    ]


def accounts(connection: sa.Connection, agency_id: str, day: date) -> list[AccountDay]:
    """Every account of the agency that moved or has a statement on the day."""
    return [
        found
        for one in agencies.all_accounts_of(connection, agency_id)
        if (found := _account(connection, agency_id, one.number, day)) is not None
    ]


def totals(connection: sa.Connection, agency_id: str, day: date) -> Totals:
    """The day's sums."""
    kept = [one for one in conservation.days(connection, agency_id) if one.day == day]
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(receipt.c.amount), 0))
    count, amount = connection.execute(query.where(receipt.c.owner == agency_id, receipt.c.day == day)).one()
    return Totals(
        sum(one.money_in for one in kept),
        sum(one.settled for one in kept),
        sum(one.suspense for one in kept),
        sum(one.returned for one in kept),
        int(count),
        int(amount),
    )


def balance(connection: sa.Connection, agency_id: str, account: str, day: date) -> int | None:
    """What the bank says an account held at the end of `day`; None before its first statement."""
    table = statement.c
    last = (
        sa.select(table.closing)
        .where(table.owner == agency_id, table.account == account, table.to_day <= day, table.closing.is_not(None))
        .order_by(table.to_day.desc(), table.from_day.desc(), table.id.desc())
        .limit(1)
    )
    found = connection.scalar(last)
    return None if found is None else int(found)


def _account(connection: sa.Connection, agency_id: str, account: str, day: date) -> AccountDay | None:
    line = statement_line.c
    mine = (line.owner == agency_id) & (line.account == account) & (line.booking_date == day)
    credit = sa.func.coalesce(sa.func.sum(sa.case((line.direction == "CRDT", line.amount), else_=0)), 0)
    debit = sa.func.coalesce(sa.func.sum(sa.case((line.direction == "DBIT", line.amount), else_=0)), 0)
    credits, debits, lines = connection.execute(sa.select(credit, debit, sa.func.count()).where(mine)).one()
    closing = balance(connection, agency_id, account, day)
    stated = sa.exists().where(
        statement.c.owner == agency_id, statement.c.account == account, statement.c.to_day == day
    )
    if not lines and not connection.scalar(sa.select(stated)):
        return None
    broken = sa.select(sa.func.count()).select_from(recon_item.join(statement_line, line.id == recon_item.c.line_id))
    item = (recon_item.c.superseded_by.is_(None)) & recon_item.c.kind.in_(BREAKS)
    opening = None if closing is None else closing - int(credits) + int(debits)
    return AccountDay(
        account,
        opening,
        int(credits),
        int(debits),
        closing,
        int(lines),
        int(connection.scalar(broken.where(mine, item)) or 0),
    )


def _statements(connection: sa.Connection, agency_id: str, day: date) -> Point:
    """Accounts that money came to on the day, and whose statement of that day is missing."""
    stated = sa.exists().where(
        statement.c.owner == agency_id,
        statement.c.account == notice.c.account,
        statement.c.from_day <= day,
        statement.c.to_day >= day,
    )
    query = sa.select(sa.func.count(sa.distinct(notice.c.account))).where(
        own(notice, agency_id), notice.c.day == day, notice.c.counted > 0, ~stated
    )
    return _point(connection, query, "statement", "tài khoản chưa có sổ phụ", "accounts without a statement", True)


def _gaps(connection: sa.Connection, agency_id: str, day: date) -> Point:
    mine = (statement.c.owner == agency_id) & (statement.c.from_day <= day) & (statement.c.to_day >= day)
    query = sa.select(sa.func.count()).where(mine, statement.c.gap)
    return _point(connection, query, "gap", "sổ phụ không khớp số dư", "statements that do not tie", True)


def _unread(connection: sa.Connection, agency_id: str) -> Point:
    query = sa.select(sa.func.count()).where(own(inbox, agency_id), inbox.c.state != "done")
    return _point(connection, query, "inbox", "tin báo có chưa xử lý", "notices not worked on", True)


def _run(connection: sa.Connection, agency_id: str, day: date) -> Point:
    """Lines of the day that no reconciliation has looked at."""
    seen = sa.exists().where(recon_item.c.line_id == statement_line.c.id, recon_item.c.superseded_by.is_(None))
    mine = (statement_line.c.owner == agency_id) & (statement_line.c.booking_date == day)
    query = sa.select(sa.func.count()).select_from(statement_line).where(mine, ~seen)
    return _point(connection, query, "run", "dòng chưa đối soát", "lines not reconciled", True)


def _unsigned(connection: sa.Connection, agency_id: str, day: date) -> Point:
    mine = (receipt.c.owner == agency_id) & (receipt.c.day == day) & receipt.c.signed_at.is_(None)
    return _point(
        connection, sa.select(sa.func.count()).where(mine), "unsigned", "biên lai chưa ký", "unsigned receipts", True
    )


def _conservation(connection: sa.Connection, agency_id: str, day: date) -> Point:
    kept = [one for one in conservation.days(connection, agency_id) if one.day == day]
    wrong = sum(one.money_in != one.settled + one.suspense + one.returned for one in kept)
    return Point("conservation", "tài khoản không bảo toàn tiền", "accounts that lost or made money", wrong, True)


def _ledger(connection: sa.Connection, agency_id: str) -> Point:
    total = sa.select(sa.func.coalesce(sa.func.sum(posting.c.amount), 0)).where(own(posting, agency_id))
    wrong = int(int(connection.scalar(total) or 0) != 0)
    return Point("ledger", "sổ cái không cân", "ledgers out of balance", wrong, True)


def _breaks(connection: sa.Connection, agency_id: str, day: date) -> Point:
    """Lines of the day in breaks that nobody has accepted."""
    c, line = recon_item.c, statement_line.c
    there = c.superseded_by.is_(None) & (c.kind.in_(BREAKS) | c.contested_by.is_not(None))
    query = sa.select(c.line_id).join(statement_line, line.id == c.line_id)
    lines = set(connection.scalars(query.where(line.owner == agency_id, line.booking_date == day, there)))
    found = breaks.of_day(connection, agency_id, day) if lines else []
    waiting = {one for each in found if each.state != breaks.ACCEPTED for one in each.lines}
    return Point("breaks", "dòng chênh lệch còn mở", "breaks still open", len(lines & waiting), False)


def _suspended(connection: sa.Connection, agency_id: str, day: date) -> Point:
    query = (
        sa.select(sa.func.count())
        .select_from(suspense.join(notice, notice.c.id == suspense.c.notice_id))
        .where(own(suspense, agency_id), suspense.c.closed_at.is_(None), notice.c.day == day)
    )
    return _point(connection, query, "suspense", "khoản tiền treo", "amounts in suspense", False)


def _point(connection: sa.Connection, query: sa.Select[Any], code: str, vi: str, en: str, blocks: bool) -> Point:
    return Point(code, vi, en, int(connection.scalar(query) or 0), blocks)
