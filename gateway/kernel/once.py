"""One effect per Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header-07): the answer commits with the act.

The key is claimed by INSERT .. ON CONFLICT DO NOTHING inside the business transaction, so a second request waits for the
first: it then replays the stored answer, or acts itself where the first was undone. Failures leave nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway.kernel.canonical import fingerprint
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Conflict, Invalid
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.kernel.vault import Vault

HEADER = "Idempotency-Key"
KEEP = timedelta(days=30)  # how long a repeat is recognised

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("agency_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),  # NULL only inside the transaction that holds the claim
    sa.Column("body", sa.Text),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.CheckConstraint("status BETWEEN 200 AND 299", name="status"),
    sa.Index("ix_idempotency_created_at", "created_at"),
)

PATTERN = "[!-~]{1,255}"  # visible ASCII

_KEY = re.compile(PATTERN)
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL: lock_timeout ran out


class KeyMissing(Invalid):
    """The request has no Idempotency-Key."""

    code = "idempotency.key_missing"


class KeyMalformed(Invalid):
    """The key is empty, too long, or has characters that cannot be seen."""

    code = "idempotency.key_malformed"


class KeyReused(Invalid):
    """The key belongs to another request."""

    code = "idempotency.key_reused"


class InFlight(Conflict):
    """The first request with this key is still being worked on."""

    code = "idempotency.in_flight"


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, under which key, for what."""

    agency: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a body of JSON text."""

    status: int
    body: str = field(repr=False)
    replayed: bool = False


def ask(vault: Vault, agency: str, key: str | None, method: str, path: str, body: Any) -> Ask:
    """A request with its fingerprint: a keyed digest, because `body` (JSON values) may name a person.

    Raises KeyMissing or KeyMalformed.
    """
    if key is None:
        raise missing()
    if not _KEY.fullmatch(key):
        raise malformed()
    return Ask(agency, key, vault.blind("idempotency", fingerprint([method, path, body])))


def missing() -> KeyMissing:
    """The refusal of a request without a key."""
    return KeyMissing("Thiếu tiêu đề Idempotency-Key.", "The header Idempotency-Key is required.", field=HEADER)


def malformed() -> KeyMalformed:
    """The refusal of a key that is none."""
    return KeyMalformed(
        "Idempotency-Key gồm 1 đến 255 ký tự ASCII nhìn thấy được.",
        "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        field=HEADER,
    )


def once(uow: UnitOfWork, asked: Ask, act: Callable[[], Answer]) -> Answer:
    """The answer of `act`, or the one it gave before under this key. Raises KeyReused, InFlight, or what `act` raises."""
    if not _claim(uow, asked):
        return _replay(uow, asked)
    answer = act()
    given = sa.update(idempotency).where(_mine(asked)).values(status=answer.status, body=answer.body)
    uow.connection.execute(given)
    return answer


def forget(uow: UnitOfWork, *, limit: int = 1000) -> int:
    """Drop up to `limit` keys older than KEEP; how many those were."""
    name = sa.tuple_(idempotency.c.agency_id, idempotency.c.key)
    old = sa.select(idempotency.c.agency_id, idempotency.c.key).where(idempotency.c.created_at < uow.now() - KEEP)
    chosen = old.order_by(idempotency.c.created_at).limit(limit)
    return uow.connection.execute(sa.delete(idempotency).where(name.in_(chosen))).rowcount


def _claim(uow: UnitOfWork, asked: Ask) -> bool:
    """Whether the key is ours; waits for whoever holds it, as long as the database lets us."""
    row = {
        "agency_id": asked.agency,
        "key": asked.key,
        "fingerprint": asked.fingerprint,
        "created_at": uow.now(),
    }
    try:
        return insert_if_new(uow.connection, idempotency, row)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
    raise InFlight(
        "Yêu cầu trước với cùng Idempotency-Key còn đang xử lý.",
        "An earlier request with this Idempotency-Key is still being worked on.",
        field=HEADER,
    )


def _replay(uow: UnitOfWork, asked: Ask) -> Answer:
    row = uow.connection.execute(sa.select(idempotency).where(_mine(asked))).one()
    if row.fingerprint != asked.fingerprint:
        raise KeyReused(
            "Idempotency-Key đã dùng cho một yêu cầu khác.",
            "The Idempotency-Key was used for another request.",
            field=HEADER,
        )
    return Answer(row.status, row.body, replayed=True)


def _mine(asked: Ask) -> sa.ColumnElement[bool]:
    return (idempotency.c.agency_id == asked.agency) & (idempotency.c.key == asked.key)
