"""Send tables to the tax authority: the same bytes and MTDiep however often, so that a repeat is known as one.

When it does not answer, an outage is noted for the notice that Nghị định 254/2026/NĐ-CP, Điều 27 k3 asks for; the data
are due within three working days after it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx2
import sqlalchemy as sa
import structlog

from gateway.access import own
from gateway.kernel import outbox
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Claimed
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.taxing import answer, store
from gateway.taxing.make import SEND
from gateway.taxing.model import AnswerUnreadable, TableState
from gateway.taxing.store import tax_outage, tax_table
from reconciliation.workdays import next_working_day

BATCH = 5
LEASE = timedelta(seconds=120)
TIMEOUT = httpx2.Timeout(20, connect=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
WORKING_DAYS = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without an answer, and until when the data have to be there."""

    began_at: datetime
    ended_at: datetime | None
    due: date | None  # None while it lasts


def send_waiting(environment: Environment) -> int:
    """Send what is due; how many were tried."""
    if not environment.settings.tax_url:
        return 0
    with environment.read() as connection:
        if not outbox.any_due(connection, [SEND], now=environment.clock()):
            return 0
    with environment.begin(actor="worker") as uow:
        claimed = outbox.claim(uow.connection, SEND, now=uow.now(), limit=BATCH, lease=LEASE)
    for job in claimed:
        _attempt(environment, job)
    return len(claimed)


def outages(connection: sa.Connection, agency_id: str) -> list[Outage]:
    """Newest first."""
    query = sa.select(tax_outage).where(own(tax_outage, agency_id)).order_by(tax_outage.c.began_at.desc())
    return [
        Outage(row.began_at, row.ended_at, due_after(row.ended_at) if row.ended_at else None)
        for row in connection.execute(query)
    ]


def due_after(ended_at: datetime) -> date:
    """The last day to send what an outage held up."""
    day = business_day(ended_at)
    for _ in range(WORKING_DAYS):
        day = next_working_day(day)
    return day


def _attempt(environment: Environment, job: Claimed) -> None:
    with environment.read(job.agency) as connection:
        row = store.by_id(connection, job.agency, str(job.payload["table"]))
    content, error = b"", ""
    if row.state in (TableState.MADE, TableState.SENT):
        try:
            content = _post(environment.settings.tax_url, row.body)
            answer.read(content)
        except (httpx2.HTTPError, OSError, AnswerUnreadable) as failure:
            error = type(failure).__name__
    with environment.begin(actor="worker", agency=job.agency) as uow:
        if error:
            _failed(uow, job, row.made_at, error)
        else:
            _succeeded(uow, job, content)


def _post(url: str, body: bytes) -> bytes:
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        reply = client.post(url, content=body, headers={"content-type": "application/xml; charset=utf-8"})
        return reply.raise_for_status().content


def _succeeded(uow: UnitOfWork, job: Claimed, content: bytes) -> None:
    if outbox.finish(uow.connection, [job], now=uow.now()) and content:
        mine = own(tax_table, job.agency) & (tax_table.c.id == str(job.payload["table"]))
        uow.connection.execute(sa.update(tax_table).where(mine).values(sent_at=uow.now()))
        answer.answered(uow, job.agency, content)
    over = own(tax_outage, job.agency) & tax_outage.c.ended_at.is_(None)
    uow.connection.execute(sa.update(tax_outage).where(over).values(ended_at=uow.now()))


def _failed(uow: UnitOfWork, job: Claimed, made_at: datetime, error: str) -> None:
    """It is never given up: the law wants the data."""
    wait = min(max(uow.now() - made_at, FIRST_WAIT), LONGEST_WAIT)
    outbox.put_off(uow.connection, job, until=uow.now() + wait, error=error, now=uow.now())
    fresh = {"id": uow.mint("out"), "agency_id": job.agency, "began_at": uow.now(), "error": error}
    if insert_if_new(uow.connection, tax_outage, fresh):
        log.error("tax.outage", agency=job.agency, error=error)
