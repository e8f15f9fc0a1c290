"""A call ends, whatever the other side does, and says whether a byte may have left."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from gateway.kernel.wire import NoAnswer, Sent, Told, call

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that does with each connection what it is told."""
    listening: list[socket.socket] = []

    def start(act: Callable[[socket.socket], None]) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        listening.append(door)

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken, _ = door.accept()
                    with taken, contextlib.suppress(OSError):
                        taken.recv(65_536)
                        act(taken)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/"

    yield start
    for door in listening:
        door.close()


def ask(url: str, total_s: float = 0.5) -> Told:
    return call(Sent("POST", url, {"x": "y"}, b"body"), total_s=total_s, most_bytes=100)


def drip(taken: socket.socket) -> None:
    for byte in HEAD + b"x" * 20:
        taken.sendall(bytes([byte]))
        time.sleep(0.05)


def test_a_whole_answer(serve: Serve) -> None:
    told = ask(serve(lambda taken: taken.sendall(HEAD + b"x" * 20)), total_s=10)
    assert (told.status, told.body) == (200, b"x" * 20)


@pytest.mark.parametrize(
    ("act", "cause", "timed_out"),
    [
        (drip, "deadline", True),
        (lambda taken: time.sleep(1), "deadline", True),
        (lambda taken: taken.sendall(HEAD + b"half"), "RemoteProtocolError", False),
        (lambda taken: None, "RemoteProtocolError", False),
        (lambda taken: taken.sendall(HEAD.replace(b": 20", b": 200") + b"x" * 200), "too_large", False),
    ],
    ids=["dripping", "silent", "cut", "closed", "too large"],
)
def test_no_whole_answer(serve: Serve, act: Callable[[socket.socket], None], cause: str, timed_out: bool) -> None:
    with pytest.raises(NoAnswer) as none:
        ask(serve(act))
    assert (none.value.cause, none.value.sent, none.value.timed_out) == (cause, True, timed_out)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://[bad/"])
def test_what_never_left(url: str) -> None:
    with pytest.raises(NoAnswer) as none:
        ask(url, total_s=10)
    assert not none.value.sent
