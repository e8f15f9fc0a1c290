"""What every answer carries: a request id to name in a complaint, and headers that keep browsers out of trouble.

Pure ASGI; a header that a route has set stays (OWASP REST Security Cheat Sheet, security headers).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.kernel.uow import Environment

REQUEST_ID = "X-Request-Id"
DEFAULTS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FOR_JSON = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}  # pages set their own
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}

RawHeader = tuple[bytes, bytes]  # as ASGI has it: the name in small letters

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID_NAME = REQUEST_ID.lower().encode()


class AnswerHeaders:
    """Adds the headers and binds the request id to everything that is logged meanwhile."""

    def __init__(self, app: ASGIApp, environment: Environment) -> None:
        self._app = app
        self._environment = environment
        defaults = DEFAULTS | (OVER_TLS if environment.settings.base_url.startswith("https:") else {})
        self._plain, self._json = _raw(defaults), _raw(defaults | FOR_JSON)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._id(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._dressed(message.get("headers", ()), request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, dressed)

    def _dressed(self, told: Iterable[RawHeader], request_id: str) -> list[RawHeader]:
        headers = [pair for pair in told if pair[0] != _ID_NAME]
        given = dict(headers)
        defaults = self._json if b"json" in given.get(b"content-type", b"") else self._plain
        missing = [pair for pair in defaults if pair[0] not in given]
        return [*headers, (_ID_NAME, request_id.encode()), *missing]

    def _id(self, scope: Scope) -> str:
        """The client's own, if it can be printed; else a new one."""
        told = next((value.decode("latin-1") for name, value in scope["headers"] if name == _ID_NAME), "")
        return told if _ID.fullmatch(told) else self._environment.ids.new("req", self._environment.clock())


def _raw(headers: Mapping[str, str]) -> list[RawHeader]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
