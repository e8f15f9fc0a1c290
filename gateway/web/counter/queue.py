"""The public display: which tickets are called for payment, being served, done. Numbers and counters, nobody's name."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway import agencies
from gateway.agencies import Agency, AgencyMissing
from gateway.counter import queue
from gateway.counter.queue import Ticket
from gateway.kernel.canonical import fingerprint
from gateway.kernel.clock import business_day, rfc3339
from gateway.web import live, pages
from gateway.web.counter.frame import both
from gateway.web.counter.words import TEXTS
from gateway.web.door import environment_of


def board(request: Request) -> Response:
    """The screen in the hall."""
    try:
        agency, tickets = _tickets(request)
    except AgencyMissing:
        return pages.problem(request, "problem.unknown_code", 404)
    return pages.page(
        request,
        "counter/queue.html",
        texts=TEXTS,
        agency=agency,
        tickets=tickets,
        version=_version(tickets),
        here=f"/{pages.language_of(request)}/queue/{agency.id}",
    )


def feed(request: Request) -> Response:
    """The same as JSON, for the hall's own screens."""
    try:
        agency, tickets = _tickets(request)
    except AgencyMissing:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    body = {
        "agency": agency.id,
        "at": rfc3339(environment_of(request).clock()),
        "tickets": [{"number": one.number, "state": one.state, "counter": one.counter} for one in tickets],
    }
    return Response(json.dumps(body), media_type="application/json", headers=dict(pages.HEADERS))


def events(request: Request) -> Response:
    """News for the screen."""
    tailer: live.Tailer = request.app.state.tailer

    def look() -> live.Standing | None:
        try:
            agency, tickets = _tickets(request)
        except AgencyMissing:
            return None
        return live.Standing("queue", _version(tickets), frozenset({f"queue:{agency.id}"}), final=False)

    known = request.headers.get("last-event-id", "")
    if len(tailer) >= live.MOST_STREAMS:
        return Response(status_code=503, headers={**pages.HEADERS, "Retry-After": "30"})
    headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(tailer, look, known), headers=headers, media_type="text/event-stream")


def _tickets(request: Request) -> tuple[Agency, list[Ticket]]:
    environment, agency_id = environment_of(request), request.path_params["agency"]
    with environment.read(agency_id) as connection:
        agency = agencies.require(connection, agency_id)
        return agency, queue.feed(connection, agency_id, business_day(environment.clock()))


def _version(tickets: list[Ticket]) -> str:
    return fingerprint([[one.number, one.state, one.counter] for one in tickets])[:12]


def add_routes(router: APIRouter) -> None:
    """Both languages; the feed has none."""
    both(router, "/queue/{agency}", board, "GET")
    both(router, "/queue/{agency}/events", events, "GET")
    router.add_route("/queue/{agency}.json", feed, methods=["GET"])
