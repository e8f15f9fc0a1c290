"""What a terminal tells while it works: lines for the cashier's display and events, over a WebSocket (RFC 6455).

Nothing of it decides anything: it is shown, and forgotten. nexo Retailer 3.0, DisplayRequest and EventNotification.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.exact_json import Unreadable
from connectors.terminal.envelope import Ends, part, read, text

LONGEST = 200  # characters of a line
DISPLAY = "/display"  # below the terminal's own address


@dataclass(frozen=True, slots=True)
class Shown:
    """A line the terminal wants the cashier to see."""

    line: str
    kind: str  # Status | Error | POIReplication | ...


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened at the terminal: CardInserted, SaleWakeUp, Shutdown ..."""

    event: str


Told = Shown | Happened


def told(raw: bytes, ends: Ends) -> tuple[Told, ...]:
    """What one message tells; nothing where it is not from this terminal or cannot be read."""
    try:
        found = read(raw)
        if found.ends != ends:
            return ()
        if found.category == "Display":
            return tuple(_lines(found.body))
        if found.category == "Event":
            return (Happened(text(found.body, "EventToNotify")[:LONGEST]),)
    except Unreadable:
        pass
    return ()


async def watch(url: str, context: ssl.SSLContext, ends: Ends, hear: Callable[[Told], Awaitable[None]]) -> None:
    """Listen until the terminal closes or the task is ended. Raises OSError and websockets' errors."""
    from websockets.asyncio.client import connect

    async with connect(url, ssl=context, proxy=None, open_timeout=5, max_size=1 << 16) as socket:
        async for message in socket:
            raw = message.encode() if isinstance(message, str) else message
            for one in told(raw, ends):
                await hear(one)


def _lines(body: Mapping[str, Any]) -> list[Shown]:
    outputs = body.get("DisplayOutput")
    if not isinstance(outputs, list):
        raise Unreadable("field.not_a_list", "DisplayOutput")
    return [_line(output) for output in outputs if isinstance(output, Mapping)]


def _line(output: Mapping[str, Any]) -> Shown:
    texts = part(output, "OutputContent").get("OutputText")
    words = [text(item, "Text") for item in texts if isinstance(item, Mapping)] if isinstance(texts, list) else []
    return Shown(" ".join(words)[:LONGEST], text(output, "InfoQualify"))
