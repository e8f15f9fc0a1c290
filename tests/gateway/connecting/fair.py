"""A town whose agency also collects by VNPAY and VNPT Pay: the whole simulated services, called over real HTTP."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from connectors.contract import Call, Reply
from connectors.simulators.psp import SimulatedPsp
from connectors.simulators.psp_refused import PspSilent
from connectors.simulators.psp_till import Wire
from connectors.simulators.psp_vnpay import Vnpay
from connectors.simulators.psp_vnptpay import Vnptpay
from gateway import providers
from gateway.connecting import lane
from gateway.kernel.uow import Environment
from gateway.payments import store as payments_store
from gateway.payments.provider_start import redirect_of
from gateway.payments.store import PaymentRow
from gateway.settlement import inbox
from tests.town import ACCOUNT, AGENCY, LE_PHI, Town

HASH_SECRET = "hash-secret-not-real"
SECRET_KEY = "secret-key-not-real"
API_KEY = "api-key-not-real"
PSPS = ("vnpay", "vnptpay")
Fault = Literal["refuse", "hang", "cut", "drip"]


class Counter:
    """A service behind a socket. `calls` is what reached it; `faults` spoil the wire, one call each."""

    def __init__(self, psp: SimulatedPsp) -> None:
        self.psp = psp
        self.calls: list[Call] = []
        self.faults: deque[Fault] = deque()
        self.meanwhile: Callable[[], None] = lambda: None  # done while a call is in hand
        self._open = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def hang_up(self) -> None:
        """Who gets no answer is told so by the end of the connection, not by a time-out."""
        self._open.set()

    def close(self) -> None:
        self._open.set()
        self.server.shutdown()
        self.server.server_close()
        self.psp.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = Call("query", handler.command, self.url + handler.path, body, headers, timeout_s=15)
        self.calls.append(call)
        self.meanwhile()
        fault = self.faults.popleft() if self.faults else None
        if fault == "refuse":
            return
        try:
            reply = self.psp.handle(call)
        except PspSilent:
            fault = "hang"
        if fault == "hang":
            self._open.wait(10)
            return
        with contextlib.suppress(OSError):
            self._answer(handler, reply, fault)

    def _answer(self, handler: BaseHTTPRequestHandler, reply: Reply, fault: Fault | None) -> None:
        handler.send_response(reply.status)
        handler.send_header("content-type", reply.content_type)
        handler.send_header("content-length", str(len(reply.body)))
        handler.end_headers()
        if fault == "cut":
            handler.wfile.write(reply.body[: len(reply.body) // 2])
        elif fault == "drip":
            for byte in reply.body:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.05)
        else:
            handler.wfile.write(reply.body)


class Fair(Town):
    """The town with its two services."""

    def __init__(self, environment: Environment, directory: Path) -> None:
        super().__init__(environment, directory)
        wires: dict[str, Wire] = {
            "vnpay": Vnpay("TESTTMN1", HASH_SECRET),
            "vnptpay": Vnptpay("470", SECRET_KEY, API_KEY),
        }
        self.counters = {name: Counter(self._psp(directory, name, wire)) for name, wire in wires.items()}
        with environment.begin(actor="test", agency=AGENCY) as uow:
            for name in PSPS:
                providers.use(uow, AGENCY, name, *self.setting(name))

    def _psp(self, directory: Path, name: str, wire: Wire) -> SimulatedPsp:
        hook = f"/callbacks/{AGENCY}/{name}"
        bits = random.Random(7).getrandbits
        return SimulatedPsp(
            directory / f"{name}.db", wire, hook=hook, clock=lambda: self.environment.clock(), bits=bits, refunds=True
        )

    def setting(self, name: str) -> tuple[dict[str, str], dict[str, str]]:
        """Settings and secrets of one of the services."""
        url = self.counters[name].url
        if name == "vnpay":
            return {"tmn_code": "TESTTMN1", "host": url, "account": ACCOUNT}, {"hash_secret": HASH_SECRET}
        settings = {"base_url": url, "merchant_service_id": "470", "account": ACCOUNT, "failed_statuses": "01"}
        return settings, {"api_key": API_KEY, "secret_key": SECRET_KEY}

    def close(self) -> None:
        for counter in self.counters.values():
            counter.close()

    def begun(self, name: str) -> tuple[PaymentRow, str]:
        """A payment by this service, and the page its payer is sent to."""
        payment = self.payment(LE_PHI, channel=name)
        self.speak()
        page = self.page(payment)
        assert page is not None
        return payment, page

    def page(self, payment: PaymentRow) -> str | None:
        with self.environment.read() as connection:
            return redirect_of(connection, payment.id)

    def speak(self) -> int:
        """The worker does what is due at the services."""
        return lane.work(self.environment)

    def hear(self, name: str) -> list[bytes]:
        """The service sends what notifications are due; what it was answered."""
        psp, answers = self.counters[name].psp, []
        for outgoing in psp.due_ipns():
            reply = inbox.receive(self.environment, AGENCY, name, outgoing.request)
            psp.answered(outgoing.id, reply.status, reply.body)
            answers.append(reply.body)
        return answers

    def now(self, payment: PaymentRow) -> PaymentRow:
        with self.environment.read() as connection:
            return payments_store.by_id(connection, AGENCY, payment.id)

    def at(self, moment: datetime) -> None:
        """Let the clock be there."""
        self.environment.clock.moment = moment  # type: ignore[attr-defined]
