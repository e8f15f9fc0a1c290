"""Load over HTTP/1.1 on raw sockets: closed loop for the rate, open loop on a fixed schedule for the latency.

A closed loop waits with its next request until the last was answered, so it never sees the queue it causes (coordinated
omission); the open loop measures from when a request was due, not from when it could be sent.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Report:
    """What was answered: statuses, seconds of each request, length of the run."""

    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share was answered."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection(asyncio.Protocol):
    """One request at a time; answers carry a Content-Length."""

    def __init__(self) -> None:
        self.body = b""  # of the last answer
        self._buffer = b""
        self._answered: Callable[[int], None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes, answered: Callable[[int], None]) -> None:
        assert self._transport is not None
        self._answered = answered
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer, self.body = b"", body
        answered, self._answered = self._answered, None
        assert answered is not None
        answered(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if (answered := self._answered) is not None:
            self._answered = None
            answered(0)


def post(host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one POST with JSON."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def closed(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Report:
    """As fast as `connections` clients can go, each with one request at a time."""
    return asyncio.run(_closed(port, requests, connections, seconds))


def opened(port: int, requests: Iterator[bytes], *, rate: float, connections: int, seconds: float) -> Report:
    """`rate` requests a second, come what may; those that find no free connection wait for one, and the clock runs."""
    return asyncio.run(_opened(port, requests, rate, connections, seconds))


async def connect(port: int, count: int) -> list[Connection]:
    """So many connections to this machine's port."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def _closed(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Report:
    report, made = Report(), await connect(port, connections)
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    running, start = len(made), time.perf_counter()

    def go(connection: Connection) -> None:
        nonlocal running
        sent = time.perf_counter()
        if sent - start >= seconds:
            running -= 1
            if running == 0:
                finished.set_result(None)
            return

        def answered(status: int) -> None:
            report.statuses[status] += 1
            report.waits.append(time.perf_counter() - sent)
            go(connection)

        connection.send(next(requests), answered)

    for connection in made:
        go(connection)
    await finished
    report.seconds = time.perf_counter() - start
    _close(made)
    return report


async def _opened(port: int, requests: Iterator[bytes], rate: float, connections: int, seconds: float) -> Report:
    report, made = Report(), await connect(port, connections)
    free, late = deque(made), deque[float]()
    start, total = time.perf_counter(), int(rate * seconds)

    def go(connection: Connection, due: float) -> None:
        def answered(status: int) -> None:
            report.statuses[status] += 1
            report.waits.append(time.perf_counter() - due)
            if late:
                go(connection, late.popleft())
            else:
                free.append(connection)

        connection.send(next(requests), answered)

    for n in range(total):
        due = start + n / rate
        while (ahead := due - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        if n % 16 == 0:
            await asyncio.sleep(0)
        if free:
            go(free.popleft(), due)
        else:
            late.append(due)
    while len(report.waits) < total:
        await asyncio.sleep(0.01)
    report.seconds = time.perf_counter() - start
    _close(made)
    return report


def _close(made: Iterable[Connection]) -> None:
    for connection in made:
        connection.close()


def cpu_seconds(root: int) -> float:
    """CPU spent by a process, its living descendants, and those of their children that have ended."""
    stats = dict(_stats())
    family, found = {root}, True
    while found:
        fresh = {pid for pid, (parent, _) in stats.items() if parent in family} - family
        family, found = family | fresh, bool(fresh)
    return sum(stats[pid][1] for pid in family if pid in stats) / os.sysconf("SC_CLK_TCK")


def _stats() -> Iterator[tuple[int, tuple[int, int]]]:
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        yield int(place.parent.name), (int(fields[1]), sum(map(int, fields[11:15])))
