"""Try a message once more because an operator asks: at once in the daytime, as often as the carrier may need.

One that waits is tried now. Of one that was given up or refused the words are gone, so they are written anew from what
it told of, to the address that the dossier has now. One that went out is not sent twice.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from gateway.kernel import outbox
from gateway.kernel.outbox import Job
from gateway.kernel.uow import UnitOfWork
from gateway.messages import hours, store, write
from gateway.messages.model import Medium, MessageForgotten, MessageSent, MessageState


def retry(uow: UnitOfWork, agency_id: str, message_id: str) -> datetime:
    """When it is tried next, UTC. MessageMissing, MessageSent, MessageForgotten."""
    row = store.by_id(uow.connection, agency_id, message_id, lock=True)
    if row.state == MessageState.SENT:
        raise MessageSent("Tin đã gửi đi rồi.", "The message has been sent already.")
    medium = Medium(row.medium)
    run_at = hours.awake(uow.now()) if medium is Medium.SMS else uow.now()
    if row.state != MessageState.WAITING:
        _write_anew(uow, row, medium)
    _enqueue(uow, agency_id, message_id, run_at)
    uow.emit([outbox.Event(agency_id, "message.retried", message_id, {"medium": medium.value})])
    return run_at


def _write_anew(uow: UnitOfWork, row: sa.Row[tuple[str, str]], medium: Medium) -> None:
    words = write.again(uow, row.event_id, medium)
    if words is None:
        raise MessageForgotten(
            "Nội dung tin đã xóa và không viết lại được; hãy báo người nộp bằng cách khác.",
            "The words are gone and cannot be written again; tell the payer in another way.",
        )
    values = {
        "state": MessageState.WAITING.value,
        "sealed": store.seal(row.id, words, uow.vault),
        "created_at": uow.now(),  # the day after which it is given up begins anew
        "ended_at": None,
    }
    uow.connection.execute(sa.update(store.message).where(store.message.c.id == row.id).values(**values))


def _enqueue(uow: UnitOfWork, agency_id: str, message_id: str, run_at: datetime) -> None:
    """The same job runs again, unless a worker has it in hand."""
    known = store.job_of(message_id)
    values = {"run_at": run_at, "done_at": None, "dead_at": None, "lease_until": None}
    again = sa.update(outbox.job).where(known, outbox.free(uow.now())).values(**values)
    uow.connection.execute(again)
    key = f"{store.SEND}:{message_id}"
    uow.enqueue([Job(agency_id, store.SEND, {"message": message_id}, key=key, run_at=run_at)])
