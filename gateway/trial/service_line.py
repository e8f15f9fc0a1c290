"""A line to the simulated payment services: HTTP on this machine, at the paths that `serve --demo` has them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.contract import Call
from connectors.simulators.psp import SimulatedPsp
from connectors.simulators.psp_refused import PspSilent


class ServiceLine:
    """Listens on a free port for as long as it is open. The services are told afterwards: they know its address."""

    def __init__(self) -> None:
        self._psps: Mapping[str, SimulatedPsp] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        serve = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serve.start()

    def connect(self, psps: Mapping[str, SimulatedPsp]) -> None:
        """Whom the paths lead to."""
        self._psps = psps

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Carry one call to its service and the reply back."""
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        psp = self._psps[handler.path.split("/")[3]]  # /simulator/psp/<name>/...
        try:
            reply = psp.handle(Call("query", "POST", self.base_url + handler.path, body, headers))
        except PspSilent:
            return
        handler.send_response(reply.status)
        handler.send_header("content-type", reply.content_type)
        handler.send_header("content-length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)


def _handler(line: ServiceLine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            line.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
