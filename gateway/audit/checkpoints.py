"""Sign the head of the tree: within a minute of growth and at the turn of each business day (C2SP tlog-checkpoint).

A checkpoint that left the house, to an auditor or on a receipt, cannot be taken back: no later tree may contradict it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.audit import tree, verifier
from gateway.audit.keys import LogKey
from gateway.audit.store import checkpoint
from gateway.kernel.clock import business_day, rfc3339
from gateway.kernel.errors import Missing
from gateway.kernel.uow import Environment, insert_if_new

EVERY = timedelta(minutes=1)


class NoCheckpoint(Missing):
    """Nothing is signed yet, or not this far."""

    code = "audit.not_signed_yet"


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head of the tree; `note` is what is published."""

    size: int
    root: bytes
    at: datetime
    note: str


def newest(connection: sa.Connection) -> Head | None:
    """The checkpoint over most leaves."""
    row = connection.execute(sa.select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else Head(row.size, bytes(row.root), row.at, row.note)


def require(connection: sa.Connection) -> Head:
    """The newest checkpoint, or NoCheckpoint."""
    if (found := newest(connection)) is None:
        raise NoCheckpoint("Chưa có điểm kiểm tra nào được ký.", "No checkpoint has been signed yet.")
    return found


def sign(environment: Environment, key: LogKey, *, now_at_once: bool = False) -> Head | None:
    """Sign the tree as it stands, if it grew and its time has come (or `now_at_once`); None when it has not."""
    now = environment.clock()
    with environment.read() as connection:
        last, size = newest(connection), tree.size_of(connection)
        if size <= (last.size if last else 0) or not (now_at_once or _time_has_come(last, now)):
            return None
        root = tree.Tree(connection, size).root()
    origin = verifier.read_checkpoint(last.note).origin if last else key.public.name
    head = Head(size, root, now, key.note(verifier.checkpoint_text(origin, size, root, rfc3339(now))))
    row = {"size": size, "root": root, "at": now, "note": head.note}
    with environment.begin(actor="worker") as uow:
        return head if insert_if_new(uow.connection, checkpoint, row) else None


def _time_has_come(last: Head | None, now: datetime) -> bool:
    return last is None or now - last.at >= EVERY or business_day(now) != business_day(last.at)
