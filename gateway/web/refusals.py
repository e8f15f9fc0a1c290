"""A person whose browser asks for a page gets a page, also when something says no: 404, 405, 413, 422, 500.

Pure ASGI, outermost: whatever leaves the application as a JSON refusal for an address of ours that is no machine's is
told again in the reader's language; status and request id stay, and the id is what to name in a complaint.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web import pages

MACHINES = ("/api/", "/callbacks/", "/simulator/", "/static/", "/theme/", "/healthz", "/readyz", "/metrics", "/openapi")
MOST = 1024 * 1024  # bytes that an address of ours takes (gateway/api/limits.py)
TOLD = {404: "problem.no_page", 405: "problem.no_page", 413: "problem.too_large", 422: "problem.not_taken"}


class Refusals:
    """Swaps the JSON of a refusal for the page that says the same."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _for_people(scope):
            await self._app(scope, receive, send)
            return
        started: Message | None = None

        async def watched(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and _refusal(message):
                started = message
            elif started is None:
                await send(message)

        await self._app(scope, receive, watched)
        if started is not None:
            await _page(scope, started)(scope, receive, send)


def _for_people(scope: Scope) -> bool:
    accepts = Headers(scope=scope).get("accept", "")
    return "text/html" in accepts and not scope["path"].startswith(MACHINES)


def _refusal(message: Message) -> bool:
    return message["status"] >= 400 and "json" in Headers(raw=message["headers"]).get("content-type", "")


def _page(scope: Scope, started: Message) -> Response:
    length = Headers(scope=scope).get("content-length", "")
    large = length.isascii() and length.isdigit() and int(length[:20]) > MOST
    key = (
        "problem.too_large"
        if large
        else TOLD.get(started["status"], "problem.ours" if started["status"] >= 500 else "problem.not_taken")
    )
    given = Headers(raw=started["headers"])
    kept = {name: given[name] for name in ("x-request-id", "allow", "retry-after") if name in given}
    told = given.get("x-request-id", "") if started["status"] >= 500 else ""
    return pages.problem(Request(scope), key, started["status"], headers=kept, request_id=told)
