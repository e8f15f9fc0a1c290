"""The bad line does what it is told: otherwise the storm would prove nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.processes import eventually
from tests.chaos.proxy import Fault, FaultProxy, Weather

WORD = b"phi va le phi"


class Echo:
    """Answers what it hears, and remembers how often it heard it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            while data := line.recv(1_000):
                self.heard.append(data)
                line.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


def say(echo: Echo, fault: Fault | None) -> tuple[bytes, Weather]:
    """What comes back of one word over a line with this fault; b"" where the line broke."""
    weather = Weather("one", {fault: 1.0} if fault else {}, most_bytes=1, hole_seconds=0.3)
    with FaultProxy(echo.address, weather) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as line:
        line.sendall(WORD)
        try:
            return line.recv(1_000), weather
        except ConnectionResetError:
            return b"", weather


def test_a_good_line_carries(echo: Echo) -> None:
    assert say(echo, None)[0] == WORD


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.BLACK_HOLE])
def test_a_broken_line_carries_nothing(echo: Echo, fault: Fault) -> None:
    back, weather = say(echo, fault)
    assert (back, echo.heard) == (b"", [])
    assert weather.struck[fault] == 1


def test_a_slow_line_carries_all(echo: Echo) -> None:
    back, weather = say(echo, Fault.DELAY)
    assert back == WORD
    assert weather.struck[Fault.DELAY] >= 1


def test_a_doubled_line_is_heard_twice_and_answered_once(echo: Echo) -> None:
    back, _ = say(echo, Fault.DUPLICATE)
    assert back == WORD
    assert eventually(lambda: echo.heard == [WORD, WORD], 5)
