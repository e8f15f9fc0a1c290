"""A remote signing service for trials and tests: signs each request once, and can be slow, down, wrong or forgetful.

Never for real keys: the key lies in this process.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from receipts.remote import ServiceDown
from receipts.simulated_door import Door, opened

Fault = Literal["down", "cut", "wrong", "other", "garbage"]


@dataclass
class SimulatedService:
    """`slow` is how many looks a request takes before it is signed; `faults` are used up one a request."""

    key: rsa.RSAPrivateKey
    slow: int = 0
    faults: list[Fault] = field(default_factory=list)
    signed: Counter[str] = field(default_factory=Counter)  # request id -> how often the key was used
    asked: Counter[str] = field(default_factory=Counter)
    _kept: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    def request(self, request_id: str, digest: bytes) -> bytes | None:
        """As `remote.SigningService`; the same id with another digest is refused."""
        fault = self.faults.pop(0) if self.faults else None
        if fault == "down":
            raise ServiceDown("simulated: down")
        self.asked[request_id] += 1
        signature = self._signature(request_id, digest)
        if fault == "cut":  # signed, but the answer is lost
            raise ServiceDown("simulated: cut")
        if self.asked[request_id] <= self.slow:
            return None
        if fault == "wrong":
            return bytes(len(signature))
        if fault == "other":
            return self._sign(bytes(32))
        return b"not a signature" if fault == "garbage" else signature

    def _signature(self, request_id: str, digest: bytes) -> bytes:
        if request_id not in self._kept:
            self._kept[request_id] = digest, self._sign(digest)
            self.signed[request_id] += 1
        known, signature = self._kept[request_id]
        if known != digest:
            raise ServiceDown("simulated: another hash under the same request id")
        return signature

    def _sign(self, digest: bytes) -> bytes:
        return self.key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))


@contextmanager
def served(service: SimulatedService, secret: str) -> Iterator[str]:
    """The service over HTTP on a free loopback port; its URL."""

    class Answering(Door):
        def posted(self, body: bytes) -> None:
            if self.headers.get("Authorization") != f"Bearer {secret}" or self.path != "/signatures":
                self._answer(403, {"error": "forbidden"})
                return
            asked = json.loads(body)
            try:
                signature = service.request(asked["request_id"], base64.b64decode(asked["hash"]))
            except ServiceDown:
                self._answer(503, {"error": "down"})
                return
            if signature is None:
                self._answer(202, {"state": "pending"})
            else:
                self._answer(200, {"signature": base64.b64encode(signature).decode()})

        def _answer(self, status: int, body: dict[str, str]) -> None:
            self.say(status, "application/json", json.dumps(body).encode())

    with opened(Answering) as url:
        yield url
