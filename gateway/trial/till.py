"""The trial's card terminal and the acquirer's host behind it, simulated, over books of their own beside the bank's.

On the trial day the till speaks to the terminal in the trial's own time, so that a customer who looks for a card, a cut
line and a terminal without power cost nothing; a server speaks to it over TLS like to any terminal (`terminal_port`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import PowerLost, SimulatedTerminal
from connectors.simulators.terminal_faults import DARK_S
from connectors.simulators.terminal_line import SimulatedLine
from connectors.simulators.terminal_server import own_certificate
from connectors.terminal.contract import ACQUIRER
from connectors.terminal.transport import address as where
from gateway import providers
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.terminal_ask import ask
from gateway.counter.terminal_drive import Ways, carry
from gateway.counter.terminal_lane import claim, release_booked
from gateway.counter.terminal_register import NewTerminal, add, choose
from gateway.counter.terminal_store import SaleRow, SaleState
from gateway.kernel.clock import Clock
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.store import PaymentRow
from gateway.trial.found import STATE_FEES
from gateway.trial.hours import TrialClock

NAME, COUNTER = "POS-01", "Q01"
POI_ID, SALE_ID, TID, MID = "DEMO-POI-1", "THUPHI", "DEMO0001", "DEMOMERCHANT"
SPARE, SPARE_POI_ID = "POS-02", "DEMO-POI-2"
BANK, OTHER_BANK = "vietinbank", "vietcombank"
CONNECTOR = ACQUIRER + BANK
MDR = Fraction(11, 1000)
MOST_ATTEMPTS = 4  # of one payer


@dataclass(frozen=True, slots=True)
class Machines:
    """A terminal and its acquirer's host."""

    acquirer: SimulatedAcquirer
    terminal: SimulatedTerminal

    def close(self) -> None:
        """Let go of their files."""
        self.terminal.close()
        self.acquirer.close()


def open_machines(directory: Path, clock: Clock) -> Machines:
    """Both, on their books; the caller closes them."""
    place = _place(directory)
    acquirer = SimulatedAcquirer(place / "acquirer.db", clock=clock, commission=MDR)
    terminal = SimulatedTerminal(place / "terminal.db", acquirer, poi_id=POI_ID, tid=TID, mid=MID, clock=clock)
    return Machines(acquirer, terminal)


def certificate(directory: Path, clock: Clock) -> tuple[Path, Path]:
    """What the terminal shows, and its key."""
    return own_certificate(_place(directory), clock())


def register(environment: Environment, agency: str, address: str) -> None:
    """The terminal in the agency's books, at this address; it stays the same terminal wherever it is plugged in."""
    pem = certificate(environment.settings.data, environment.clock)[0].read_text()
    with environment.begin(actor="demo", agency=agency) as uow:
        if any(one.name == NAME for one in store.terminals(uow.connection, agency)):
            mine = own(store.terminal, agency) & (store.terminal.c.name == NAME)
            uow.connection.execute(sa.update(store.terminal).where(mine).values(address=where(address), flaw=""))
        else:
            _add(uow, agency, address, pem)


def _add(uow: UnitOfWork, agency: str, address: str, pem: str) -> None:
    """The counter's terminal, and a spare one of another bank that comes for its bills itself."""
    terms: dict[str, Any] = {"account": STATE_FEES}
    add(uow, agency, NewTerminal(NAME, BANK, POI_ID, SALE_ID, address=address, certificate=pem, **terms))
    add(uow, agency, NewTerminal(SPARE, OTHER_BANK, SPARE_POI_ID, SALE_ID, model="pull", **terms))
    choose(uow, agency, COUNTER, NAME)
    for bank in (BANK, OTHER_BANK):
        providers.use(uow, agency, ACQUIRER + bank, {"mdr": f"{MDR.numerator}/{MDR.denominator}"}, {})


def _place(directory: Path) -> Path:
    place = directory / "simulators"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


class Till:
    """The counter's side on the trial day."""

    def __init__(self, environment: Environment, agency: str, machines: Machines, clock: TrialClock) -> None:
        self._environment = environment
        self._agency = agency
        self._terminal = machines.terminal
        self._clock = clock
        self.line = SimulatedLine(machines.terminal, clock=clock, move=self._pass)
        self.ways = Ways(lambda _environment, _row: self.line, self.line.sleep, renews=False)

    def take(self, payment: PaymentRow, cashier: str, faults: Collection[str] = ()) -> SaleRow:
        """A payer at the terminal, until the money is taken or nobody knows; what went wrong once is tried again."""
        self._terminal.arm(faults)
        for _ in range(MOST_ATTEMPTS):
            with self._environment.begin(actor=cashier, agency=self._agency) as uow:
                ask(uow, self._agency, payment.id, NAME)
            sale = self._ended(payment)
            if sale.state not in (SaleState.REFUSED, SaleState.REVERSED):
                return sale
            self._power_back()
        raise AssertionError(f"the terminal never took {payment.reference}")

    def work(self) -> int:
        """Carry every sale that is due as far as it goes; how many that were."""
        done = 0
        while claimed := claim(self._environment, 10):
            for sale in claimed:
                asyncio.run(carry(self._environment, sale, self.ways))
            done += len(claimed)
        return done + release_booked(self._environment)

    def _ended(self, payment: PaymentRow) -> SaleRow:
        """The sale once it has ended, or waits for the acquirer's file."""
        while True:
            self.work()
            with self._environment.read() as connection:
                sale = store.latest(connection, self._agency, payment.id)
            if sale.state not in store.UNFINISHED or sale.next_at is None:
                return sale
            self._clock.skip_to(sale.next_at)

    def _power_back(self) -> None:
        """Everything is in order again, and the terminal does what it still had to do."""
        self._pass(2 * DARK_S)
        try:
            self._terminal.advance()
        except PowerLost:
            self._pass(2 * DARK_S)
            self._terminal.advance()

    def _pass(self, seconds: float) -> None:
        self._clock.skip(timedelta(seconds=max(0.0, seconds)))
