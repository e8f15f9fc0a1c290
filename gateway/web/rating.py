"""One optional question after a receipt: how was it? One answer per receipt, a day and a number, nothing of the person.

The receipt is the key, so an answer can be changed but not multiplied; what is reported are counts per day.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.db import metadata
from gateway.kernel.errors import Invalid
from gateway.kernel.uow import UnitOfWork

__all__ = ["metadata"]

SCORES = (5, 4, 3, 2, 1)

rating = sa.Table(
    "rating",
    metadata,
    sa.Column("receipt_id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
    sa.Index("ix_rating_agency", "agency_id", "day"),
)


class RatingInvalid(Invalid):
    """Not one of the answers offered."""

    code = "rating.invalid"


def rate(uow: UnitOfWork, agency_id: str, receipt_id: str, answer: str) -> None:
    """Keep the answer, in place of an earlier one. RatingInvalid."""
    if answer not in {str(score) for score in SCORES}:
        raise RatingInvalid("Xin chọn một câu trả lời.", "Please choose an answer.", field="score")
    row = {"score": int(answer), "day": business_day(uow.now())}
    mine = own(rating, agency_id), rating.c.receipt_id == receipt_id
    if not uow.connection.execute(sa.update(rating).where(*mine).values(**row)).rowcount:
        uow.connection.execute(sa.insert(rating).values(agency_id=agency_id, receipt_id=receipt_id, **row))


def rated(connection: sa.Connection, agency_id: str, receipt_ids: list[str]) -> frozenset[str]:
    """Those of the receipts that have their answer."""
    query = sa.select(rating.c.receipt_id).where(own(rating, agency_id), rating.c.receipt_id.in_(receipt_ids))
    return frozenset(connection.scalars(query))


def counts(connection: sa.Connection, agency_id: str, since: date, until: date) -> dict[int, int]:
    """How many gave each score on the days from `since` to `until`."""
    query = (
        sa.select(rating.c.score, sa.func.count())
        .where(own(rating, agency_id), rating.c.day.between(since, until))
        .group_by(rating.c.score)
    )
    found = {row[0]: int(row[1]) for row in connection.execute(query)}
    return {score: found.get(score, 0) for score in SCORES}
