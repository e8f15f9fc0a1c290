"""Dues that a card terminal is busy with: no QR is shown for them, no other payment begun, no second terminal asked.

A due is free again once the terminal's answer is known and booked. An unknown answer keeps it: nobody is charged twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from gateway.dues.store import DueRow
from gateway.kernel import bulk
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Conflict
from gateway.kernel.uow import UnitOfWork

due_busy = sa.Table(
    "due_busy",
    metadata,
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Index("ix_due_busy_payment", "payment_id"),
)


# Built once: asked at every payment that is begun.
_OF = sa.select(due_busy.c.due_id)
_BUSY_BY_ARRAY = _OF.where(due_busy.c.due_id == sa.any_(sa.bindparam("wanted", type_=sa.ARRAY(sa.Text))))
_BUSY = _OF.where(due_busy.c.due_id.in_(sa.bindparam("wanted", expanding=True)))


class DueBusy(Conflict):
    """A card terminal is busy with one of the dues, or its answer is not known yet."""

    code = "payment.terminal_busy"


def busy(connection: sa.Connection, due_ids: Iterable[str]) -> set[str]:
    """Which of these dues a terminal is busy with."""
    wanted = list(due_ids)
    if not wanted:
        return set()
    query = _BUSY_BY_ARRAY if connection.dialect.name == "postgresql" else _BUSY
    return set(connection.scalars(query, {"wanted": wanted}))


def refuse_busy(taken: Collection[str], dues: Iterable[DueRow]) -> None:
    """Raises DueBusy where one of these dues is taken."""
    for due in dues:
        if due.id in taken:
            raise DueBusy(
                "Máy POS đang thu khoản này hoặc chưa biết kết quả; chờ máy POS.",
                "A card terminal is busy with this due, or its result is not known yet.",
                field="due_ids",
                due_id=due.id,
            )


def occupy(uow: UnitOfWork, payment_id: str, dues: Sequence[DueRow]) -> None:
    """The terminal has these dues, which the caller has locked. Raises DueBusy."""
    refuse_busy(busy(uow.connection, [due.id for due in dues]), dues)
    rows = [
        {"due_id": due.id, "agency_id": due.agency_id, "payment_id": payment_id, "since": uow.now()} for due in dues
    ]
    bulk.insert(uow.connection, due_busy, rows)


def free(uow: UnitOfWork, payment_ids: Collection[str]) -> None:
    """The dues of these payments may be paid in any way again."""
    uow.connection.execute(sa.delete(due_busy).where(bulk.among(uow.connection, due_busy.c.payment_id, payment_ids)))
