"""How a message travels to a terminal: HTTP POST of the envelope, one at a time, never repeated underneath.

`HttpPost` serves both models: to the terminal itself (`https://<terminal>/nexo`, certificate pinned) and to a cloud that
pushes to it (public certificate, a token). Anything with `send` is a transport.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from connectors.contract import Failure
from connectors.exact_json import SIZE_LIMIT
from connectors.terminal.contract import LinkFailed

CONNECT_S = 5
PATH = "/nexo"


class Transport(Protocol):
    """Carries one message there and its answer back."""

    async def send(self, message: bytes, timeout_s: float) -> bytes:
        """The answer's bytes. Raises LinkFailed."""
        ...


class HttpPost:
    """A new connection for each message: a kept one that turns out to be dead would leave it open what arrived."""

    def __init__(self, url: str, context: ssl.SSLContext | bool, headers: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._context = context
        self._headers = {"content-type": "application/json", **(headers or {})}

    def __repr__(self) -> str:
        return f"HttpPost({self._url!r})"

    async def send(self, message: bytes, timeout_s: float) -> bytes:
        import httpx2

        patience = httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        try:
            async with (
                asyncio.timeout(timeout_s + CONNECT_S),
                httpx2.AsyncClient(verify=self._context, trust_env=False, timeout=patience) as client,
                client.stream("POST", self._url, content=message, headers=self._headers) as answer,
            ):
                if answer.status_code != 200:
                    raise LinkFailed(Failure.CUT)
                return await _whole(answer)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise LinkFailed(Failure.NOT_SENT) from None
        except (httpx2.TimeoutException, TimeoutError):
            raise LinkFailed(Failure.TIMEOUT) from None
        except httpx2.HTTPError:
            raise LinkFailed(Failure.CUT) from None


async def _whole(answer: object) -> bytes:
    """The body, up to the size any message may have."""
    body = b""
    async for piece in answer.aiter_bytes():  # type: ignore[attr-defined]
        body += piece
        if len(body) > SIZE_LIMIT:
            raise LinkFailed(Failure.CUT)
    return body


class OneAtATime:
    """A terminal answers one request at a time. What stops a payment must not wait for it, and passes (`hurry`)."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._turn = asyncio.Lock()

    async def send(self, message: bytes, timeout_s: float) -> bytes:
        async with self._turn:
            return await self._inner.send(message, timeout_s)

    async def hurry(self, message: bytes, timeout_s: float) -> bytes:
        """Beside whatever is under way."""
        return await self._inner.send(message, timeout_s)


def address(host: str) -> str:
    """`https://host[:port]/nexo` for a terminal known by host and port, or by its whole address. HTTPS only."""
    url = host if "://" in host else f"https://{host}{PATH}"
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("a terminal's address is host[:port] or https://host[:port]/path")
    return url
