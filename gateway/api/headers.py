"""What every answer carries: a request id to name in a complaint, and headers that keep browsers out of trouble.

Pure ASGI; a header that a route has set stays (OWASP REST Security Cheat Sheet, security headers).
"""

from __future__ import annotations

import re

import structlog
from starlette.datastructures import Headers, MutableHeaders
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

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AnswerHeaders:
    """Adds the headers and binds the request id to everything that is logged meanwhile."""

    def __init__(self, app: ASGIApp, environment: Environment) -> None:
        self._app = app
        self._environment = environment
        self._defaults = DEFAULTS | (OVER_TLS if environment.settings.base_url.startswith("https:") else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._id(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                json = "json" in headers.get("content-type", "")
                for name, value in (self._defaults | FOR_JSON if json else self._defaults).items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, dressed)

    def _id(self, scope: Scope) -> str:
        """The client's own, if it can be printed; else a new one."""
        told = Headers(scope=scope).get(REQUEST_ID, "")
        return told if _ID.fullmatch(told) else self._environment.ids.new("req", self._environment.clock())
