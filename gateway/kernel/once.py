"""One effect per Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header-07): the answer commits with the act.

The key is claimed by INSERT .. ON CONFLICT DO NOTHING inside the business transaction, so a second request waits for the
first: it then replays the stored answer, or acts itself where the first was undone. Failures leave nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway.kernel import bulk
from gateway.kernel.canonical import fingerprint
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Conflict, Invalid, ThuPhiError
from gateway.kernel.uow import UnitOfWork
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
    postgresql_with={"fillfactor": 15},  # an answer is some 900 bytes longer than its claim, and stays on its page
)

PATTERN = "[!-~]{1,255}"  # visible ASCII

_KEY = re.compile(PATTERN)
_NAME = ("agency_id", "key")
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

    @property
    def name(self) -> Name:
        """What an ask is known by; equal names with other fingerprints are a misuse."""
        return self.agency, self.key


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a body of JSON text."""

    status: int
    body: str = field(repr=False)
    replayed: bool = False


Name = tuple[str, str]  # agency, key
Outcome = Answer | ThuPhiError


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
    outcome = once_many(uow, [asked], lambda _: [act()])[0]
    if isinstance(outcome, ThuPhiError):
        raise outcome
    return outcome


def once_many(uow: UnitOfWork, asks: Sequence[Ask], act: Callable[[Sequence[int]], Sequence[Outcome]]) -> list[Outcome]:
    """The same for a batch, told item by item, in a few statements.

    `act` is given the positions whose keys are new and answers for each; a refusal frees its key again. A key that
    comes twice in the batch is done once and replayed, as if the second had come a moment later. Raises InFlight when
    another unit of work holds one of the keys too long.
    """
    outcomes: dict[int, Outcome] = {}
    waiting = list(range(len(asks)))
    while waiting:
        first: dict[Name, int] = {}
        for n in waiting:
            first.setdefault(asks[n].name, n)
        outcomes |= _one_each(uow, asks, list(first.values()), act)
        for n in waiting:
            one = first[asks[n].name]
            if (told := outcomes.get(n) or _repeated(asks[n], asks[one], outcomes[one])) is not None:
                outcomes[n] = told
        waiting = [n for n in waiting if n not in outcomes]
    return [outcomes[n] for n in range(len(asks))]


def _one_each(
    uow: UnitOfWork, asks: Sequence[Ask], chosen: Sequence[int], act: Callable[[Sequence[int]], Sequence[Outcome]]
) -> dict[int, Outcome]:
    """Outcomes of asks that all have different names."""
    claimed = _claim(uow, [asks[n] for n in chosen])
    ours = [n for n in chosen if asks[n].name in claimed]
    done: dict[int, Outcome] = dict(zip(ours, act(ours), strict=True)) if ours else {}
    _settle(uow, [(asks[n], outcome) for n, outcome in done.items()])
    kept = _kept(uow, [asks[n].name for n in chosen if n not in done])
    return done | {n: _replay(asks[n], *kept[asks[n].name]) for n in chosen if n not in done}


def forget(uow: UnitOfWork, *, limit: int = 1000) -> int:
    """Drop up to `limit` keys older than KEEP; how many those were."""
    name = sa.tuple_(idempotency.c.agency_id, idempotency.c.key)
    old = sa.select(idempotency.c.agency_id, idempotency.c.key).where(idempotency.c.created_at < uow.now() - KEEP)
    chosen = old.order_by(idempotency.c.created_at).limit(limit)
    return uow.connection.execute(sa.delete(idempotency).where(name.in_(chosen))).rowcount


def _claim(uow: UnitOfWork, asks: Sequence[Ask]) -> set[Name]:
    """Which names are ours; waits for whoever holds one, as long as the database lets us."""
    rows = [
        {"agency_id": asked.agency, "key": asked.key, "fingerprint": asked.fingerprint, "created_at": uow.now()}
        for asked in sorted(asks, key=lambda one: one.name)
    ]
    try:
        return {(agency, key) for agency, key in bulk.insert_new(uow.connection, idempotency, rows, _NAME)}
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
    raise InFlight(
        "Yêu cầu trước với cùng Idempotency-Key còn đang xử lý.",
        "An earlier request with this Idempotency-Key is still being worked on.",
        field=HEADER,
    )


def _settle(uow: UnitOfWork, done: Iterable[tuple[Ask, Outcome]]) -> None:
    """Keep the answers; let the keys of refusals go."""
    refused, rows = [], []
    for asked, outcome in done:
        if isinstance(outcome, Answer):
            row = {"agency_id": asked.agency, "key": asked.key, "status": outcome.status, "body": outcome.body}
            rows.append(row)
        else:
            refused.append(asked.name)
    bulk.update(uow.connection, idempotency, _NAME, rows)
    if refused:
        uow.connection.execute(sa.delete(idempotency).where(_named(refused)))


def _kept(uow: UnitOfWork, names: Sequence[Name]) -> dict[Name, tuple[str, Answer]]:
    """Fingerprint and answer of requests that were done before."""
    if not names:
        return {}
    rows = uow.connection.execute(sa.select(idempotency).where(_named(names)))
    return {(row.agency_id, row.key): (row.fingerprint, Answer(row.status, row.body)) for row in rows}


def _replay(asked: Ask, known: str, given: Answer) -> Outcome:
    if known == asked.fingerprint:
        return replace(given, replayed=True)
    return KeyReused(
        "Idempotency-Key đã dùng cho một yêu cầu khác.",
        "The Idempotency-Key was used for another request.",
        field=HEADER,
    )


def _repeated(asked: Ask, first: Ask, outcome: Outcome) -> Outcome | None:
    """What a later ask with the name of `first` hears; None where it has to try for itself, the key being free again."""
    if isinstance(outcome, Answer):
        return _replay(asked, first.fingerprint, outcome)
    return outcome if asked.fingerprint == first.fingerprint else None


def _named(names: Sequence[Name]) -> sa.ColumnElement[bool]:
    return sa.tuple_(idempotency.c.agency_id, idempotency.c.key).in_(names)
