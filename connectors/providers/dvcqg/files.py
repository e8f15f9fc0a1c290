"""The portal's two files: results, payment by payment, and the settlement, in which their money comes in one sum.

A settlement's rows have the same fields; what it calls batch, day, commission and sum is not public, so each such
column is a setting (`column_batch`, `column_booked_on`, `column_commission`, `column_stated`). A file without a batch
column, or whose setting is absent, is a result file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from connectors import rows, written
from connectors.contract import Desk, Outcome
from connectors.exact_json import Unreadable
from connectors.listing import Listing, Lump, Share, once, problem
from connectors.providers.dvcqg.fields import Paid, paid
from connectors.rows import Row
from connectors.stamp import business_day
from connectors.statement import Problem

Rows = list[tuple[str, Row]]
Value = TypeVar("Value")
Given = TypeVar("Given")
Read = TypeVar("Read")


def lines(data: bytes, desk: Desk) -> Listing:
    """Notices of a result file, lumps of a settlement file, and what could not be read. Raises nothing for bad input."""
    try:
        found = rows.read(data)
    except Unreadable as flaw:
        return Listing((), (), (problem(flaw.code, flaw.field),))
    batch = desk.settings.get("column_batch", "")
    if batch and any(batch in row for _, row in found):
        return _settlement(found, desk)
    return _results(found, desk)


def _results(found: Rows, desk: Desk) -> Listing:
    told, problems = _each(found, lambda row: paid(row, desk))
    notices, repeated = once((where, one.notice()) for where, one in told)
    return Listing(notices, (), (*problems, *repeated))


def _settlement(found: Rows, desk: Desk) -> Listing:
    told, problems = _each(found, lambda row: _Settled(row, desk))
    notices, repeated = once((where, one.paid.notice()) for where, one in told)
    counted = {notice.event_id for notice in notices}
    batches: dict[str, dict[str, _Settled]] = {}
    for _, one in told:
        if one.paid.payment_id in counted:
            batches.setdefault(one.batch, {}).setdefault(one.paid.payment_id, one)
    lumps, unclear = _each(list(batches.items()), lambda members: _lump(list(members.values())))
    differing = (problem("lump.differs", lump.batch_id) for _, lump in lumps if lump.difference)
    return Listing((), tuple(lump for _, lump in lumps), (*problems, *repeated, *unclear, *differing))


def _each(
    found: Iterable[tuple[str, Given]], reading: Callable[[Given], Read]
) -> tuple[list[tuple[str, Read]], list[Problem]]:
    """Each that can be read, and a problem for each that cannot."""
    told, problems = [], []
    for where, given in found:
        try:
            told.append((where, reading(given)))
        except Unreadable as flaw:
            problems.append(problem(flaw.code, f"{where} {flaw.field}".strip()))
    return told, problems


class _Settled:
    """A settlement row: the payment, and which credit brings it."""

    def __init__(self, row: Row, desk: Desk) -> None:
        self.paid: Paid = paid(row, desk)
        if self.paid.outcome is not Outcome.PAID:
            raise Unreadable("field.unreadable", "MaLoi")
        self.batch = written.identity(_told(row, "column_batch", desk), "column_batch")
        commission = _told(row, "column_commission", desk)
        self.commission = 0 if commission in ("", "0") else written.amount(commission, "column_commission")
        stated = _told(row, "column_stated", desk)
        self.stated = written.amount(stated, "column_stated") if stated else None
        day = _told(row, "column_booked_on", desk)
        self.booked_on = written.day(day, "column_booked_on") if day else None
        if self.commission > self.paid.amount:
            raise Unreadable("amount.unreadable", "column_commission")

    def share(self) -> Share:
        """Its part of the credit."""
        paid = self.paid
        return Share(paid.payment_id, paid.reference, paid.amount, business_day(paid.moment), self.commission)


def _lump(found: list[_Settled]) -> Lump:
    """Raises Unreadable where rows of one batch disagree about the credit."""
    return Lump(
        found[0].batch,
        _agreed(row.paid.fields["TKThuHuong"] for row in found),
        _agreed(row.booked_on for row in found),
        _agreed(row.stated for row in found),
        tuple(row.share() for row in found),
    )


def _agreed(values: Iterable[Value]) -> Value:
    """The one value of all rows."""
    first, *others = dict.fromkeys(values)
    if others:
        raise Unreadable("lump.unclear")
    return first


def _told(row: Row, setting: str, desk: Desk) -> str:
    name = desk.settings.get(setting, "")
    return rows.text(row, name) if name else ""
