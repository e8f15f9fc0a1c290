"""Tell the one-stop system: Standard Webhooks 1.0.0, signed, first in first out per endpoint, tried for three days.

An event becomes one job per endpoint in the transaction that marks it fanned out; `webhook-id` is the event's id, so a
receiver that hears it twice can tell.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import sqlalchemy as sa
import structlog
from standardwebhooks.webhooks import Webhook
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from gateway.access import own
from gateway.delivery.store import endpoint
from gateway.kernel import outbox
from gateway.kernel.canonical import canonical
from gateway.kernel.clock import rfc3339
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Claimed, Job
from gateway.kernel.uow import Environment, UnitOfWork

KIND = "webhook.deliver"
KINDS = ("payment.paid", "receipt.signed")
LINE = len(KIND) + 1 + 30  # of a job's key `kind:endpoint:event`: what names the endpoint (an id has 30 characters)
LEASE = timedelta(seconds=60)
TIMEOUT = httpx2.Timeout(10, connect=3)
FIRST_WAIT, LONGEST_WAIT, GIVE_UP = timedelta(seconds=5), timedelta(hours=12), timedelta(days=4)

log = structlog.get_logger(__name__)


MoreJobs = Callable[[Sequence[sa.Row[Any]]], list[Job]]  # events that fan out now -> work for them


def no_more(events: Sequence[sa.Row[Any]]) -> list[Job]:
    """Nobody else listens."""
    return []


class AddressRefused(Invalid):
    """The URL does not lead to a public HTTPS server."""

    code = "webhook.address"


def add_endpoint(uow: UnitOfWork, agency_id: str, url: str, kinds: tuple[str, ...] = KINDS) -> str:
    """Register an endpoint; its signing secret, shown this once (`whsec_...`)."""
    _check_url(url, private=uow.settings.private_webhooks)
    endpoint_id, secret = uow.mint("whk"), base64.b64encode(bytes(uow.ids.below(256) for _ in range(32))).decode()
    row = {"id": endpoint_id, "agency_id": agency_id, "url": url, "kinds": json.dumps(kinds), "created_at": uow.now()}
    sealed = uow.vault.seal(_place(endpoint_id), secret.encode())
    uow.connection.execute(sa.insert(endpoint).values(**row, secret_sealed=sealed))
    return f"whsec_{secret}"


def fan_out(environment: Environment, *, limit: int = 500, also: MoreJobs = no_more) -> int:
    """Turn new events into one job per interested endpoint, and those that `also` makes; how many were looked at."""
    if not _anything_new(environment):
        return 0
    with environment.begin(actor="worker") as uow:
        table = outbox.event
        waiting = sa.select(table).where(~table.c.fanned_out).order_by(table.c.id).limit(limit)
        events = list(uow.connection.execute(waiting.with_for_update(skip_locked=True)))
        uow.enqueue([*_jobs(uow.connection, events), *also(events)])
        seen = table.c.id.in_([event.id for event in events])
        uow.connection.execute(sa.update(table).where(seen).values(fanned_out=True))
        return len(events)


def _anything_new(environment: Environment) -> bool:
    with environment.read() as connection:
        query = sa.select(outbox.event.c.id).where(~outbox.event.c.fanned_out).limit(1)
        return connection.execute(query).first() is not None


def _jobs(connection: sa.Connection, events: list[sa.Row[Any]]) -> list[Job]:
    agencies = {event.agency_id for event in events}
    query = sa.select(endpoint).where(endpoint.c.agency_id.in_(agencies), endpoint.c.closed_at.is_(None))
    listeners = list(connection.execute(query)) if agencies else []
    return [
        Job(event.agency_id, KIND, {"event": event.id, "endpoint": row.id}, key=f"{KIND}:{row.id}:{event.id}")
        for event in events
        for row in listeners
        if row.agency_id == event.agency_id and event.kind in json.loads(row.kinds)
    ]


def deliver(environment: Environment, *, limit: int = 50) -> int:
    """Send what is due, each endpoint's events in their order; how many calls were made."""
    with environment.read() as connection:
        ready = list(connection.scalars(_ready(environment.clock())))
    calls = 0
    for line in ready:
        with environment.begin(actor="worker") as uow:
            mine = sa.func.substr(outbox.job.c.key, 1, LINE) == line
            claimed = outbox.claim(uow.connection, KIND, now=uow.now(), limit=limit, lease=LEASE, only=mine)
        calls += _in_order(environment, sorted(claimed, key=lambda job: str(job.payload["event"])))
    return calls


