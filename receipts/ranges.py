"""Ranges made ready: a part cut out of a symbol's unused numbers, and next year's symbol before its first day.

Nghị định 254/2026/NĐ-CP, Điều 25 k5: several units have disjoint ranges, each used from small to large; Điều 23 k2 c:
numbers start anew on 1 January under a symbol of the new year.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from receipts.model import FORM_NO_FACE_VALUE, MAX_NUMBER, Mint
from receipts.rules import check_range
from receipts.series import RangeTaken, Series, open_series
from receipts.store import Row
from receipts.tables import series


def reserve(
    connection: sa.Connection,
    *,
    owner: str,
    tax_code: str,
    symbol: str,
    first: int,
    last: int,
    form: str = FORM_NO_FACE_VALUE,
    now: datetime,
    mint: Mint,
) -> Series:
    """A range of its own for first..last, cut out of an open range of the owner's that has not reached it, if need be.

    Raises BadForm, BadSymbol, BadRange, and RangeTaken when one of the numbers is used or belongs to somebody else.
    """
    check_range(first, last)
    around = _around(connection, owner, tax_code, form, symbol, first, last)
    if around is None:
        return open_series(
            connection,
            owner=owner,
            tax_code=tax_code,
            symbol=symbol,
            form=form,
            first=first,
            last=last,
            now=now,
            mint=mint,
        )
    if around.taken >= first:
        raise RangeTaken(f"numbers up to {around.taken} of {form} {symbol} are used")
    parts = [(low, high) for low, high in ((first, last), (last + 1, around.last_number)) if low <= high]
    if around.first_number == first:
        kept, parts = parts[0], parts[1:]
    else:
        kept = (around.first_number, first - 1)
    connection.execute(sa.update(series).where(series.c.id == around.id).values(last_number=kept[1]))
    made = [
        open_series(
            connection, owner=owner, tax_code=tax_code, symbol=symbol, form=form, first=a, last=b, now=now, mint=mint
        )
        for a, b in parts
    ]
    if around.first_number != first:
        return made[0]
    return Series(around.id, owner, tax_code, form, symbol, around.year, first, last, around.taken)


def _around(
    connection: sa.Connection, owner: str, tax_code: str, form: str, symbol: str, first: int, last: int
) -> Row | None:
    """The open range that holds all of first..last, locked."""
    columns = (series.c.id, series.c.year, series.c.first_number, series.c.last_number, series.c.taken)
    query = sa.select(*columns).where(
        series.c.owner == owner,
        series.c.tax_code == tax_code,
        series.c.form == form,
        series.c.symbol == symbol,
        series.c.first_number <= first,
        series.c.last_number >= last,
        series.c.closed_at.is_(None),
    )
    return connection.execute(query.with_for_update()).one_or_none()


def ready_for(connection: sa.Connection, owner: str, year: int, *, now: datetime, mint: Mint) -> list[Series]:
    """Next to each whole symbol of the year before, its namesake of `year`; none if the owner has one already.

    A symbol that is split into ranges is not carried over: who uses which part is agreed anew each year.
    """
    has_one = sa.select(series.c.id).where(series.c.owner == owner, series.c.year == year).limit(1)
    if connection.execute(has_one).first() is not None:
        return []
    whole = sa.select(series.c.tax_code, series.c.form, series.c.symbol).where(
        series.c.owner == owner,
        series.c.year == year - 1,
        series.c.closed_at.is_(None),
        series.c.first_number == 1,
        series.c.last_number == MAX_NUMBER,
    )
    return [
        open_series(
            connection,
            owner=owner,
            tax_code=row.tax_code,
            symbol=f"{year % 100:02d}{row.symbol[2:]}",
            form=row.form,
            now=now,
            mint=mint,
        )
        for row in connection.execute(whole.order_by(series.c.id)).all()
    ]
