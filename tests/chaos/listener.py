"""The one-stop system's end of the webhooks: checks each signature, writes down each id, and fails now and then."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.chaos.journal import Journal


class Listener:
    """A server on a loopback port."""

    def __init__(self, journal: Journal, *, seed: int) -> None:
        self.failing = 0.1  # share of calls that are answered 500
        self.secret = ""
        draw = random.Random(f"listener {seed}")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the caller was killed while it spoke: nothing was said
                    return
                status = 500 if draw.random() < outer.failing else 204
                try:
                    Webhook(outer.secret).verify(body, {k.lower(): v for k, v in self.headers.items()})
                except WebhookVerificationError:
                    journal.flaw("webhook.signature", self.headers["webhook-id"])
                if status == 204:
                    journal.heard[self.headers["webhook-id"]] += 1
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError):  # the caller was killed
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
