"""A short message centre for trials: SMPP 3.4 over TCP, and the same as an HTTP gateway; it refuses and fails on request.

It speaks the few messages a sender needs: bind_transmitter, submit_sm, unbind, enquire_link (SMPP 3.4, section 4).
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass

FAULTS = frozenset({"refuse_number", "queue_full", "cut", "no_answer"})

_BIND, _UNBIND, _SUBMIT, _ENQUIRE = 0x02, 0x06, 0x04, 0x15
_ANSWER = 0x80000000
_OK, _BAD_NUMBER, _QUEUE_FULL, _BAD_LOGIN = 0x00, 0x0B, 0x58, 0x0E
_HEADER = struct.Struct(">IIII")


@dataclass(frozen=True, slots=True)
class Taken:
    """One message the centre took."""

    source: str
    to: str
    text: str


class SmsCentre:
    """Listens on a free loopback port until closed; `taken` is what it would have delivered."""

    def __init__(self, *, login: str = "thuphi", password: str = "secret") -> None:  # noqa: S107 - of a simulator
        self.taken: list[Taken] = []
        self.faults: list[str] = []  # each is used up by one message
        self._login = (login, password)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                talk, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(talk,), daemon=True).start()

    def _talk(self, talk: socket.socket) -> None:
        with talk:
            while (head := _read(talk, _HEADER.size)) is not None:
                length, command, _, sequence = _HEADER.unpack(head)
                body = _read(talk, length - _HEADER.size) if length > _HEADER.size else b""
                if body is None or not self._answer(talk, command, sequence, body):
                    return

    def _answer(self, talk: socket.socket, command: int, sequence: int, body: bytes) -> bool:
        status, content = _OK, b""
        if command == _BIND:
            login, password = (part.decode() for part in body.split(b"\0")[:2])
            status = _OK if (login, password) == self._login else _BAD_LOGIN
            content = b"thuphi\0"
        elif command == _SUBMIT:
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "cut":
                return False
            if fault != "no_answer":
                status = {"refuse_number": _BAD_NUMBER, "queue_full": _QUEUE_FULL}.get(fault, _OK)
            if status == _OK:
                self.taken.append(_submitted(body))
            if fault == "no_answer":
                return False
            content = b"%d\0" % len(self.taken)
        elif command not in (_UNBIND, _ENQUIRE):
            return False
        talk.sendall(_HEADER.pack(_HEADER.size + len(content), command | _ANSWER, status, sequence) + content)
        return command != _UNBIND


def _read(talk: socket.socket, size: int) -> bytes | None:
    """Exactly `size` bytes, or None when the line ends."""
    found = b""
    while len(found) < size:
        try:
            more = talk.recv(size - len(found))
        except OSError:
            return None
        if not more:
            return None
        found += more
    return found


def _submitted(body: bytes) -> Taken:
    """The fields of submit_sm that matter (SMPP 3.4, 4.4.1)."""
    _, rest = body.split(b"\0", 1)  # service_type
    source, rest = rest[2:].split(b"\0", 1)
    to, rest = rest[2:].split(b"\0", 1)
    _, rest = rest[3:].split(b"\0", 1)  # schedule_delivery_time
    _, rest = rest.split(b"\0", 1)  # validity_period
    length = rest[4]
    return Taken(source.decode(), to.decode(), rest[5 : 5 + length].decode("ascii"))
