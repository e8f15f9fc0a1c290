"""The payer's window at a counter: the amount, the QR, whose account it is, and thanks; it follows the officer's screen.

Its address (130 random bits) is the counter's own, so the window needs no login. It names neither payer nor dossier.
"""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from connectors.vietqr import image
from gateway import agencies
from gateway.agencies import Agency
from gateway.counter import shift_store
from gateway.counter.shift_store import Counter, CounterMissing
from gateway.kernel.canonical import fingerprint
from gateway.web import live, pages
from gateway.web.counter.frame import both
from gateway.web.counter.standing import Standing, standing
from gateway.web.counter.words import TEXTS
from gateway.web.door import environment_of


def window(request: Request) -> Response:
    """What the payer sees now."""
    try:
        place, agency, found = _look(request)
    except CounterMissing:
        return pages.problem(request, "problem.unknown_code", 404)
    here = f"/{pages.language_of(request)}/counter/display/{place.token}"
    return pages.page(
        request,
        "counter/display.html",
        texts=TEXTS,
        place=place,
        agency=agency,
        found=found,
        version=_version(place, found),
        here=here,
        receipts=_receipts(request, found),
    )


def events(request: Request) -> Response:
    """News for the window."""
    tailer: live.Tailer = request.app.state.tailer

    def look() -> live.Standing | None:
        try:
            place, _, found = _look(request)
        except CounterMissing:
            return None
        subjects = frozenset({place.id}) | (found.subjects if found else frozenset())
        state = str(found.state) if found else "empty"
        return live.Standing(state, _version(place, found), subjects, final=False)

    known = request.headers.get("last-event-id", "")
    if len(tailer) >= live.MOST_STREAMS:
        return Response(status_code=503, headers={**pages.HEADERS, "Retry-After": "30"})
    headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(tailer, look, known), headers=headers, media_type="text/event-stream")


def _look(request: Request) -> tuple[Counter, Agency, Standing | None]:
    environment = environment_of(request)
    with environment.read() as connection:
        place = shift_store.counter_by_token(connection, request.path_params["token"])
        found = _shown(connection, request, place)
        owner = found.money.agency_id if found else place.agency_id
        return place, agencies.require(connection, owner), found


def _shown(connection: sa.Connection, request: Request, place: Counter) -> Standing | None:
    if place.shown_payment is None:
        return None
    return standing(connection, environment_of(request), place.shown_payment, pages.language_of(request))


def _version(place: Counter, found: Standing | None) -> str:
    return fingerprint([place.id, found.version if found else "", found.money.id if found else ""])[:12]


def _receipts(request: Request, found: Standing | None) -> list[tuple[str, Markup]]:
    """The receipt's QR on the window: where the printer fails, the payer takes it with the phone."""
    if found is None or not found.paid:
        return []
    base = environment_of(request).settings.base_url
    codes = [one.lookup_code for one in found.screen.view.receipts]
    return [
        (code, Markup(image.svg(f"{base}/vi/receipts/{code}", title=code)))  # noqa: S704 - our own drawing
        for code in codes
    ]


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/display/{token}", window, "GET")
    both(router, "/counter/display/{token}/events", events, "GET")
