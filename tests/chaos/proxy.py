"""A TCP proxy that behaves like a bad network: it cuts, delays, duplicates a connection, or swallows what it is given.

A connection's next fault is drawn when it opens and after each that it outlived; it strikes after a random number of
bytes, in either direction.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")

CHUNK = 65_536
CONNECT_SECONDS = 5


class Fault(StrEnum):
    """What may happen to a connection."""

    CUT = "cut"
    DELAY = "delay"
    DUPLICATE = "duplicate"  # the far side hears everything the near side says twice, on two connections
    BLACK_HOLE = "black_hole"  # silence for a while, then a reset


class Weather:
    """How often what strikes; `calm` ends it for open connections too."""

    def __init__(
        self, seed: str, odds: Mapping[Fault, float], *, most_bytes: int = 4_000, hole_seconds: float = 1.5
    ) -> None:
        self._odds = dict(odds)
        self._draw = random.Random(seed)
        self._most_bytes = most_bytes
        self.hole_seconds = hole_seconds
        self.stormy = True
        self.struck: Counter[str] = Counter()

    def calm(self) -> None:
        self.stormy = False

    def fate(self) -> tuple[Fault | None, int, float]:
        """What happens next to a connection, after how many bytes, and how long a delay would be."""
        faults = [*self._odds, None]
        weights = [*self._odds.values(), max(0.0, 1 - sum(self._odds.values()))]
        fault = self._draw.choices(faults, weights)[0] if self.stormy else None
        return fault, self._draw.randrange(self._most_bytes), self._draw.uniform(0.02, 0.4)


class Line:
    """One connection through the proxy, with its fate."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._fault, self._left, self._delay = weather.fate()
        self.silent = False
        self.broken = False

    @property
    def doubled(self) -> bool:
        if self._fault is not Fault.DUPLICATE:
            return False
        self._weather.struck[Fault.DUPLICATE] += 1
        return True

    async def passing(self, data: bytes) -> bytes:
        """What of the data goes on. Raises ConnectionResetError where the line breaks."""
        if self.silent:
            return b""
        self._left -= len(data)
        if self._left > 0 or not self._weather.stormy:
            return data
        fault = self._fault
        self._fault, self._left, self._delay = self._weather.fate()
        if fault is None or fault is Fault.DUPLICATE:
            return data
        self._weather.struck[fault] += 1
        if fault is Fault.DELAY:
            await asyncio.sleep(self._delay)
            return data
        self.broken = True
        if fault is Fault.CUT:
            raise ConnectionResetError
        self.silent = True
        return b""


class FaultProxy:
    """Listens on a loopback port and passes to another, or to a local socket; a loop in a thread of its own."""

    def __init__(self, upstream: tuple[str, int] | str, weather: Weather) -> None:
        self._upstream = upstream
        self._weather = weather
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="thuphi-proxy", daemon=True)
        self._thread.start()
        self._server = self._wait(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Break every connection and stop listening."""
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end(self) -> None:
        self._server.close()
        await asyncio.sleep(0.05)  # whoever was let in last has begun, and so ends in order
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError, TimeoutError):
            pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        line = Line(self._weather)
        far, to_far = await self._connect()
        ways = [self._pump(line, far, [to_near])]
        ends = [to_far]
        if line.doubled:
            echo, to_echo = await self._connect()
            ends.append(to_echo)
            ways.append(_swallow(echo))
        ways.append(self._pump(line, near, ends))
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait([tasks[0], tasks[-1]], return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done() and not line.broken:  # the far side has said all it had to say
                await _flushed(to_near)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                end.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, str):
            return await asyncio.wait_for(asyncio.open_unix_connection(self._upstream), CONNECT_SECONDS)
        return await asyncio.wait_for(asyncio.open_connection(*self._upstream), CONNECT_SECONDS)

    async def _pump(self, line: Line, source: asyncio.StreamReader, ends: list[asyncio.StreamWriter]) -> None:
        """Until the source ends or the line breaks; in a black hole, until it closes over it."""
        while data := await source.read(CHUNK):
            passed = await line.passing(data)
            if line.silent:
                await asyncio.sleep(self._weather.hole_seconds)
                return
            for end in ends:
                end.write(passed)
                with suppress(ConnectionError):
                    await end.drain()


async def _flushed(writer: asyncio.StreamWriter) -> None:
    """Everything written is with the kernel."""
    writer.close()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 2)


async def _swallow(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK):
        pass
