"""What the simulated service said is on disk: it goes on after a restart or a kill, and threads do not hurt it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Notice, Outcome
from tests.connectors.simulators.merchant import Merchant, opened

TODAY = date(2026, 11, 24)
ROOT = Path(__file__).parents[3]

PAYS_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.connectors.simulators.merchant import Merchant, opened

clock = lambda: datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
with opened(Path(sys.argv[1]), "vnpay", clock) as psp:
    merchant = Merchant(psp, "vnpay", clock)
    for number in range(1_000_000):
        visit = psp.pay(merchant.page(f"BLQ{number:09d}"), faults=["duplicate"])
        print(visit.number, flush=True)
        psp.due_ipns(1)
"""


def test_a_restart_goes_on_where_the_service_stopped(tmp_path: Path, clock: Any) -> None:
    book = tmp_path / "psp.db"
    with opened(book, "vnptpay", clock) as psp:
        merchant = Merchant(psp, "vnptpay", clock)
        first, second, third = (merchant.page(f"BLQ00000000{n}") for n in range(3))
        psp.pay(first)
        psp.pay(second)
        one, other = psp.due_ipns()
        merchant.answer(one)
        psp.arm(["html"])
    with opened(book, "vnptpay", clock) as psp:
        again = Merchant(psp, "vnptpay", clock, orders=merchant.orders)
        assert psp.due_ipns() == [other]  # at once: the process that held it is gone
        assert again.query(again.order("BLQ000000000")).reason == "json.malformed"  # still armed
        assert again.query(again.order("BLQ000000000")).outcome is Outcome.PAID
        psp.pay(third)
        numbers = [row.number for row in psp.settlement(TODAY).rows]
        assert len(set(numbers)) == 3


def test_a_killed_service_has_every_payment_it_spoke_of_with_its_notifications(tmp_path: Path) -> None:
    book = tmp_path / "psp.db"
    told = []
    with subprocess.Popen(
        [sys.executable, "-c", PAYS_UNTIL_KILLED, str(book)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for _ in range(15):
            told.append(process.stdout.readline().strip())
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().split()  # what it managed to say before it died
    assert process.returncode == -signal.SIGKILL
    with opened(book, "vnpay", lambda: datetime(2026, 11, 24, 2, 40, tzinfo=UTC)) as psp:
        booked = [row.number for row in psp.settlement(TODAY).rows]
        assert booked[: len(told)] == told
        assert len(booked) <= len(told) + 1  # one may be booked that it had no time to speak of
        waiting = [outgoing.request.query for outgoing in psp.due_ipns(10_000)]
        assert all(sum(f"={number}&" in query for query in waiting) >= 2 for number in booked)


def test_eight_threads_pay_and_nothing_is_lost_or_doubled(tmp_path: Path, clock: Any) -> None:
    with opened(tmp_path / "psp.db", "vnpay", clock) as psp:
        merchant = Merchant(psp, "vnpay", clock)
        pages = [merchant.page(f"BLQ{n:09d}", 10_000 + n) for n in range(80)]
        with ThreadPoolExecutor(8) as pool:
            visits = list(pool.map(psp.pay, pages))
        told = [received for received in merchant.take() if isinstance(received, Notice)]
        booked = {row.number: row.gross for row in psp.settlement(TODAY).rows}
        assert booked == {visit.number: visit.amount for visit in visits}
        assert booked == {notice.bank_reference: notice.amount for notice in told}
        assert sorted(booked.values()) == [10_000 + n for n in range(80)]


def test_two_threads_never_hold_the_same_call(tmp_path: Path, clock: Any) -> None:
    with opened(tmp_path / "psp.db", "vnpay", clock) as psp:
        merchant = Merchant(psp, "vnpay", clock)
        for n in range(40):
            psp.pay(merchant.page(f"BLQ{n:09d}"))
        with ThreadPoolExecutor(8) as pool:
            taken = [outgoing.id for batch in pool.map(lambda _: psp.due_ipns(5), range(16)) for outgoing in batch]
        assert sorted(taken) == list(range(1, 41))


def test_a_second_process_may_have_the_book_open(tmp_path: Path, clock: Any) -> None:
    book = tmp_path / "psp.db"
    with opened(book, "vnpay", clock) as psp, opened(book, "vnpay", clock) as beside:
        merchant = Merchant(psp, "vnpay", clock)
        psp.pay(merchant.page("BLQ000000001"))
        beside.pay(merchant.page("BLQ000000002"))
        assert psp.settlement(TODAY) == beside.settlement(TODAY)
        assert len(psp.due_ipns()) == 2
