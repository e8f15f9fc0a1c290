"""What the simulated bank said is on disk: it goes on after a restart or a kill, and threads do not hurt it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Notice
from connectors.simulators.bank import SimulatedBank

ACCOUNT = "113000000001"
TODAY = date(2026, 11, 24)

QR = Callable[..., str]

PAYS_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from connectors.simulators.bank import SimulatedBank

bank = SimulatedBank(Path(sys.argv[1]), clock=lambda: datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
bank.open_account("113000000001", "A", hook="/h", opening=1_000_000)
while True:
    transfer = bank.pay(sys.argv[2], faults=["duplicate"])
    print(transfer.transfer_id, flush=True)
    bank.due_notices(1)
"""


def test_a_restart_goes_on_where_the_bank_stopped(open_bank: Any, clock: Any, qr: QR, said: Any) -> None:
    bank = open_bank()
    first = bank.pay(qr(10_000))
    second = bank.pay(qr(20_000))
    one, other = bank.due_notices()
    bank.answered(one.id, 200, said("00"))
    bank.close()
    again = open_bank(7)  # the same seed draws the same numbers and still gives new transfers
    assert again.due_notices() == [other]  # at once: the process that held it is gone
    third = again.pay(qr(30_000))
    assert len({first.transfer_id, second.transfer_id, third.transfer_id}) == 3
    statement = again.statement(ACCOUNT, TODAY)
    assert [entry.amount for entry in statement.entries] == [10_000, 20_000, 30_000]
    assert (statement.opening, statement.balances) == (1_000_000, True)


def test_a_killed_bank_has_every_transfer_it_spoke_of_with_its_notices(book: Path, clock: Any, qr: QR) -> None:
    told = []
    with subprocess.Popen(
        [sys.executable, "-c", PAYS_UNTIL_KILLED, str(book), qr(10_000)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(15):
            told.append(process.stdout.readline().strip())
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().split()  # what it managed to say before it died
    assert process.returncode == -signal.SIGKILL
    with SimulatedBank(book, clock=lambda: datetime(2026, 11, 24, 2, 40, tzinfo=UTC)) as bank:
        statement = bank.statement(ACCOUNT, TODAY)
        booked = [entry.bank_reference for entry in statement.entries]
        assert booked[: len(told)] == told
        assert len(booked) <= len(told) + 1  # one may be booked that it had no time to speak of
        assert statement.balances is True
        waiting = [outgoing.request.body for outgoing in bank.due_notices(10_000)]
        assert all(sum(reference.encode() in body for body in waiting) >= 2 for reference in booked)


def test_eight_threads_pay_and_nothing_is_lost_or_doubled(bank: SimulatedBank, customer: Any, qr: QR) -> None:
    payload = qr(10_000)
    with ThreadPoolExecutor(8) as pool:
        transfers = list(pool.map(lambda n: bank.pay(payload, amount=10_000 + n), range(80)))
        drained = pool.submit(customer.take).result()
    told = [received for received in drained if isinstance(received, Notice)]
    statement = bank.statement(ACCOUNT, TODAY)
    booked = {entry.bank_reference: int(entry.amount) for entry in statement.entries}
    assert booked == {transfer.transfer_id: transfer.amount for transfer in transfers}
    assert booked == {notice.bank_reference: notice.amount for notice in told}
    assert sorted(booked.values()) == [10_000 + n for n in range(80)]
    assert statement.balances is True


def test_two_threads_never_hold_the_same_call(bank: SimulatedBank, qr: QR) -> None:
    for _ in range(40):
        bank.pay(qr())
    with ThreadPoolExecutor(8) as pool:
        taken = [outgoing.id for batch in pool.map(lambda _: bank.due_notices(5), range(16)) for outgoing in batch]
    assert sorted(taken) == list(range(1, 41))


def test_a_second_process_may_have_the_book_open(book: Path, open_bank: Any, clock: Any, qr: QR) -> None:
    bank = open_bank()
    with SimulatedBank(book, clock=clock) as beside:
        bank.pay(qr(10_000))
        beside.pay(qr(20_000))
        assert beside.statement(ACCOUNT, TODAY) == bank.statement(ACCOUNT, TODAY)
        assert len(bank.due_notices()) == 2
