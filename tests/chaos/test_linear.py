"""Who reads a payment reads its newest state: a history of reads beside writes is linearizable (Herlihy and Wing 1990).

One payment is a register that one writer raises step by step: money comes in parts. Then a history is linearizable if
and only if no read is behind a write that was over before the read began, ahead of a write that had not begun when it
ended, or behind an earlier read. Time is counted, not measured.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from gateway.payments import store
from tests.town import AGENCY, LE_PHI, Town

PARTS = (10_000, 20_000, 5_000, 40_000, 60_000)  # together the 135.000 đồng of the due
READERS = 4


@dataclass(frozen=True, slots=True)
class Act:
    """A read or a write of `value`, begun and ended at these ticks."""

    value: int
    began: int
    ended: int


def flaw(writes: list[Act], reads: list[Act]) -> str | None:
    """Why the history is not linearizable; None when it is. Values only grow; before the first write it is 0."""
    for read in reads:
        over = max((write.value for write in writes if write.ended < read.began), default=0)
        begun = max((write.value for write in writes if write.began < read.ended), default=0)
        seen = max((other.value for other in reads if other.ended < read.began), default=0)
        if read.value < over:
            return f"{read} is behind a write of {over}"
        if read.value > begun:
            return f"{read} is ahead of every write, {begun}"
        if read.value < seen:
            return f"{read} is behind a read of {seen}"
    return None


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        ([Act(0, 0, 1), Act(0, 3, 4), Act(5, 6, 8), Act(5, 11, 12)], None),
        ([Act(5, 3, 4), Act(5, 9, 10)], None),  # while the write is under way either may be read
        ([Act(0, 11, 12)], "behind a write of 5"),
        ([Act(5, 0, 1)], "ahead of every write"),
        ([Act(5, 3, 4), Act(0, 5, 6)], "behind a read of 5"),
    ],
)
def test_the_checker_finds_what_is_not(reads: list[Act], said: str | None) -> None:
    found = flaw([Act(5, 2, 10)], reads)
    assert (found is None) if said is None else (found is not None and said in found)


def test_reads_of_a_payment_are_linearizable(environment: Environment, tmp_path: Path) -> None:
    """Readers of this process and of another pool of connections, while the worker settles."""
    town = Town(environment, tmp_path)
    payment = town.payment(LE_PHI)
    elsewhere = Environment(environment.settings, clock=environment.clock, vault=environment.vault)
    ticks, stop, reads, errors = itertools.count(), threading.Event(), list[Act](), list[BaseException]()

    def look(at: Environment) -> None:
        try:
            while not stop.is_set():
                began = next(ticks)
                with at.read(AGENCY) as connection:
                    value = store.by_id(connection, AGENCY, payment.id).received
                reads.append(Act(value, began, next(ticks)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=look, args=((environment, elsewhere)[n % 2],)) for n in range(READERS)]
    for thread in threads:
        thread.start()
    writes, total = [], 0
    try:
        for part in PARTS:
            town.transfer(payment, part)
            town.deliver()
            total, began = total + part, next(ticks)
            town.work()
            writes.append(Act(total, began, next(ticks)))
            enough = len(reads) + 3 * READERS
            while len(reads) < enough and not errors:
                stop.wait(0.001)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        elsewhere.close()
    assert errors == []
    assert flaw(writes, reads) is None
    assert {read.value for read in reads} >= set(itertools.accumulate(PARTS))
    town.ties()
