"""A simulated bank with one account, a given key and seeded bits, and the call it expects us to answer."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from connectors.contract import Desk, Notice, Received, Request, Standing
from connectors.providers.vietinbank import VietinBank
from connectors.simulators.bank import Outgoing, SimulatedBank
from connectors.vietqr.codec import encode, for_payment

GOLDEN = Path(__file__).parents[2] / "golden" / "connectors"

ACCOUNT = "113000000001"
HOOK = "/callbacks/demo/vietinbank"
REFERENCE = "BLQGP1XF3A77"

Clock = Callable[[], datetime]
OpenBank = Callable[..., SimulatedBank]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Where the book will be; the bank's key is there already, which saves making one."""
    path = tmp_path / "bank.db"
    shutil.copy(GOLDEN / "bank_test.key.pem", tmp_path / "bank.db.key.pem")
    return path


@pytest.fixture
def open_bank(book: Path, clock: Clock) -> Iterator[OpenBank]:
    """Opens the bank on its book, as often as the test wants."""
    opened: list[SimulatedBank] = []

    def start(seed: int = 7) -> SimulatedBank:
        bank = SimulatedBank(book, clock=clock, bits=random.Random(seed).getrandbits, provider="THUPHI")
        bank.open_account(ACCOUNT, "TRUNG TAM HCC", hook=HOOK, opening=1_000_000)
        opened.append(bank)
        return bank

    yield start
    for bank in opened:
        bank.close()


@pytest.fixture
def bank(open_bank: OpenBank) -> SimulatedBank:
    return open_bank()


@pytest.fixture
def qr() -> Callable[..., str]:
    """A payload for the account."""

    def payload(amount: int = 150_000, *, bin: str = "970415", account: str = ACCOUNT, purpose: str = REFERENCE) -> str:
        return encode(for_payment(bin=bin, account=account, amount=amount, purpose=purpose))

    return payload


class Customer:
    """The bank's customer: reads with the real connector and answers with it."""

    def __init__(self, bank: SimulatedBank, clock: Clock) -> None:
        self.bank = bank
        self._desk = Desk(
            settings={"provider_id": "THUPHI", "bank_public_key": bank.public_key_pem()},
            secrets={"private_key": (GOLDEN / "gateway_test.key.pem").read_text()},
            now=clock(),
        )

    def read(self, request: Request) -> Received:
        return VietinBank().receive(request, self._desk)

    def take(self) -> list[Received]:
        """Every due call, read and answered recorded where it is genuine."""
        return [self._answer(outgoing) for outgoing in self.bank.due_notices()]

    def _answer(self, outgoing: Outgoing) -> Received:
        received = self.read(outgoing.request)
        standing = Standing.RECORDED if isinstance(received, Notice) else Standing.FORGED
        reply = VietinBank().acknowledge(outgoing.request, received, standing, self._desk)
        self.bank.answered(outgoing.id, reply.status, reply.body)
        return received


@pytest.fixture
def serve(clock: Clock) -> Callable[[SimulatedBank], Customer]:
    """The customer of a given bank."""
    return lambda bank: Customer(bank, clock)


@pytest.fixture
def customer(bank: SimulatedBank, serve: Callable[[SimulatedBank], Customer]) -> Customer:
    return serve(bank)


@pytest.fixture
def said() -> Callable[[str], bytes]:
    """The body of an answer with that errorCode."""
    return lambda code: json.dumps({"errorCode": code}).encode()
