"""A simulated terminal as a machine on the network: HTTPS at `/nexo`, a WebSocket for its display at `/nexo/display`.

Runs in real time; a process that is killed and started again over the same files goes on like a terminal that lost power.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from connectors.exact_json import Unreadable
from connectors.simulators.terminal import PowerLost, SimulatedTerminal
from connectors.simulators.terminal_answers import display
from connectors.terminal import envelope, screen
from connectors.terminal.envelope import Ends
from connectors.terminal.transport import PATH

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOOK_S = 0.02
DISPLAY = PATH + screen.DISPLAY


class LineCut(Exception):
    """The connection goes without an answer."""


class TerminalApp:
    """An ASGI application (3.0) around one terminal. `sale_id` is the till its display speaks to."""

    def __init__(self, terminal: SimulatedTerminal, sale_id: str) -> None:
        self._terminal = terminal
        self._ends = Ends(sale_id, terminal.poi_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._display(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST" or scope["path"] != PATH:
            await _reply(send, 404, b"")
            return
        try:
            answer = await self._answer(await _body(receive))
        except Unreadable as flaw:
            await _reply(send, 400, json.dumps({"error": flaw.code}).encode())
        except (PowerLost, LineCut):
            await _reply(send, 503, b"")  # as near to a cut cable as HTTP comes
        else:
            await _reply(send, 200, answer)

    async def _answer(self, raw: bytes) -> bytes:
        asked = envelope.read(raw)
        paying = asked.category == "Payment"
        if paying and self._terminal.hit("cut_before_send"):
            raise LineCut
        answer = self._terminal.handle(raw)
        if paying and self._terminal.hit("duplicate"):
            answer = self._terminal.handle(raw)
        while answer is None:
            await asyncio.sleep(LOOK_S)
            answer = self._terminal.answer_to(asked.ends.sale_id, asked.service_id)
        if paying and self._terminal.hit("cut_before_answer"):
            raise LineCut
        return answer

    async def _display(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if scope["path"] != DISPLAY:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        gone = asyncio.create_task(_gone(receive))
        shown, number = "", 0
        while not gone.done():
            if shown != self._terminal.screen:
                shown, number = self._terminal.screen, number + 1
                raw = envelope.request("Display", self._ends, f"{number:010d}", display(shown))
                await send({"type": "websocket.send", "text": raw.decode()})
            await asyncio.wait([gone], timeout=LOOK_S)


def serve(app: TerminalApp, *, host: str, port: int, certificate: Path, key: Path) -> Any:
    """A uvicorn server with TLS, ready to be run (`run()` blocks, `serve()` is awaited)."""
    import uvicorn

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        log_level="warning",
        lifespan="off",
        ws="websockets-sansio",
    )
    return uvicorn.Server(config)


def own_certificate(directory: Path, now: Any) -> tuple[Path, Path]:
    """The terminal's certificate and key in `directory`, made the first time: self-signed, as terminals' are."""
    certificate, key = directory / "terminal.pem", directory / "terminal.key"
    if not (certificate.exists() and key.exists()):
        made, private = _made(now)
        key.write_bytes(private)
        key.chmod(0o600)
        certificate.write_bytes(made)
    return certificate, key


def _made(now: Any) -> tuple[bytes, bytes]:
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DEMO terminal")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    signed = builder.not_valid_after(now + timedelta(days=3650)).sign(private, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    pem = private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return signed.public_bytes(serialization.Encoding.PEM), pem


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LineCut
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > 1 << 16:
            raise Unreadable("body.too_large")
    return body


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
