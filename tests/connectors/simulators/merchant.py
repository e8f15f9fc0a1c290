"""A merchant of the simulated payment service: the real connector, answering with its own book of two facts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from connectors.contract import (
    Answer,
    Call,
    Desk,
    Forged,
    Malformed,
    Notice,
    Order,
    Received,
    Redirect,
    Refund,
    Reply,
    Request,
    Standing,
)
from connectors.providers.vnpay import VNPay
from connectors.providers.vnptpay import VNPTPay
from connectors.simulators.psp import Outgoing, SimulatedPsp
from connectors.simulators.psp_refused import PspSilent
from connectors.simulators.psp_till import Wire
from connectors.simulators.psp_vnpay import Vnpay
from connectors.simulators.psp_vnptpay import Vnptpay

PROVIDERS = ("vnpay", "vnptpay", "vnptpay 1.0.5", "vnptpay agency", "vnptpay qr", "vnptpay form")
HOOK = "/callbacks/demo/psp"
SECRET = "test-secret-not-real"
API_KEY = "api-key-not-real"

_MORE = {
    "vnptpay 1.0.5": {"version": "1.0.5"},
    "vnptpay agency": {"agency_id": "471"},
    "vnptpay qr": {"start_op": "pay_qrcode"},
}


def wire(provider: str, *, secret: str = SECRET) -> Wire:
    """The service's side of a provider's protocol."""
    if provider == "vnpay":
        return Vnpay("TESTTMN1", secret)
    return Vnptpay("470", secret, API_KEY, form=provider == "vnptpay form")


@contextmanager
def opened(
    book: Path,
    provider: str,
    clock: Callable[[], datetime],
    *,
    seed: int = 7,
    commission: Fraction = Fraction(0),
    refunds: bool = False,
) -> Iterator[SimulatedPsp]:
    """The service on its book, with seeded bits."""
    bits = random.Random(seed).getrandbits
    with SimulatedPsp(
        book, wire(provider), hook=HOOK, clock=clock, bits=bits, commission=commission, refunds=refunds
    ) as psp:
        yield psp


@dataclass
class Merchant:
    """Starts, asks and answers as the gateway does, without a network between."""

    psp: SimulatedPsp
    provider: str
    clock: Callable[[], datetime]
    asked: int = 0
    seen: dict[str, str] = field(default_factory=dict)  # event id -> fingerprint
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def connector(self) -> VNPay | VNPTPay:
        return VNPay() if self.provider == "vnpay" else VNPTPay()

    def desk(self) -> Desk:
        """Settings of every provider; the nonce counts on."""
        self.asked += 1
        settings = {"tmn_code": "TESTTMN1", "host": "https://psp.example", "account": "113000000001"}
        settings |= {"base_url": "https://psp.example", "merchant_service_id": "470"}
        settings |= {"failed_statuses": "01", **_MORE.get(self.provider, {})}
        secrets = {"hash_secret": SECRET, "secret_key": SECRET, "api_key": API_KEY}
        return Desk(settings, self.clock(), f"N{self.asked:06d}", secrets)

    def order(self, reference: str = "BLQGP1XF3A77", amount: int = 50_000) -> Order:
        now = self.clock()
        until = now + timedelta(minutes=15)
        made = Order(reference, amount, "Nộp lệ phí", now, until, "https://gw.example/back", "203.0.113.9")
        return self.orders.setdefault(reference, made)

    def start(self, order: Order) -> Answer | Redirect:
        """The page to send the payer to, or what the service said instead."""
        begun = self.connector.start(order, self.desk())
        return begun if isinstance(begun, Redirect) else self.send(begun)

    def page(self, reference: str = "BLQGP1XF3A77", amount: int = 50_000) -> Redirect | str:
        """Where the payer goes."""
        begun = self.start(self.order(reference, amount))
        return begun if isinstance(begun, Redirect) else begun.pay_url or begun.qr

    def query(self, order: Order) -> Answer:
        return self.send(self.connector.query(order, self.desk()))

    def refund(self, order: Order, refund: Refund) -> Answer:
        connector = self.connector
        assert isinstance(connector, VNPay)
        known = self.query(order).provider_id
        return self.send(connector.refund(replace(order, provider_id=known), refund, self.desk()))

    def send(self, call: Call) -> Answer:
        try:
            said: Reply = self.psp.handle(call)
        except PspSilent as silence:
            return self.connector.read(call, silence.failure, self.desk())
        return self.connector.read(call, said, self.desk())

    def read(self, request: Request) -> Received:
        return self.connector.receive(request, self.desk())

    def take(self) -> list[Received]:
        """Every due notification, read and answered by how it stands with its order."""
        return [self.answer(outgoing) for outgoing in self.psp.due_ipns()]

    def answer(self, outgoing: Outgoing, standing: Standing | None = None) -> Received:
        received = self.read(outgoing.request)
        standing = standing or self.standing(received)
        reply = self.connector.acknowledge(outgoing.request, received, standing, self.desk())
        self.psp.answered(outgoing.id, reply.status, reply.body)
        return received

    def standing(self, received: Received) -> Standing:
        if isinstance(received, Forged):
            return Standing.FORGED
        if isinstance(received, Malformed):
            return Standing.MALFORMED
        if received.order_code not in self.orders:
            return Standing.UNKNOWN_REFERENCE
        if received.amount != self.orders[received.order_code].amount:
            return Standing.AMOUNT_DIFFERS
        known = self.seen.setdefault(received.event_id, received.fingerprint) == received.fingerprint
        return Standing.RECORDED if known else Standing.CONFLICTING

    def paid(self) -> list[Notice]:
        """Every due notification, all of them genuine."""
        taken = self.take()
        assert all(isinstance(received, Notice) for received in taken), taken
        return [received for received in taken if isinstance(received, Notice)]
