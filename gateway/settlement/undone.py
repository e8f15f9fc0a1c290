"""A sale that was undone after its receipt: voided at the terminal, charged back by the card's bank, reversed by a bank.

The law knows no cancel (Thông tư 91/2026/TT-BTC, Điều 20), so nothing happens to the receipt by itself: a person looks
why, has the payer pay again, pays back, replaces the receipt, or finds that the message was wrong.
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.errors import Conflict, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.payments.store import payment
from receipts import store
from receipts.life_tables import task

Kind = Literal["voided", "charged_back", "reversed"]
OUTCOMES = ("paid_again", "refunded", "replaced", "error")


class TaskMissing(Missing):
    """The agency has no such task."""

    code = "receipt.task_missing"


class TaskClosed(Conflict):
    """Somebody was faster."""

    code = "receipt.task_closed"


class OutcomeUnknown(Invalid):
    """A task ends in one of a few ways."""

    code = "receipt.task_outcome"


def undone(uow: UnitOfWork, agency_id: str, payment_id: str, kind: Kind, ref: str) -> list[str]:
    """A task for each live receipt of the payment; `ref` is the provider's id of the undoing, told twice is told once."""
    live = [row for row in store.of_payments(uow.connection, [payment_id]) if row.replaced_by is None]
    made: list[str] = []
    for row in live:
        if row.owner != agency_id:
            continue
        values = {
            "id": uow.mint("rtk"),
            "owner": agency_id,
            "receipt_id": row.id,
            "kind": kind,
            "ref": ref,
            "opened_at": uow.now(),
        }
        if insert_if_new(uow.connection, task, values):
            made.append(str(values["id"]))
            body = {"task_id": values["id"], "kind": kind, "payment_id": payment_id}
            uow.emit([Event(agency_id, "receipt.sale_undone", row.id, body)])
    return made


def of_reference(uow: UnitOfWork, agency_id: str, reference: str, ref: str, kind: Kind = "reversed") -> list[str]:
    """The same for a provider's word that money of this payment reference went back."""
    query = sa.select(payment.c.id).where(own(payment, agency_id), payment.c.reference == reference)
    found = uow.connection.execute(query).scalar_one_or_none()
    return [] if found is None else undone(uow, agency_id, found, kind, ref)


def open_tasks(connection: sa.Connection, agency_id: str) -> list[sa.Row[tuple[object, ...]]]:
    """What waits for a person, oldest first, with the receipt it is about."""
    named = (store.receipt.c.symbol, store.receipt.c.number, store.receipt.c.amount, store.receipt.c.payment)
    query = sa.select(task, *named).join_from(task, store.receipt).where(task.c.owner == agency_id)
    return list(connection.execute(query.where(task.c.closed_at.is_(None)).order_by(task.c.id)))


def close(uow: UnitOfWork, agency_id: str, task_id: str, outcome: str) -> None:
    """`uow.actor` says how it ended. Raises OutcomeUnknown, TaskMissing, TaskClosed."""
    if outcome not in OUTCOMES:
        raise OutcomeUnknown(f"Kết quả là: {', '.join(OUTCOMES)}.", f"One of: {', '.join(OUTCOMES)}.", field="outcome")
    mine = sa.and_(task.c.owner == agency_id, task.c.id == task_id)
    values = {"closed_at": uow.now(), "closed_by": uow.actor, "outcome": outcome}
    if not uow.connection.execute(sa.update(task).where(mine, task.c.closed_at.is_(None)).values(**values)).rowcount:
        if uow.connection.execute(sa.select(task.c.id).where(mine)).first() is None:
            raise TaskMissing("Không có việc này.", "There is no such task.", field="task")
        raise TaskClosed("Việc đã xong.", "The task was closed before.", field="task")
    uow.emit([Event(agency_id, "receipt.task_closed", task_id, {"outcome": outcome})])
