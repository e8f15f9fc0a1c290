"""Make the tables of a day: all that is untold, in one transaction with the note of what was told.

Two workers making the same table collide on its number, and one of them starts over. A message holds ROWS receipts at
most: it may not exceed 2 MB (QĐ 1271/QĐ-CT).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event, Job
from gateway.kernel.uow import UnitOfWork
from gateway.taxing import gather, write
from gateway.taxing.model import Status, Table, TableClosed, TableState
from gateway.taxing.store import by_id, tax_table, tax_told
from receipts.keys import Signer

RECEIPTS = 2_000  # in one table; about 450 bytes a row, a receipt has two kinds of money at most in nearly all cases
SEND = "tax.send"


def make(uow: UnitOfWork, agency_id: str, day: date, signer: Signer) -> list[str]:
    """The ids of the tables that were made: none when nothing is untold."""
    made: list[str] = []
    supplement = _next(uow.connection, agency_id, day, tax_table.c.supplement, -1)
    while found := gather.waiting(uow.connection, agency_id, day, RECEIPTS):
        made.append(_one(uow, agency_id, day, found, supplement, signer))
    return made


def withdraw(uow: UnitOfWork, agency_id: str, table_id: str) -> None:
    """Let go of a refused table: its receipts are told anew in the next one. TableMissing, TableClosed."""
    mine = own(tax_table, agency_id) & (tax_table.c.id == table_id) & (tax_table.c.state == TableState.REFUSED.value)
    by_id(uow.connection, agency_id, table_id)
    if not uow.connection.execute(sa.update(tax_table).where(mine).values(state=TableState.WITHDRAWN.value)).rowcount:
        raise TableClosed("Chỉ bảng bị từ chối mới được làm lại.", "Only a refused table is made anew.")
    uow.emit([Event(agency_id, "tax.withdrawn", table_id, {})])


def _one(
    uow: UnitOfWork, agency_id: str, day: date, found: list[gather.Waiting], supplement: int, signer: Signer
) -> str:
    agency = agencies.require(uow.connection, agency_id)
    rows = tuple(gather.rows(uow.connection, found, uow.vault))
    number = _next(uow.connection, agency_id, day, tax_table.c.number, 0)
    table = Table(agency_id, agency.name, agency.tax_code, day, number, supplement, business_day(uow.now()), rows)
    sender = uow.settings.tax_sender or f"K{agency.tax_code.replace('-', '')}"
    mtdiep = write.message_id(sender, uow.ids.below(1 << 128))
    body = write.message(
        table,
        signer=signer,
        signed_at=uow.now(),
        sender=sender,
        mtdiep=mtdiep,
        message_type=uow.settings.tax_message_type,
    )
    table_id = _keep(uow, table, mtdiep, body)
    told = [
        {"table_id": table_id, "receipt_id": row.id, "status": status.value, "agency_id": agency_id}
        for row, status in found
    ]
    uow.connection.execute(sa.insert(tax_told), told)
    if uow.settings.tax_url:
        uow.enqueue([Job(agency_id, SEND, {"table": table_id}, key=f"{SEND}:{table_id}")])
    facts: dict[str, Any] = {"day": day.isoformat(), "number": number, "supplement": supplement, "rows": len(rows)}
    uow.emit([Event(agency_id, "tax.made", table_id, facts)])
    return table_id


def _keep(uow: UnitOfWork, table: Table, mtdiep: str, body: bytes) -> str:
    table_id = uow.mint("tax")
    row = {
        "id": table_id,
        "agency_id": table.agency,
        "tax_code": table.tax_code,
        "day": table.day,
        "number": table.number,
        "supplement": table.supplement,
        "message_id": mtdiep,
        "rows": len(table.rows),
        "amount": sum(row.amount for row in table.rows if row.status is not Status.REPLACED),
        "body": body,
        "state": TableState.MADE.value,
        "made_at": uow.now(),
    }
    uow.connection.execute(sa.insert(tax_table).values(**row))
    return table_id


def _next(connection: sa.Connection, agency_id: str, day: date, column: sa.ColumnElement[Any], before: int) -> int:
    mine = own(tax_table, agency_id) & (tax_table.c.day == day)
    last = connection.scalar(sa.select(sa.func.max(column)).where(mine))
    return int(before if last is None else last) + 1
