"""The HTTP door of a simulated counterpart: a free loopback port, bodies of bounded length, nothing logged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST = 10_000  # bytes of a request


class Door(BaseHTTPRequestHandler):
    """What every counterpart's handler does alike."""

    def do_POST(self) -> None:
        self.posted(self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LONGEST)))

    def posted(self, body: bytes) -> None:
        """Answer a request; `body` is as much of it as is read."""
        raise NotImplementedError

    def say(self, status: int, media: str, data: bytes) -> None:
        """A whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def opened(door: type[Door]) -> Iterator[str]:
    """The door on a free loopback port; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
