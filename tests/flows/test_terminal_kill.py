"""`kill -9` of the gateway while a card is at the terminal: the next process asks, and never charges again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.counter.terminal_store import SaleState
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.flows.till import Till
from tests.town import LE_PHI, Town

DIES = """
import asyncio, os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import SimulatedTerminal
from connectors.simulators.terminal_line import SimulatedLine
from gateway.counter.terminal_drive import Ways, carry
from gateway.counter.terminal_lane import claim
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment

directory, data, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
now = [datetime.fromisoformat(sys.argv[4])]
clock = lambda: now[0]
def move(seconds): now[0] += timedelta(seconds=seconds)
def die(): os.kill(os.getpid(), signal.SIGKILL)
acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=clock)
terminal = SimulatedTerminal(directory / "terminal.db", acquirer, poi_id="POI-1", tid="TID00001", mid="MID0000001",
                             clock=clock)
line = SimulatedLine(terminal, clock=clock, move=move)
class Deadly:
    async def send(self, message, timeout_s):
        if when == "before": die()
        answer = await line.send(message, timeout_s)
        die()
environment = Environment(Settings(data=data, database_url=None), clock=clock)
(sale,) = claim(environment, 1)
asyncio.run(carry(environment, sale, Ways(lambda _e, _r: Deadly(), line.sleep, renews=False)))
"""


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_gateway_finds_out_and_charges_once(
    environment: Environment, clock: HandClock, tmp_path: Path, when: str
) -> None:
    town = Town(environment, tmp_path)
    till = Till(town, clock, tmp_path)
    payment = town.payment(LE_PHI, channel="pos")
    till.ask(payment)
    environment.close()
    arguments = [str(tmp_path), str(environment.settings.data), when, clock().isoformat()]
    dead = subprocess.run([sys.executable, "-c", DIES, *arguments], env=dict(os.environ, PYTHONPATH="."))
    assert dead.returncode == -signal.SIGKILL

    clock.advance(minutes=1)
    till.restart()
    till.work()
    if when == "before":
        assert (till.sale(payment).state, till.sale(payment).reason) == (SaleState.REFUSED, "not_found")
        till.ask(payment)
        till.work()
    assert till.sale(payment).state is SaleState.APPROVED
    assert till.acquirer.standing() == {payment.reference: payment.amount}
    assert town.view(payment).status == "paid"
    town.ties()
