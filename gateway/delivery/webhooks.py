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
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from standardwebhooks.webhooks import Webhook
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

from gateway.access import own
from gateway.delivery.store import endpoint
from gateway.kernel import outbox, wire
from gateway.kernel.canonical import canonical
from gateway.kernel.clock import rfc3339
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Claimed, Job
from gateway.kernel.side_by_side import SideBySide
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.kernel.wire import NoAnswer

KIND = "webhook.deliver"
KINDS = ("payment.paid", "receipt.signed")
LINE = len(KIND) + 1 + 30  # of a job's key `kind:endpoint:event`: what names the endpoint (an id has 30 characters)
CONNECT_S, TOTAL_S = 3.0, 15.0  # of one call, whatever the receiver does
LEASE = timedelta(seconds=60)  # of one event: longer than its call with its repeat
TURN = 50  # events of one endpoint before another gets its thread
AT_ONCE = 16  # endpoints
WAIT_S = 0.2
MOST_BYTES = 65_536  # of an answer that nobody reads
FIRST_WAIT, LONGEST_WAIT, GIVE_UP = timedelta(seconds=5), timedelta(hours=12), timedelta(days=4)
MOST_DOUBLINGS = 20  # far past the longest wait

log = structlog.get_logger(__name__)


MoreJobs = Callable[[Sequence[sa.Row[Any]]], list[Job]]  # events that fan out now -> work for them


def no_more(events: Sequence[sa.Row[Any]]) -> list[Job]:
    """Nobody else listens."""
    return []


class NotTaken(Exception):
    """The receiver answered something else than 2xx."""


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


class Deliveries:
    """The worker's step: endpoints served side by side, so that one that is slow holds up itself and nobody else."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._crew = SideBySide("webhook", most=AT_ONCE)
        environment.before_closing(self._crew.close)

    def step(self) -> int:
        """Begin with every endpoint that has something due; calls made meanwhile. Never nothing while one is in hand."""
        for line in ready(self._environment):
            self._crew.start(line, partial(serve, self._environment, line))
        done = self._crew.collect(WAIT_S)
        return max(done, int(self._crew.busy))


def deliver(environment: Environment) -> int:
    """Send what is due, one endpoint after the other in this thread; how many calls were made."""
    return sum(serve(environment, line) for line in ready(environment))


def ready(environment: Environment) -> list[str]:
    """The lines (one per endpoint) whose first unfinished event is due and held by nobody."""
    job, now = outbox.job, environment.clock()
    line = sa.func.substr(job.c.key, 1, LINE)
    heads = sa.select(sa.func.min(job.c.key)).where(job.c.kind == KIND, outbox.unfinished()).group_by(line)
    due = sa.select(line).where(job.c.key.in_(heads), job.c.run_at <= now, outbox.free(now)).order_by(line)
    with environment.read() as connection:
        return list(connection.scalars(due))


def serve(environment: Environment, line: str, *, limit: int = TURN) -> int:
    """One endpoint's events in their order until one fails; how many calls were made.

    One event is held at a time, by a lease longer than its call can last: no other worker can overtake it.
    """
    with environment.begin(actor="worker") as uow:
        held = _first(uow, line)
    calls = 0
    while held is not None:
        calls += 1
        held = _told(environment, line, held, more=calls < limit)
    return calls


def _first(uow: UnitOfWork, line: str) -> Claimed | None:
    """The endpoint's first unfinished event, if it is due and nobody holds it: that one or none."""
    job = outbox.job
    mine = (job.c.kind == KIND) & (sa.func.substr(job.c.key, 1, LINE) == line)
    head = sa.select(sa.func.min(job.c.key)).where(mine, outbox.unfinished()).scalar_subquery()
    found = outbox.claim(uow.connection, KIND, now=uow.now(), limit=1, lease=LEASE, only=job.c.key == head)
    return found[0] if found else None


def _told(environment: Environment, line: str, job: Claimed, *, more: bool) -> Claimed | None:
    """Tell one event; the next one where it was taken."""
    with environment.read() as connection:
        target = connection.execute(sa.select(endpoint).where(endpoint.c.id == job.payload["endpoint"])).one()
        event = connection.execute(sa.select(outbox.event).where(outbox.event.c.id == job.payload["event"])).one()
    secret = environment.vault.unseal(_place(target.id), target.secret_sealed).decode()
    try:
        _check_url(target.url, private=environment.settings.private_webhooks)
        _send(target.url, secret, event, environment.clock())
    except (NoAnswer, NotTaken, OSError, AddressRefused) as error:
        why = str(error) if isinstance(error, NoAnswer | NotTaken) else type(error).__name__
        _put_off(environment, job, next_wait(job.attempt, age=environment.clock() - event.at), why)
        log.warning("webhook.failed", endpoint=target.id, event_id=event.id, error=why)
        return None
    with environment.begin(actor="worker") as uow:
        ours = outbox.finish(uow.connection, [job], now=uow.now())
        return _first(uow, line) if more and ours else None


def next_wait(attempt: int, *, age: timedelta) -> timedelta | None:
    """After the n-th attempt of one event: 5 s, then twice as long each time, 12 h at last; None when four days have gone by.

    The wait counts this event's own attempts, not its age: one that grew old behind another is not made to wait for it.
    """
    return None if age > GIVE_UP else min(FIRST_WAIT * 2 ** min(attempt - 1, MOST_DOUBLINGS), LONGEST_WAIT)


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
        retry=retry_if_exception(lambda error: isinstance(error, NoAnswer) and not error.sent),
        stop=stop_after_attempt(2),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    again(_post, url, body, headers)


def _post(url: str, body: str, headers: dict[str, str]) -> None:
    sent = wire.Sent("POST", url, headers, body.encode())
    told = wire.call(sent, total_s=TOTAL_S, connect_s=CONNECT_S, most_bytes=MOST_BYTES)
    if not 200 <= told.status < 300:
        raise NotTaken(f"http.{told.status}")


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
