"""How large a request may be (OWASP API4, unrestricted resource consumption): read first, up to a limit by address.

Pure ASGI. The content is counted as it comes, whatever its Content-Length claims.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.kernel.errors import Invalid

KIB = 1024
FILE = 32 * KIB * KIB
LIMITS = (
    ("/api/v1/statements", FILE),
    ("/api/v1/settlements", FILE),
    ("/vi/accountant/import", FILE),
    ("/en/accountant/import", FILE),
    ("/api/", 64 * KIB),
    ("/callbacks/", 1024 * KIB),
)
ELSEWHERE = 1024 * KIB


class TooLarge(Invalid):
    """More than this address takes."""

    code = "request.too_large"


class BodyLimit:
    """Hands the application the whole content at once, or refuses with TooLarge."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        content = await _read(scope, receive, limit_of(scope["path"]))
        if content is not None:
            await self._app(scope, _replayed(content, receive), send)


def limit_of(path: str) -> int:
    """Bytes that a request to `path` may carry."""
    return next((most for prefix, most in LIMITS if path.startswith(prefix)), ELSEWHERE)


async def _read(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """The content; None when the client left before its end."""
    told = Headers(scope=scope).get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        more = message.get("more_body", False)
    return b"".join(parts)


def _replayed(content: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return again


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"Nội dung vượt quá {most // KIB} KiB.", f"The content is larger than {most // KIB} KiB.", most_bytes=most
    )
