"""The simulated terminal and its acquirer: a service id is charged once, books survive a kill, no card number is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Outcome
from connectors.simulators import acquirer_wire as wire
from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import SimulatedTerminal
from connectors.simulators.terminal_faults import FaultUnknown
from connectors.simulators.terminal_host import PAN, TRACK
from connectors.simulators.terminal_line import SimulatedLine
from connectors.terminal.contract import Bill
from connectors.terminal.envelope import Ends
from connectors.terminal.nexo import NexoDriver
from tests.conftest import HandClock

AMOUNT = 135_000


class Counter:
    """A terminal, its acquirer and a driver in simulated time."""

    def __init__(self, directory: Path, clock: HandClock, implied: Any = 0) -> None:
        self.clock = clock
        self.acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=clock, implied=implied)
        self.terminal = SimulatedTerminal(
            directory / "terminal.db",
            self.acquirer,
            poi_id="POI",
            tid="TID00001",
            mid="MID1",
            clock=clock,
            implied=implied,
        )
        self.line = SimulatedLine(self.terminal, clock=clock, move=lambda seconds: clock.advance(seconds=seconds))
        questions = (f"Q{number:09d}" for number in range(10**6))
        self.driver = NexoDriver(Ends("TILL", "POI"), self.line, lambda: next(questions), clock, implied=implied)

    def bill(self, service_id: str = "AAAAAAAAA1") -> Bill:
        return Bill(service_id, "BLQ7K2M9QX4A", AMOUNT, self.clock())

    def do(self, verb: Any) -> Any:
        return asyncio.run(verb)


@pytest.fixture(params=[0, 2])
def counter(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> Counter:
    return Counter(tmp_path, clock, request.param)


def test_the_same_service_id_is_charged_once(counter: Counter) -> None:
    first = counter.do(counter.driver.pay(counter.bill()))
    again = counter.do(counter.driver.pay(counter.bill()))
    looked = counter.do(counter.driver.status(counter.bill()))
    assert (first.outcome, first.amount) == (Outcome.PAID, AMOUNT)
    assert again == first
    assert (looked.outcome, looked.amount, looked.slip) == (first.outcome, first.amount, first.slip)
    assert counter.acquirer.standing() == {"BLQ7K2M9QX4A": AMOUNT}


def test_a_second_reversal_answers_as_the_first_did(counter: Counter) -> None:
    paid = counter.do(counter.driver.pay(counter.bill()))
    reverse = (counter.bill(), paid.poi_id, paid.poi_time, "CustCancel")
    assert [counter.do(counter.driver.reverse(*reverse)).outcome for _ in range(2)] == [Outcome.REVERSED] * 2
    assert counter.acquirer.standing() == {}

    second = counter.do(counter.driver.pay(counter.bill("AAAAAAAAA2")))
    counter.terminal.arm(["refused_reversal"])
    reverse = (counter.bill("AAAAAAAAA2"), second.poi_id, second.poi_time, "CustCancel")
    assert [counter.do(counter.driver.reverse(*reverse)).outcome for _ in range(2)] == [Outcome.FAILED] * 2
    assert counter.acquirer.standing() == {"BLQ7K2M9QX4A": AMOUNT}


def test_a_batch_whose_totals_differ_is_uploaded_and_closed(counter: Counter) -> None:
    counter.do(counter.driver.pay(counter.bill()))
    totals = counter.do(counter.driver.totals())
    assert (totals.sales, totals.sales_amount, totals.balanced) == (1, AMOUNT, None)
    counter.terminal.arm(["totals_differ"])
    closed = counter.do(counter.driver.reconcile())
    assert (closed.batch, closed.sales_amount, closed.balanced) == (totals.batch, AMOUNT, False)
    assert [sale.settled_in for sale in counter.acquirer.sales()] == [totals.batch]
    assert counter.do(counter.driver.reconcile()).balanced is True


def test_an_abort_stops_what_waits_for_a_card_and_nothing_later(counter: Counter) -> None:
    counter.terminal.arm(["cut_before_answer"])
    counter.do(counter.driver.pay(counter.bill()))
    counter.do(counter.driver.abort(counter.bill()))
    assert counter.do(counter.driver.status(counter.bill())).outcome is Outcome.PAID


def test_what_a_host_is_told_twice_or_too_late_changes_nothing(tmp_path: Path, clock: HandClock) -> None:
    acquirer = SimulatedAcquirer(tmp_path / "acquirer.db", clock=clock)
    common = {"4": f"{AMOUNT:012d}", "7": "1124093000", "11": "000001", "41": "TID00001", "42": "MID1".ljust(15)}
    purchase = wire.packed({"t": "0200", "3": wire.PURCHASE, **common, "60": "000001", "62": "BLQ7K2M9QX4A", "2": PAN})
    undo = wire.packed({"t": "0420", "3": wire.PURCHASE, **common, "90": wire.original("0200", "000001", "1124093000")})

    def code(raw: bytes) -> str:
        answer = acquirer.handle(raw)
        assert answer is not None
        return wire.unpacked(answer)["39"]

    assert [code(undo), code(purchase)] == [wire.APPROVED, wire.REFUSED]  # the reversal overtook its purchase
    late = wire.packed({**wire.unpacked(purchase), "11": "000002"})
    assert [code(late), code(late)] == [wire.APPROVED, wire.DUPLICATE]
    assert acquirer.standing() == {"BLQ7K2M9QX4A": AMOUNT}


def test_no_card_number_reaches_a_disk(counter: Counter, tmp_path: Path) -> None:
    said = counter.do(counter.driver.pay(counter.bill()))
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (PAN, TRACK, "NGUYEN VAN THU"):
        assert secret.encode() not in written + said.message + repr(said).encode()
    assert said.slip.masked_pan == "970400******1234"


def test_an_unknown_fault_is_refused(counter: Counter) -> None:
    with pytest.raises(FaultUnknown):
        counter.terminal.arm(["lightning"])


DIES = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import Pace, SimulatedTerminal
from connectors.terminal import envelope, requests
from connectors.terminal.contract import Bill
from connectors.terminal.envelope import Ends

directory, clock = Path(sys.argv[1]), lambda: datetime.now(UTC)
acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=clock)
approve = acquirer.handle
def handle(raw):
    answer = approve(raw)
    os.kill(os.getpid(), signal.SIGKILL)
acquirer.handle = handle
terminal = SimulatedTerminal(directory / "terminal.db", acquirer, poi_id="POI", tid="TID00001", mid="MID1", clock=clock,
                             pace=Pace(0, 0, 0))
bill = Bill("AAAAAAAAA1", "BLQ7K2M9QX4A", 135000, clock())
terminal.handle(envelope.request("Payment", Ends("TILL", "POI"), bill.service_id, requests.payment(bill, 0)))
while True:
    terminal.advance()
"""


def test_a_terminal_killed_after_the_hosts_approval_takes_it_back(tmp_path: Path, clock: HandClock) -> None:
    process = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], env=dict(os.environ, PYTHONPATH="."))
    assert process.returncode == -signal.SIGKILL
    clock.moment = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(days=400)
    counter = Counter(tmp_path, clock)
    assert counter.acquirer.standing() == {"BLQ7K2M9QX4A": AMOUNT}  # approved, and nobody was told
    assert counter.do(counter.driver.status(counter.bill())).outcome is Outcome.CANCELLED
    assert counter.acquirer.standing() == {}
