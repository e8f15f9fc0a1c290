"""Time stamps as a later job: signed receipts go to the authority one by one, and a receipt never waits for its stamp.

Only the imprint of a signature leaves the house (RFC 3161). An authority that is down is asked again, later and later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
import structlog

from gateway.delivery.documents import STAMP_JOB, stamp_job
from gateway.kernel import outbox
from gateway.kernel.errors import Unavailable
from gateway.kernel.outbox import Claimed, Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from receipts import store, timestamp
from receipts.model import ReceiptError
from receipts.timestamp import Stamp, StampRefused

if TYPE_CHECKING:
    from cryptography import x509

BATCH = 20
LEASE = timedelta(minutes=2)
PATIENCE = 10.0  # seconds for one answer
BACKOFF = (1, 5, 15, 60, 240)  # minutes; the last again and again for MOST
MOST = 40  # tries, about a week
NONCE_BITS = 63
LARGEST = 100_000  # bytes of an answer

log = structlog.get_logger(__name__)


class Authority(Protocol):
    """Answers a TimeStampReq with a TimeStampResp. Raises StampUnavailable."""

    def ask(self, request: bytes) -> bytes: ...


class StampUnavailable(Unavailable):
    """The time stamping authority does not answer."""

    code = "stamp.unavailable"


class HttpAuthority:
    """An authority over HTTP (RFC 3161, 3.4)."""

    def __init__(self, url: str) -> None:
        import httpx2

        self._url = url
        self._client = httpx2.Client(timeout=PATIENCE, follow_redirects=False)

    def ask(self, request: bytes) -> bytes:
        """Raises StampUnavailable."""
        import httpx2

        headers = {"Content-Type": "application/timestamp-query"}
        try:
            answer = self._client.post(self._url, content=request, headers=headers)
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            raise StampUnavailable("Máy chủ dấu thời gian không trả lời.", type(error).__name__) from error
        return bytes(answer.content[:LARGEST])


def trusted(environment: Environment) -> list[x509.Certificate]:
    """Whom the authority's certificate has to come from. Raises StampUnavailable without any."""
    from cryptography import x509

    file = environment.settings.tsa_ca or environment.settings.keys / "tsa.pem"
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise StampUnavailable(
            "Không đọc được chứng thư tin cậy.", f"cannot read {file.name}", field="tsa_ca"
        ) from error


def stamp_waiting(environment: Environment, authority: Authority, *, limit: int = BATCH) -> int:
    """Have up to `limit` receipts stamped; how many were."""
    if not _any_due(environment):
        return 0  # without a write, which would wake every sleeper for nothing
    trust = trusted(environment)
    with environment.begin(actor="worker") as uow:
        jobs = outbox.claim(uow.connection, STAMP_JOB, now=uow.now(), limit=limit, lease=LEASE)
    done = 0
    for place, job in enumerate(jobs):
        try:
            stamp = _stamp(environment, authority, trust, job)
        except StampUnavailable as error:  # the machine, not the receipt: the others need not ask
            _put_off(environment, jobs[place:], error.code)
            return done
        except ReceiptError as error:
            _put_off(environment, [job], error.code)
        else:
            done += _keep(environment, job, stamp)
    return done


def _any_due(environment: Environment) -> bool:
    now, job = environment.clock(), outbox.job
    due = sa.select(job.c.id).where(job.c.kind == STAMP_JOB, outbox.unfinished(), outbox.free(now), job.c.run_at <= now)
    with environment.read() as connection:
        return connection.execute(due.limit(1)).first() is not None


def enqueue_missing(uow: UnitOfWork, agency_id: str, first: datetime, last: datetime) -> int:
    """Jobs for the agency's receipts signed within first..last (UTC) that have no stamp; how many."""
    query = (
        sa.select(store.receipt.c.id)
        .outerjoin(store.stamp, store.stamp.c.receipt_id == store.receipt.c.id)
        .where(store.receipt.c.owner == agency_id, store.receipt.c.signed_at.between(first, last))
        .where(store.stamp.c.receipt_id.is_(None))
    )
    ids = list(uow.connection.scalars(query.order_by(store.receipt.c.id)))
    uow.enqueue(stamp_job(agency_id, receipt_id) for receipt_id in ids)
    return len(ids)


def _stamp(environment: Environment, authority: Authority, trust: Sequence[x509.Certificate], job: Claimed) -> Stamp:
    with environment.read() as connection:
        signed = store.document(connection, job.payload["receipt_id"], "xml", environment.vault)
    if signed is None:
        raise StampRefused("no_receipt", "the receipt has no signed file")
    digest, nonce = timestamp.imprint(signed), environment.ids.below(1 << NONCE_BITS) + 1
    policy = environment.settings.tsa_policy
    answer = authority.ask(timestamp.query(digest, nonce, policy))
    return timestamp.read(answer, digest=digest, nonce=nonce, trust=trust, policy=policy)


def _keep(environment: Environment, job: Claimed, stamp: Stamp) -> int:
    receipt_id = job.payload["receipt_id"]
    with environment.begin(actor="worker", agency=job.agency) as uow:
        row: dict[str, Any] = {"receipt_id": receipt_id, "token": stamp.token, "authority": stamp.authority}
        kept = insert_if_new(uow.connection, store.stamp, row | {"stamped_at": stamp.at, "stored_at": uow.now()})
        outbox.finish(uow.connection, [job], now=uow.now())
        if kept:
            uow.emit([Event(job.agency, "receipt.stamped", receipt_id, {"authority": stamp.authority})])
    return int(kept)


def _put_off(environment: Environment, jobs: Sequence[Claimed], code: str) -> None:
    log.warning("receipt.unstamped", code=code, waiting=len(jobs))
    with environment.begin(actor="worker") as uow:
        for job in jobs:
            wait = timedelta(minutes=BACKOFF[min(job.attempt, len(BACKOFF)) - 1])
            until = uow.now() + wait if job.attempt < MOST else None
            outbox.put_off(uow.connection, job, until=until, error=code, now=uow.now())
