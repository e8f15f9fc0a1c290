"""Under every fault of a terminal and every pair of faults both books say the same, and nobody is charged twice.

The clerk behaves as badly as a clerk can: asks again whenever the screen does not forbid it, and tries to when it does.
The gateway is killed before each of its commits and before each message it sends.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.counter.terminal_ask import SaleOpen
from gateway.counter.terminal_file import decide
from gateway.counter.terminal_store import UNFINISHED, SaleState
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from tests.conftest import HandClock
from tests.flows.till import ACQUIRER, Killed, Till
from tests.town import AGENCY, LE_PHI, Town

FAULTS = (
    "cut_before_send",
    "cut_after_approve",
    "cut_before_answer",
    "line_dead",
    "power_loss",
    "power_loss_after",
    "duplicate",
    "late_approval",
    "host_silent",
    "refused_reversal",
    "totals_differ",
    "declined",
    "no_card",
)


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("first", FAULTS)
def test_both_books_say_the_same_after_a_pair_of_faults(
    town: Town, clock: HandClock, tmp_path: Path, first: str
) -> None:
    for number, second in enumerate(FAULTS[FAULTS.index(first) :]):
        implied = 2 * (number % 2)
        _live_through(Till(town, clock, tmp_path / str(number), number=number, implied=implied), (first, second))
    town.ties()


def test_both_books_say_the_same_after_one_fault(town: Town, clock: HandClock, tmp_path: Path) -> None:
    for number, fault in enumerate(FAULTS):
        _live_through(Till(town, clock, tmp_path / str(number), number=number), (fault,))
    town.ties()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("where", "stride", "faults"),
    [
        ("commit", 1, ()),
        ("commit", 1, ("cut_before_answer",)),
        ("commit", 3, ("late_approval", "refused_reversal")),
        ("message", 1, ("late_approval",)),
        ("message", 1, ("line_dead",)),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else str(value),
)
def test_the_gateway_may_be_killed_anywhere(
    town: Town, clock: HandClock, tmp_path: Path, where: str, stride: int, faults: tuple[str, ...]
) -> None:
    killed, number = True, 0
    while killed:
        number += stride
        till = Till(town, clock, tmp_path / str(number), number=number)
        killed = _live_through(till, faults, where, number)
    town.ties()
    assert number > 3


def _live_through(till: Till, faults: tuple[str, ...], where: str = "", kill_at: int = 0) -> bool:
    """A payment, its faults and the next morning; whether the gateway was killed on the way."""
    payment = till.town.payment(LE_PHI, channel="pos")
    till.terminal.arm(faults)
    with _mortal(till, where, kill_at) as deaths:
        _clerk(till, payment)
        _file_comes(till)
    _proven(till, payment)
    shutil.rmtree(till.directory)
    return bool(deaths)


def _clerk(till: Till, payment: PaymentRow) -> None:
    for _ in range(3):
        till.ask(payment)
        till.work()
        _no_receipt_without_money(till, payment)
        if till.sale(payment).state in UNFINISHED:
            with pytest.raises(SaleOpen):
                till.ask(payment)
            till.settle()
        if till.sale(payment).state not in (SaleState.REFUSED, SaleState.REVERSED):
            return
        till.power_back()


def _no_receipt_without_money(till: Till, payment: PaymentRow) -> None:
    if booked := till.booked(payment):
        assert till.acquirer.standing()[payment.reference] == booked


def _file_comes(till: Till) -> None:
    """The line is mended and the batch closed; the acquirer's files come in, and come in again."""
    till.power_back()
    till.terminal.reconcile()
    till.clock.advance(hours=3)
    for day in [*till.days(), *till.days()]:
        with till.environment.begin(actor="test", agency=AGENCY) as uow:
            decide(uow, AGENCY, ACQUIRER, till.acquirer.settlement(day).rows, [day])
        till.work()


def _proven(till: Till, payment: PaymentRow) -> None:
    standing = till.acquirer.standing()
    assert till.booked(payment) == standing.get(payment.reference, 0)
    assert till.unfinished() == []
    assert sum(1 for sale in till.acquirer.sales() if sale.state == "stands") <= 1
    assert till.receipts(payment) == len(standing)
    assert till.town.suspended() == {}
    assert till.town.view(payment).busy is False


@contextmanager
def _mortal(till: Till, where: str, kill_at: int) -> Iterator[list[str]]:
    """The gateway dies once, before its `kill_at`th commit or message."""
    deaths: list[str] = []
    counted = 0

    def live() -> None:
        nonlocal counted
        counted += 1
        if counted == kill_at and not deaths:
            deaths.append(where)
            raise Killed

    begin, send = till.environment.begin, till.line.send

    def mortal_begin(**named: Any) -> Any:
        if named["actor"] not in ("test", "officer:1"):  # the clerk's key is heard or not: nothing in between
            live()
        return begin(**named)

    async def mortal_send(message: bytes, timeout_s: float) -> bytes:
        live()
        return await send(message, timeout_s)

    if where == "commit":
        till.environment.begin = mortal_begin  # type: ignore[method-assign]
    elif where == "message":
        till.line.send = mortal_send  # type: ignore[method-assign]
    try:
        yield deaths
    finally:
        till.environment.begin, till.line.send = begin, send  # type: ignore[method-assign]
