"""A counter with a terminal, the acquirer behind it and the gateway before it, in simulated time."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import PowerLost, SimulatedTerminal
from connectors.simulators.terminal_line import SimulatedLine
from gateway.counter import terminal_store as store
from gateway.counter.terminal_ask import ask
from gateway.counter.terminal_drive import Ways, carry
from gateway.counter.terminal_lane import claim, release_booked, resume
from gateway.counter.terminal_register import NewTerminal, add
from gateway.counter.terminal_store import SaleRow
from gateway.kernel.clock import business_day
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from gateway.settlement.store import notice
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, Town

ACQUIRER = "demobank"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


class Killed(BaseException):
    """The process is gone in the middle of whatever it did."""


class Till:
    """Verbs a test tells its story with."""

    def __init__(self, town: Town, clock: HandClock, directory: Path, *, number: int = 1, implied: int = 0) -> None:
        self.town, self.clock = town, clock
        self.environment: Environment = town.environment
        self.directory, self.implied = directory, implied
        self.name, self.poi_id = f"POS-{number}", f"POI-{number}"
        directory.mkdir(exist_ok=True)
        self.acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=clock, implied=implied)
        self.terminal = self._terminal()
        self.line = SimulatedLine(self.terminal, clock=clock, move=lambda seconds: clock.advance(seconds=seconds))
        self.ways = Ways(lambda _environment, _row: self.line, self.line.sleep, renews=False)
        self.add(self.name, self.poi_id)

    def add(self, name: str, poi_id: str, **more: Any) -> None:
        """Another terminal of the agency's."""
        described = {
            "address": "10.0.0.7:8443",
            "certificate": CERTIFICATE,
            "account": ACCOUNT,
            "implied": self.implied,
        }
        wanted = {"acquirer": ACQUIRER, "sale_id": "TILL-1"} | described | more
        with self.environment.begin(actor="test", agency=AGENCY) as uow:
            add(uow, AGENCY, NewTerminal(name=name, poi_id=poi_id, **wanted))

    def _terminal(self) -> SimulatedTerminal:
        return SimulatedTerminal(
            self.directory / "terminal.db",
            self.acquirer,
            poi_id=self.poi_id,
            tid="TID00001",
            mid="MID0000001",
            clock=self.clock,
            implied=self.implied,  # type: ignore[arg-type]
        )

    def ask(self, payment: PaymentRow, name: str = "") -> SaleRow:
        """The clerk presses the key."""
        with self.environment.begin(actor="officer:1", agency=AGENCY) as uow:
            return ask(uow, AGENCY, payment.id, name or self.name)

    def work(self) -> None:
        """The worker does everything that is due now; where it is killed, the next one does."""
        try:
            self._work()
        except Killed:
            self.restart()
            self._work()

    def _work(self) -> None:
        while claimed := claim(self.environment, 10):
            for sale in claimed:
                asyncio.run(carry(self.environment, sale, self.ways))
        self.town.work()
        release_booked(self.environment)

    def settle(self) -> None:
        """Time goes by until nobody has anything left to do."""
        self.work()
        while waits := [s.next_at for s in self.unfinished() if s.next_at is not None]:
            self.clock.moment = max(self.clock.moment, min(waits))
            self.work()

    def restart(self) -> None:
        """The gateway's process is gone and comes back."""
        self.clock.advance(seconds=31)  # on PostgreSQL another process would have to wait for the lease
        resume(self.environment)

    def unfinished(self) -> list[SaleRow]:
        with self.environment.read() as connection:
            return store.sales(connection, store.unfinished())

    def sale(self, payment: PaymentRow) -> SaleRow:
        with self.environment.read() as connection:
            return store.latest(connection, AGENCY, payment.id)

    def booked(self, payment: PaymentRow) -> int:
        """What the gateway's book says the acquirer owes for a payment, đồng."""
        mine = (notice.c.payment_id == payment.id) & (notice.c.connector == f"pos.{ACQUIRER}")
        with self.environment.read() as connection:
            return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(notice.c.counted), 0)).where(mine)))

    def receipts(self, payment: PaymentRow) -> int:
        """How many receipts it has."""
        return sum(1 for row in self.town.receipts() if row.payment == payment.id)

    def power_back(self) -> None:
        """Everything is in order again, and the terminal does what it still had to do."""
        self.line.repair()
        self.clock.advance(seconds=120)
        try:
            self.terminal.advance()
        except PowerLost:
            self.clock.advance(seconds=120)
            self.terminal.advance()

    def days(self) -> set[date]:
        """The trading days of the terminal's sales."""
        return {sale.traded_on for sale in self.acquirer.sales()} | {
            business_day(s.asked_at) for s in self.unfinished()
        }


def asked_card(town: Town, directory: Path, clock: HandClock) -> PaymentRow:
    """A payment that a terminal of the town's has been asked for."""
    till = Till(town, clock, directory / "till")
    payment = town.payment(LE_PHI, channel="pos")
    till.ask(payment)
    return payment
