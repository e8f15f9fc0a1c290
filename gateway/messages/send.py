"""Hand messages to their carriers: outside any transaction, again after a failure, given up after a day.

A crash between the carrier's word and our note repeats the message once; its id stays the same.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import structlog

from gateway.kernel import outbox
from gateway.kernel.outbox import Claimed
from gateway.kernel.uow import Environment
from gateway.messages import hours, mail, sms, store
from gateway.messages.model import AddressUnusable, CarrierSilent, Medium, Message, MessageState
from gateway.messages.write import SEND

BATCH = 10
LEASE = timedelta(minutes=10)  # more than BATCH time-outs in a row
FIRST_WAIT, LONGEST_WAIT, GIVE_UP = timedelta(seconds=30), timedelta(hours=2), timedelta(hours=24)

log = structlog.get_logger(__name__)


def send_waiting(environment: Environment) -> int:
    """Send what is due; how many were tried."""
    with environment.read() as connection:
        if not outbox.any_due(connection, [SEND], now=environment.clock()):
            return 0
    with environment.begin(actor="worker") as uow:
        claimed = outbox.claim(uow.connection, SEND, now=uow.now(), limit=BATCH, lease=LEASE)
    for job in claimed:
        _attempt(environment, job)
    return len(claimed)


def _attempt(environment: Environment, job: Claimed) -> None:
    with environment.read(job.agency) as connection:
        query = sa.select(store.message).where(store.message.c.id == job.payload["message"])
        row = connection.execute(query).one()
    if row.state != MessageState.WAITING:
        _end(environment, job, None)
        return
    said = store.said(row, environment.vault)
    assert said is not None, "a message that waits has its words"
    message = Message(row.id, Medium(row.medium), **said)
    try:
        _carry(environment, message)
    except AddressUnusable:
        _end(environment, job, MessageState.REFUSED)
    except CarrierSilent as error:
        log.warning("message.not_taken", message=row.id, error=error.en)
        if environment.clock() - row.created_at > GIVE_UP:
            _end(environment, job, MessageState.FAILED)
        else:
            _put_off(environment, job, environment.clock() - row.created_at, error.code, message.medium)
    else:
        _end(environment, job, MessageState.SENT)


def _carry(environment: Environment, message: Message) -> None:
    settings = environment.settings
    if message.medium is Medium.EMAIL:
        mail.send(settings.mail_url.get_secret_value(), settings.mail_from, message, environment.clock())
    else:
        sms.send(settings.sms_url.get_secret_value(), message)


def _end(environment: Environment, job: Claimed, state: MessageState | None) -> None:
    with environment.begin(actor="worker", agency=job.agency) as uow:
        if outbox.finish(uow.connection, [job], now=uow.now()) and state is not None:
            mine = store.message.c.id == str(job.payload["message"])
            values = {"state": state.value, "ended_at": uow.now(), "sealed": None}
            uow.connection.execute(sa.update(store.message).where(mine).values(**values))


def _put_off(environment: Environment, job: Claimed, age: timedelta, error: str, medium: Medium) -> None:
    with environment.begin(actor="worker", agency=job.agency) as uow:
        until = uow.now() + min(max(age, FIRST_WAIT), LONGEST_WAIT)
        later = hours.awake(until) if medium is Medium.SMS else until
        outbox.put_off(uow.connection, job, until=later, error=error, now=uow.now())
