"""Gapless numbers: a counter row per range, bumped by k inside the caller's transaction, proven 1..n afterwards.

Nghị định 254/2026/NĐ-CP, Điều 23 k2 c and Điều 25 k5: numbers start at 1, run to at most 99,999,999 within the year of
their symbol, and disjoint ranges are each used from small to large. A rollback gives the numbers back, because the row
lock lets nobody take the next ones before the transaction ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from receipts.delegation import in_charge
from receipts.model import FORM_NO_FACE_VALUE, MAX_NUMBER, Mint, ReceiptError
from receipts.rules import check_form, check_range, year_of
from receipts.store import receipt, series


class SeriesClosed(ReceiptError):
    """No open range of the owner can give the numbers asked for; nothing was written."""

    kind = "conflict"
    code = "receipt.series_closed"

    def __init__(self, owner: str, year: int, wanted: int, left: int) -> None:
        super().__init__(f"{owner} has {left} receipt numbers left in {year}, {wanted} wanted")
        self.owner = owner
        self.year = year


class RangeTaken(ReceiptError):
    """Ranges of one symbol are disjoint."""

    kind = "conflict"
    code = "receipt.range_taken"


@dataclass(frozen=True, slots=True)
class Series:
    """A range of numbers as it was when its row was read; `taken` is the last number given out."""

    id: str
    owner: str
    tax_code: str
    form: str
    symbol: str
    year: int
    first_number: int
    last_number: int
    taken: int
    delegate: str = ""  # tax code of who issues the next number in the owner's name

    @property
    def left(self) -> int:
        """How many numbers the range can still give."""
        return self.last_number - self.taken


@dataclass(frozen=True, slots=True)
class Gap:
    """A range whose receipts are not exactly its numbers from the first to the last taken."""

    series_id: str
    owner: str
    form: str
    symbol: str
    problem: str  # missing | double | counter | outside | year | stranger | overlap
    detail: str


def open_series(
    connection: sa.Connection,
    *,
    owner: str,
    tax_code: str,
    symbol: str,
    form: str = FORM_NO_FACE_VALUE,
    first: int = 1,
    last: int = MAX_NUMBER,
    now: datetime,
    mint: Mint,
) -> Series:
    """A new range, ready to give numbers. Raises BadForm, BadSymbol, BadRange, RangeTaken."""
    check_form(form)
    check_range(first, last)
    opened = Series(mint("ser"), owner, tax_code, form, symbol, year_of(symbol), first, last, first - 1)
    overlaps = sa.select(series.c.id).where(
        series.c.tax_code == tax_code,
        series.c.form == form,
        series.c.symbol == symbol,
        series.c.first_number <= last,
        series.c.last_number >= first,
    )
    if connection.execute(overlaps.limit(1)).first() is not None:
        raise RangeTaken(f"numbers {first}..{last} of {form} {symbol} belong to another range")
    values = {column: getattr(opened, column) for column in _COLUMNS}
    connection.execute(sa.insert(series).values(**values, opened_at=now))
    return opened


def close_series(connection: sa.Connection, series_id: str, now: datetime) -> bool:
    """The range gives no more numbers. False if it was closed before or never was."""
    still_open = sa.and_(series.c.id == series_id, series.c.closed_at.is_(None))
    return connection.execute(sa.update(series).where(still_open).values(closed_at=now)).rowcount == 1


def lock(connection: sa.Connection, owners_and_years: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], Series]:
    """The range that each owner issues from next in that year, held until the transaction ends; absent if there is none."""
    return {key: ranges[0] for key, ranges in lock_ranges(connection, owners_and_years).items()}


def lock_ranges(
    connection: sa.Connection, owners_and_years: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], tuple[Series, ...]]:
    """All ranges that may give numbers, by symbol and first number. Rows are locked in id order, so nobody waits in a ring."""
    if not owners_and_years:
        return {}
    found: dict[tuple[str, int], list[Series]] = {}
    for row in connection.execute(_LOCK, {"wanted": sorted(set(owners_and_years))}):
        found.setdefault((row.owner, row.year), []).append(Series(**row._mapping))
    return {key: tuple(sorted(ranges, key=lambda r: (r.symbol, r.first_number))) for key, ranges in found.items()}


def open_ranges(connection: sa.Connection, owner: str) -> list[Series]:
    """All ranges of an owner that are not closed, by symbol and first number; nothing is locked."""
    query = sa.select(*(series.c[column] for column in _COLUMNS)).where(
        series.c.owner == owner, series.c.closed_at.is_(None)
    )
    return [Series(*row) for row in connection.execute(query.order_by(series.c.symbol, series.c.first_number))]


def take(connection: sa.Connection, series_row: Series, count: int) -> range:
    """The next `count` numbers. SeriesClosed if the range has not so many, was closed, or moved since it was read."""
    upto = series_row.taken + count
    asked = {"range_id": series_row.id, "as_read": series_row.taken, "upto": upto}
    if count < 1 or connection.execute(_TAKE, asked).rowcount != 1:
        raise SeriesClosed(series_row.owner, series_row.year, count, series_row.left)
    return range(series_row.taken + 1, upto + 1)


def gaps(connection: sa.Connection) -> list[Gap]:
    """Every way in which a range is not exactly first..taken, each number once, in its year; empty means proven."""
    found = [
        Gap(row.id, row.owner, row.form, row.symbol, problem, _detail(row))
        for row in connection.execute(_census())
        for problem, holds in _PROBLEMS.items()
        if holds(row)
    ]
    for query, problem, detail in (
        (_overlaps(), "overlap", "shares numbers with another range"),
        (_strangers(), "stranger", "receipt of no known series"),
    ):
        found += [Gap(row.id, row.owner, row.form, row.symbol, problem, detail) for row in connection.execute(query)]
    return found


_COLUMNS = tuple(name for name in Series.__dataclass_fields__ if name != "delegate")

# Built once: these two run in every settlement.
_LOCK = (
    sa.select(*(series.c[column] for column in _COLUMNS), sa.func.coalesce(in_charge(), "").label("delegate"))
    .where(
        sa.tuple_(series.c.owner, series.c.year).in_(sa.bindparam("wanted", expanding=True)),
        series.c.form == FORM_NO_FACE_VALUE,
        series.c.closed_at.is_(None),
        series.c.taken < series.c.last_number,
    )
    .order_by(series.c.id)
    .with_for_update()  # SQLite has no such clause: its write transaction already excludes other writers
)
_TAKE = (
    sa.update(series)
    .where(
        series.c.id == sa.bindparam("range_id"),
        series.c.taken == sa.bindparam("as_read"),
        series.c.last_number >= sa.bindparam("upto"),
        series.c.closed_at.is_(None),
    )
    .values(taken=sa.bindparam("upto"))
)

_PROBLEMS: dict[str, Callable[[sa.Row[*tuple[Any, ...]]], bool]] = {
    "missing": lambda row: row.numbers != row.taken - row.first_number + 1,
    "double": lambda row: row.numbers != row.receipts,
    "counter": lambda row: row.receipts > 0 and (row.lowest, row.highest) != (row.first_number, row.taken),
    "outside": lambda row: row.outside > 0,
    "year": lambda row: row.other_year > 0,
    "stranger": lambda row: row.other_series > 0,
}


def _census() -> sa.Select[*tuple[Any, ...]]:
    """One row per range: what the counter says beside what the receipts say, in one statement and so at one moment."""
    outside = sa.or_(receipt.c.number < series.c.first_number, receipt.c.number > series.c.last_number)
    other_series = sa.or_(
        receipt.c.owner != series.c.owner, receipt.c.form != series.c.form, receipt.c.symbol != series.c.symbol
    )
    return (
        sa.select(
            *(series.c[column] for column in _COLUMNS),
            sa.func.count(receipt.c.id).label("receipts"),
            sa.func.count(receipt.c.number.distinct()).label("numbers"),
            sa.func.min(receipt.c.number).label("lowest"),
            sa.func.max(receipt.c.number).label("highest"),
            _count_where(outside).label("outside"),
            _count_where(sa.extract("year", receipt.c.day) != series.c.year).label("other_year"),
            _count_where(other_series).label("other_series"),
        )
        .select_from(series.outerjoin(receipt, receipt.c.series_id == series.c.id))
        .group_by(*(series.c[column] for column in _COLUMNS))
        .order_by(series.c.id)
    )


def _count_where(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, receipt.c.id)))


def _overlaps() -> sa.Select[*tuple[Any, ...]]:
    other = series.alias("other")
    same = (other.c.tax_code == series.c.tax_code, other.c.form == series.c.form, other.c.symbol == series.c.symbol)
    shared = (other.c.first_number <= series.c.last_number, other.c.last_number >= series.c.first_number)
    joined = series.join(other, sa.and_(*same, *shared, other.c.id != series.c.id))
    columns = (series.c.id, series.c.owner, series.c.form, series.c.symbol)
    return sa.select(*columns).select_from(joined).distinct().order_by(series.c.id)


def _strangers() -> sa.Select[*tuple[Any, ...]]:
    known = sa.exists().where(series.c.id == receipt.c.series_id)
    columns = (receipt.c.series_id.label("id"), receipt.c.owner, receipt.c.form, receipt.c.symbol)
    return sa.select(*columns).where(~known).distinct().order_by(receipt.c.series_id)


def _detail(row: sa.Row[*tuple[Any, ...]]) -> str:
    spread = f"{row.lowest}..{row.highest}" if row.receipts else "none"
    return f"counter {row.first_number}..{row.taken}, {row.receipts} receipts, numbers {spread}"
