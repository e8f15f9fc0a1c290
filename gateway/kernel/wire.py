"""One HTTP call that ends: time-outs of each phase and of the whole, a bound on the answer, no redirects, TLS verified.

A slow drip restarts a time-out per read at every byte, so the end of the whole is a deadline around everything; that is
the one thing the asynchronous client is used for. Whoever asks is told whether a byte may have left (RFC 9110, section
9.2.2: only then may a repeat do harm).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import anyio
import httpx2

CONNECT_S = 5.0
CHUNK_BYTES = 16_384

SENDING = ".send_request_headers.started"  # how the transport's trace names the moment before the first byte


@dataclass(frozen=True, slots=True)
class Sent:
    """What to send."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """A whole answer."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""


class NoAnswer(Exception):
    """No whole answer: `sent` says whether a byte may have left, `cause` why in a word, `body` what had come by then."""

    def __init__(self, cause: str, *, sent: bool, timed_out: bool, body: bytes = b"") -> None:
        super().__init__(cause)
        self.cause = cause
        self.sent = sent
        self.timed_out = timed_out
        self.body = body


class _Watch:
    """What is known of a call under way."""

    def __init__(self) -> None:
        self.sent = False
        self.body = bytearray()

    async def trace(self, name: str, _: Any) -> None:
        self.sent = self.sent or name.endswith(SENDING)


def call(sent: Sent, *, total_s: float, most_bytes: int, connect_s: float = CONNECT_S) -> Told:
    """Send and wait for the whole answer, `total_s` seconds at most. Raises NoAnswer."""
    watch = _Watch()
    try:
        return anyio.run(partial(_within, sent, watch, total_s, most_bytes, connect_s))
    except TimeoutError:
        raise _none(watch, "deadline", timed_out=True) from None
    except httpx2.TimeoutException as error:
        raise _none(watch, type(error).__name__, timed_out=True) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise _none(watch, type(error).__name__) from None


async def _within(sent: Sent, watch: _Watch, total_s: float, most_bytes: int, connect_s: float) -> Told:
    with anyio.fail_after(total_s):
        return await _ask(sent, watch, most_bytes, httpx2.Timeout(total_s, connect=min(connect_s, total_s)))


async def _ask(sent: Sent, watch: _Watch, most_bytes: int, timeout: httpx2.Timeout) -> Told:
    headers = {"accept-encoding": "identity", **sent.headers}  # what is counted is what came
    async with httpx2.AsyncClient(timeout=timeout, follow_redirects=False, verify=_tls()) as client:
        request = client.build_request(
            sent.method, sent.url, content=sent.body, headers=headers, extensions={"trace": watch.trace}
        )
        answer = await client.send(request, stream=True)
        try:
            async for chunk in answer.aiter_raw(CHUNK_BYTES):
                watch.body += chunk
                if len(watch.body) > most_bytes:
                    raise _none(watch, "too_large")
        finally:
            await answer.aclose()
    return Told(answer.status_code, bytes(watch.body), answer.headers.get("content-type", ""))


def _none(watch: _Watch, cause: str, *, timed_out: bool = False) -> NoAnswer:
    return NoAnswer(cause, sent=watch.sent, timed_out=timed_out, body=bytes(watch.body))


@cache
def _tls() -> ssl.SSLContext:
    """The machine's trust, loaded once: it takes longer than a call."""
    return httpx2.create_ssl_context()


def stopwatch() -> float:
    """A reading in seconds; only differences mean something, so it is no clock of the house."""
    return time.perf_counter()
