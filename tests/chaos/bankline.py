"""The bank calls the gateway over HTTP: every notice, duplicates of some, and what it was answered goes to the journal."""

from __future__ import annotations

import json
import random
import threading

import httpx2

from connectors.contract import Reply, Request
from connectors.providers.vietinbank import SIGNED_NOTICE
from connectors.signing import joined, rsa_sha256_holds
from connectors.simulators.bank import SimulatedBank
from gateway.trial.pump import Pump
from tests.chaos.journal import Journal

TIMEOUT = httpx2.Timeout(4, connect=2)
AGAIN = 0.1  # share of notices that are sent twice for no reason


class BankLine:
    """Two lines out of one bank, so that notices overtake one another."""

    def __init__(self, bank: SimulatedBank, address: str, journal: Journal, *, seed: int) -> None:
        self._bank = bank
        self._address = address
        self._journal = journal
        self._draw = random.Random(f"line {seed}")
        self._local = threading.local()
        self._clients: list[httpx2.Client] = []
        self._pumps = [Pump(bank, self._deliver) for _ in range(2)]
        for pump in self._pumps:
            pump.start()

    def close(self) -> None:
        for pump in self._pumps:
            pump.stop()
        for client in self._clients:
            client.close()

    def _deliver(self, request: Request) -> Reply:
        for _ in range(1 + (self._draw.random() < AGAIN)):
            answer = self._client().request(
                request.method, request.path, content=request.body, headers=dict(request.headers)
            )
            reply = Reply(answer.status_code, answer.content)
            self._note(request.body, reply)
        return reply

    def _note(self, body: bytes, reply: Reply) -> None:
        """What was acknowledged, by the bank's own id; a forged notice must never be."""
        self._journal.count(f"notice answered {reply.status}")
        if not 200 <= reply.status < 300 or json.loads(reply.body)["errorCode"] not in ("00", "05"):
            return
        told = json.loads(body)
        data, signature = told["data"], told["header"]["signature"]
        genuine = rsa_sha256_holds(
            joined(data.get(name, "") for name in SIGNED_NOTICE), signature, self._bank.public_key_pem()
        )
        (self._journal.recorded if genuine else self._journal.forged_accepted).add(data["transId"])

    def _client(self) -> httpx2.Client:
        if not hasattr(self._local, "client"):
            self._local.client = httpx2.Client(base_url=self._address, timeout=TIMEOUT)
            self._clients.append(self._local.client)
        client: httpx2.Client = self._local.client
        return client
