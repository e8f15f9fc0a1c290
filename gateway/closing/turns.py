"""One import of an agency at a time, and everything an import touches locked in the one order that all writers keep.

Imports judge lines by what is stored and continue chains of balances: two at once would each decide on old rows. The
agency's own row is their turnstile (FOR NO KEY UPDATE, which hinders nobody else). Then payments and dues are locked by
id, all of the file at once, because batches locked one after the other could meet the worker's in a ring; where that
happens all the same, PostgreSQL undoes one side (40P01, 40001) and it is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from gateway.access import own
from gateway.agencies import agency
from gateway.dues.store import due
from gateway.kernel.errors import Conflict
from gateway.kernel.uow import UnitOfWork
from gateway.payments.store import payment, payment_due
from gateway.settlement.store import notice
from reconciliation.store import line_ref, statement_line

TRIES = 5
UNDONE = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
NOT_AVAILABLE = "55P03"  # lock_timeout ran out

Result = TypeVar("Result")


class ImportBusy(Conflict):
    """Another file of the agency is still being taken; the same call may be made again."""

    code = "statement.busy"


def take_turn(uow: UnitOfWork, agency_id: str) -> None:
    """Wait until no other import of the agency is under way. Raises ImportBusy."""
    query = sa.select(agency.c.id).where(agency.c.id == agency_id).with_for_update(key_share=True)
    try:
        uow.connection.execute(query).one_or_none()
    except sa.exc.DBAPIError as error:
        if _state(error) != NOT_AVAILABLE:
            raise
        raise ImportBusy(
            "Một tệp khác của cơ quan đang được nạp; hãy gửi lại sau.",
            "Another file of the agency is being taken; send this one again later.",
            field="file",
        ) from None


def again(act: Callable[[], Result]) -> Result:
    """Do what is a whole transaction, and once more where the database had to undo it for another's sake."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except sa.exc.DBAPIError as error:
            if _state(error) not in UNDONE:
                raise
    return act()


def lock_touched(uow: UnitOfWork, agency_id: str, statement_ids: Sequence[str]) -> None:
    """Lock the payments and dues that the lines of these statements speak of, each kind by id. A no-op on SQLite."""
    if uow.connection.dialect.name != "postgresql" or not statement_ids:
        return
    lines = sa.select(statement_line.c.id).where(
        statement_line.c.owner == agency_id, statement_line.c.statement_id.in_(statement_ids)
    )
    named = sa.select(line_ref.c.ref).where(line_ref.c.line_id.in_(lines), line_ref.c.how.in_((1, 2)))
    numbers = sa.select(statement_line.c.bank_ref).where(
        statement_line.c.id.in_(lines), statement_line.c.bank_ref != ""
    )
    proven = sa.select(notice.c.payment_id).where(own(notice, agency_id), notice.c.bank_reference.in_(numbers))
    touched = own(payment, agency_id) & (payment.c.reference.in_(named) | payment.c.id.in_(proven))
    _lock(uow, sa.select(payment.c.id).where(touched).order_by(payment.c.id).with_for_update())
    payments = sa.select(payment.c.id).where(touched)
    dues = sa.select(payment_due.c.due_id).where(payment_due.c.payment_id.in_(payments))
    _lock(uow, sa.select(due.c.id).where(own(due, agency_id), due.c.id.in_(dues)).order_by(due.c.id).with_for_update())


def _lock(uow: UnitOfWork, rows: sa.Select[tuple[str]]) -> None:
    """Lock without bringing a row here."""
    uow.connection.execute(sa.select(sa.func.count()).select_from(rows.subquery()))


def _state(error: sa.exc.DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