def _in_order(environment: Environment, jobs: list[Claimed]) -> int:
    """One endpoint's events until one fails; the rest go back untried, and wait for it."""
    for number, job in enumerate(jobs):
        if not _attempt(environment, job):
            with environment.begin(actor="worker") as uow:
                outbox.release(uow.connection, jobs[number + 1 :])
            return number + 1
    return len(jobs)


def _ready(now: datetime) -> sa.Select[tuple[str]]:
    """The lines (one per endpoint) whose first unfinished event is due and held by nobody."""
    job = outbox.job
    line = sa.func.substr(job.c.key, 1, LINE)
    heads = sa.select(sa.func.min(job.c.key)).where(job.c.kind == KIND, outbox.unfinished()).group_by(line)
    return sa.select(line).where(job.c.key.in_(heads), job.c.run_at <= now, outbox.free(now)).order_by(line)


def _attempt(environment: Environment, job: Claimed) -> bool:
    with environment.read() as connection:
        target = connection.execute(sa.select(endpoint).where(endpoint.c.id == job.payload["endpoint"])).one()
        event = connection.execute(sa.select(outbox.event).where(outbox.event.c.id == job.payload["event"])).one()
    secret = environment.vault.unseal(_place(target.id), target.secret_sealed).decode()
    try:
        _check_url(target.url, private=environment.settings.private_webhooks)
        _send(target.url, secret, event, environment.clock())
    except (httpx2.HTTPError, OSError, AddressRefused) as error:
        _put_off(environment, job, next_wait(environment.clock() - event.at), type(error).__name__)
        log.warning("webhook.failed", endpoint=target.id, event_id=event.id, error=type(error).__name__)
        return False
    with environment.begin(actor="worker") as uow:
        outbox.finish(uow.connection, [job], now=uow.now())
    return True


def next_wait(age: timedelta) -> timedelta | None:
    """As long again as the event is old: 5 s at first, 12 h at last; None when four days have gone by."""
    return None if age > GIVE_UP else min(max(age, FIRST_WAIT), LONGEST_WAIT)


def _put_off(environment: Environment, job: Claimed, delay: timedelta | None, error: str) -> None:
    with environment.begin(actor="worker") as uow:
        until = uow.now() + delay if delay is not None else None
        outbox.put_off(uow.connection, job, until=until, error=error, now=uow.now())


def _send(url: str, secret: str, event: sa.Row[Any], now: datetime) -> None:
    body = canonical({"type": event.kind, "timestamp": rfc3339(event.at), "data": json.loads(event.body)}).decode()
    headers = {
        "content-type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event.id, now, body),
    }
    again = Retrying(
        retry=retry_if_exception_type(httpx2.ConnectError),
        stop=stop_after_attempt(2),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    again(_post, url, body, headers)


def _post(url: str, body: str, headers: dict[str, str]) -> None:
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        client.post(url, content=body, headers=headers).raise_for_status()


def _check_url(url: str, *, private: bool) -> None:
    """HTTPS to public addresses only (OWASP API7, server-side request forgery), unless the installation says otherwise."""
    parts = urlsplit(url)
    if parts.scheme not in ({"https", "http"} if private else {"https"}) or not parts.hostname:
        raise AddressRefused("Địa chỉ webhook phải là HTTPS.", "A webhook URL must be HTTPS.", field="url")
    if private:
        return
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)
    if any(not ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise AddressRefused("Địa chỉ webhook không công khai.", "The webhook address is not public.", field="url")


def endpoints(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """The agency's endpoints in use."""
    query = sa.select(endpoint).where(own(endpoint, agency_id), endpoint.c.closed_at.is_(None))
    return list(connection.execute(query.order_by(endpoint.c.id)))


def _place(endpoint_id: str) -> str:
    return f"webhook_endpoint.secret.{endpoint_id}"
