"""Issue in another's name (ủy nhiệm): a written agreement with a range of numbers and a term, made known to all.

Nghị định 254/2026/NĐ-CP, Điều 25: both tax offices are told at least 3 days before the first use, the agreement is
posted at the point of collection, its end too, and the receipt bears both names (k4). Ranges are disjoint (k5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from receipts.model import FORM_NO_FACE_VALUE, Delegate, Mint, ReceiptError
from receipts.register_tables import delegation
from receipts.rules import check_form, check_range, year_of
from receipts.tables import series

NOTICE_DAYS = 3  # before the first use


class DelegationTaken(ReceiptError):
    """Numbers are delegated once."""

    kind = "conflict"
    code = "receipt.delegation_taken"


class BadTerm(ReceiptError):
    """A term begins before it ends, within the year of its symbol."""

    code = "receipt.delegation_term"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """An agreement as it stands. Days are of Asia/Ho_Chi_Minh, first and last included; None is not (yet) done."""

    id: str
    owner: str  # the agency whose numbers are used
    tax_code: str  # the delegator's
    org_name: str
    org_address: str
    delegate_name: str
    delegate_address: str
    delegate_tax_code: str
    purpose: str
    form: str
    symbol: str
    first_number: int
    last_number: int
    from_day: date
    to_day: date
    notified_on: date | None
    posted_on: date | None
    ended_on: date | None

    @property
    def delegate(self) -> Delegate:
        """Whose name and address stand on the receipt beside the collecting organisation's."""
        return Delegate(self.delegate_name, self.delegate_address, self.delegate_tax_code)

    @property
    def last_day(self) -> date:
        """The last day of use, agreed or brought forward."""
        return self.to_day if self.ended_on is None else min(self.to_day, self.ended_on)


def agree(
    connection: sa.Connection,
    *,
    owner: str,
    org_name: str,
    org_address: str,
    tax_code: str,
    delegate: Delegate,
    purpose: str,
    symbol: str,
    first: int,
    last: int,
    from_day: date,
    to_day: date,
    form: str = FORM_NO_FACE_VALUE,
    now: datetime,
    mint: Mint,
) -> Delegation:
    """Record an agreement. Raises BadForm, BadSymbol, BadRange, BadTerm, DelegationTaken."""
    check_form(form)
    check_range(first, last)
    if from_day > to_day or {from_day.year, to_day.year} != {year_of(symbol)}:
        raise BadTerm(f"{from_day}..{to_day} is no term within the year of {symbol}")
    _refuse_taken(connection, tax_code, form, symbol, first, last)
    agreed = Delegation(
        id=mint("dlg"),
        owner=owner,
        tax_code=tax_code,
        org_name=org_name,
        org_address=org_address,
        delegate_name=delegate.name,
        delegate_address=delegate.address,
        delegate_tax_code=delegate.tax_code,
        purpose=purpose,
        form=form,
        symbol=symbol,
        first_number=first,
        last_number=last,
        from_day=from_day,
        to_day=to_day,
        notified_on=None,
        posted_on=None,
        ended_on=None,
    )
    values = {column: getattr(agreed, column) for column in _COLUMNS}
    connection.execute(sa.insert(delegation).values(**values, recorded_at=now))
    return agreed


def notify(connection: sa.Connection, delegation_id: str, day: date) -> bool:
    """Both tax offices were told. False if that was recorded before or there is no such agreement."""
    return _once(connection, delegation_id, "notified_on", day)


def post(connection: sa.Connection, delegation_id: str, day: date) -> bool:
    """The agreement hangs at the point of collection. False as with `notify`."""
    return _once(connection, delegation_id, "posted_on", day)


def end(connection: sa.Connection, delegation_id: str, last_day: date) -> bool:
    """Ended early: `last_day` is the last day of use. False as with `notify`."""
    return _once(connection, delegation_id, "ended_on", last_day)


def covering(connection: sa.Connection, tax_code: str, form: str, symbol: str, number: int) -> Delegation | None:
    """The agreement, in force or not, that a number belongs to."""
    query = sa.select(*(delegation.c[column] for column in _COLUMNS)).where(
        delegation.c.tax_code == tax_code,
        delegation.c.form == form,
        delegation.c.symbol == symbol,
        delegation.c.first_number <= number,
        delegation.c.last_number >= number,
    )
    row = connection.execute(query.order_by(delegation.c.first_number)).first()
    return None if row is None else Delegation(**row._mapping)


def covers(number: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The condition under which an agreement holds a number of a series."""
    same = (getattr(delegation.c, name) == getattr(series.c, name) for name in ("tax_code", "form", "symbol"))
    return sa.and_(*same, delegation.c.first_number <= number, delegation.c.last_number >= number)


def columns() -> list[sa.Column[Any]]:
    """What `of_row` reads."""
    return [delegation.c[column] for column in _COLUMNS]


def of_row(row: sa.Row[*tuple[Any, ...]]) -> Delegation | None:
    """The agreement in a row of `columns()`; None where an outer join found none."""
    mapping = row._mapping
    values = {column: mapping[delegation.c[column]] for column in _COLUMNS}
    return None if values["id"] is None else Delegation(**values)


def in_charge() -> sa.ScalarSelect[str]:
    """Of a row of `receipt_series`: the tax code of who issues its next number in the owner's name, or null."""
    query = sa.select(delegation.c.delegate_tax_code).where(covers(series.c.taken + 1))
    return query.correlate(series).scalar_subquery()


def of_owner(connection: sa.Connection, owner: str) -> list[Delegation]:
    """An owner's agreements, by symbol and first number."""
    query = sa.select(*columns()).where(delegation.c.owner == owner)
    rows = connection.execute(query.order_by(delegation.c.symbol, delegation.c.first_number))
    return [Delegation(**row._mapping) for row in rows]


def hindrance(agreed: Delegation, day: date) -> str | None:
    """Why the agreement allows no receipt on `day`: not_begun, ended, not_notified, not_posted; None if it does."""
    if day < agreed.from_day:
        return "not_begun"
    if day > agreed.last_day:
        return "ended"
    if agreed.notified_on is None or agreed.notified_on + timedelta(days=NOTICE_DAYS) > day:
        return "not_notified"
    if agreed.posted_on is None or agreed.posted_on > day:
        return "not_posted"
    return None


_COLUMNS = tuple(Delegation.__dataclass_fields__)


def _refuse_taken(connection: sa.Connection, tax_code: str, form: str, symbol: str, first: int, last: int) -> None:
    overlaps = sa.exists().where(
        delegation.c.tax_code == tax_code,
        delegation.c.form == form,
        delegation.c.symbol == symbol,
        delegation.c.first_number <= last,
        delegation.c.last_number >= first,
    )
    if connection.execute(sa.select(overlaps)).scalar_one():
        raise DelegationTaken(f"numbers {first}..{last} of {form} {symbol} are delegated already")


def _once(connection: sa.Connection, delegation_id: str, column: str, day: date) -> bool:
    open_still = sa.and_(delegation.c.id == delegation_id, delegation.c[column].is_(None))
    values: dict[str, Any] = {column: day}
    return connection.execute(sa.update(delegation).where(open_still).values(**values)).rowcount == 1
