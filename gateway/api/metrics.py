"""What a monitoring system scrapes (OpenMetrics text): requests as they are answered, the books as they stand.

The books are read at each scrape with a handful of queries over what is not finished, each through a partial index, so
that a scrape costs the same after a year. Labels are route templates and agency ids, never what somebody typed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import agencies
from gateway.audit import checkpoints, tree
from gateway.audit.store import UNBALANCED
from gateway.connecting.model import State
from gateway.connecting.standing import standings
from gateway.kernel.audit import leaf
from gateway.kernel.outbox import event
from gateway.kernel.uow import Environment
from gateway.settlement.store import inbox, notice, suspense
from receipts.store import receipt

UNMATCHED = "unmatched"


class Traffic:
    """Counts requests and measures how long they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self.requests = Counter("thuphi_http_requests", "Requests answered", labels, registry=registry)
        self.seconds = Histogram("thuphi_http_seconds", "Time to the end of the answer", labels[:2], registry=registry)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request came to its end."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)


class Measured:
    """Pure ASGI: tells `traffic` of every HTTP request."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", UNMATCHED)
            method = scope["method"] if route != UNMATCHED else "any"
            self._traffic.note(method, route, status, time.perf_counter() - began)


class Books(Collector):
    """Gauges computed when somebody asks."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def describe(self) -> list[Metric]:
        """Nothing in advance, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        reachable = GaugeMetricFamily("thuphi_database_up", "Whether the database could be read")
        found: list[Metric] = []
        try:
            with self._environment.read() as connection:
                found = [gauge for read in _GAUGES for gauge in read(connection, self._environment.clock())]
            reachable.add_metric([], 1)
        except sa.exc.SQLAlchemyError:
            reachable.add_metric([], 0)
        yield reachable
        yield from found


def _inbox(connection: sa.Connection, now: datetime) -> list[Metric]:
    query = (
        sa.select(inbox.c.state, sa.func.count().label("number")).where(inbox.c.state != "done").group_by(inbox.c.state)
    )
    counts: dict[str, int] = {row.state: row.number for row in connection.execute(query)}
    return [
        _single("thuphi_inbox_waiting", "Messages not yet worked on", counts.get("waiting", 0)),
        _single("thuphi_inbox_poison", "Messages set apart for a person", counts.get("poison", 0)),
    ]


def _unsigned(connection: sa.Connection, now: datetime) -> list[Metric]:
    query = sa.select(sa.func.count(), sa.func.min(receipt.c.issued_at)).where(receipt.c.signed_at.is_(None))
    count, oldest = connection.execute(query).one()
    return [
        _single("thuphi_receipts_unsigned", "Numbered receipts without a signature", count),
        _single("thuphi_receipts_unsigned_age_seconds", "Age of the oldest of them", _age(oldest, now)),
    ]


def _suspense(connection: sa.Connection, now: datetime) -> list[Metric]:
    items = GaugeMetricFamily("thuphi_suspense_open", "Items of suspense that wait", labels=["agency"])
    money = GaugeMetricFamily("thuphi_suspense_open_dong", "Money in them, in đồng", labels=["agency"])
    query = sa.select(suspense.c.agency_id, sa.func.count(), sa.func.sum(suspense.c.amount))
    for agency, count, total in connection.execute(
        query.where(suspense.c.closed_at.is_(None)).group_by(suspense.c.agency_id)
    ):
        items.add_metric([agency], count)
        money.add_metric([agency], int(total))
    return [items, money]


def _outbox(connection: sa.Connection, now: datetime) -> list[Metric]:
    return [
        _single("thuphi_outbox_age_seconds", "Age of the oldest event not yet sent on", outbox_age(connection, now))
    ]


def _conservation(connection: sa.Connection, now: datetime) -> list[Metric]:
    gauge = GaugeMetricFamily(
        "thuphi_conservation_difference_dong",
        "Money in less settled, suspense and returned; always 0",
        labels=["agency"],
    )
    lost = notice.c.counted - notice.c.settled - notice.c.suspended - notice.c.returned
    unbalanced = sa.select(notice.c.agency_id, sa.func.sum(lost).label("lost")).where(sa.text(UNBALANCED))
    found = {row.agency_id: row.lost for row in connection.execute(unbalanced.group_by(notice.c.agency_id))}
    for agency_id in connection.scalars(sa.select(agencies.agency.c.id).order_by(agencies.agency.c.id)):
        gauge.add_metric([agency_id], int(found.get(agency_id, 0)))
    return [gauge]


def _audit(connection: sa.Connection, now: datetime) -> list[Metric]:
    waiting = sa.select(sa.func.count(), sa.func.min(leaf.c.at)).where(leaf.c.position.is_(None))
    count, oldest = connection.execute(waiting).one()
    size, head = tree.size_of(connection), checkpoints.newest(connection)
    unsigned = size - (head.size if head else 0)
    first = sa.select(leaf.c.at).where(leaf.c.position == size - unsigned)
    since = connection.scalar(first) if unsigned else None
    return [
        _single("thuphi_audit_tree_size", "Numbered leaves of the audit trail", size),
        _single("thuphi_audit_unnumbered", "Leaves that wait for a number", count),
        _single("thuphi_audit_unnumbered_age_seconds", "Age of the oldest of them", _age(oldest, now)),
        _single("thuphi_audit_unsigned", "Numbered leaves under no checkpoint yet", unsigned),
        _single("thuphi_audit_unsigned_age_seconds", "Age of the first of them", _age(since, now)),
    ]


def _providers(connection: sa.Connection, now: datetime) -> list[Metric]:
    gauge = GaugeMetricFamily(
        "thuphi_provider_state",
        "1 for the state each bank or payment service is in: ok, slow, failing, silent",
        labels=["agency", "connector", "state"],
    )
    for one in standings(connection):
        for state in State:
            gauge.add_metric([one.agency, one.connector, state.value], int(one.state is state))
    return [gauge]


_GAUGES: tuple[Callable[[sa.Connection, datetime], list[Metric]], ...] = (
    _inbox,
    _unsigned,
    _suspense,
    _outbox,
    _conservation,
    _audit,
    _providers,
)


def outbox_age(connection: sa.Connection, now: datetime) -> float:
    """Seconds since the oldest event that was not fanned out; 0 when all were."""
    waiting = sa.select(event.c.at).where(~event.c.fanned_out).order_by(event.c.id).limit(1)
    return _age(connection.scalar(waiting), now)


def _age(moment: Any, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _single(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def router_for(registry: CollectorRegistry) -> APIRouter:
    """`/metrics` over one registry."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    def read_metrics() -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
