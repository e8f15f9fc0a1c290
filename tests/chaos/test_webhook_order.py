"""Every paid payment ends with its receipt and its message: a late message holds the later ones up, and not itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.delivery import webhooks
from gateway.kernel import outbox
from gateway.kernel.clock import system_clock
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from tests.chaos.journal import Journal
from tests.chaos.listener import Listener
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town

BACKLOG = 200  # a claim takes 50
ROUNDS = 30  # of six seconds: three minutes of a worker's life


class Ticking(HandClock):
    """A millisecond goes by between one look at the clock and the next, as it does."""

    def __call__(self) -> datetime:
        return self.advance(milliseconds=1)


@pytest.fixture
def clock() -> HandClock:
    return Ticking(system_clock().replace(microsecond=0))  # the listener checks the time against its own


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def listener(journal: Journal) -> Iterator[Listener]:
    listener = Listener(journal, seed=1)
    listener.failing = 0
    yield listener
    listener.close()


def test_a_late_first_message_does_not_hold_itself_up(
    environment: Environment, tmp_path: Path, clock: HandClock, listener: Listener, journal: Journal
) -> None:
    """The first message failed and waits longer than the second, which comes due before it and may not go first."""
    environment.settings.private_webhooks = True
    began = clock.moment
    town = Town(environment, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        listener.secret = webhooks.add_endpoint(uow, AGENCY, listener.url)
    listener.failing = 1
    for second in (0, 1, 12, 17):  # first: again at 5, 24; second: again at 6, 17, 22
        clock.moment = began + timedelta(seconds=second)
        if second < 2:
            town.money_comes(town.payment(LE_PHI))
            webhooks.fan_out(environment)
        webhooks.deliver(environment)
    assert len(journal.heard) == 0

    listener.failing = 0
    clock.moment = began + timedelta(seconds=24)
    for _ in range(ROUNDS):
        webhooks.deliver(environment)
        clock.advance(seconds=6)
    with environment.read() as connection:
        left = connection.scalars(sa.select(outbox.job.c.last_error).where(outbox.job.c.done_at.is_(None)))
        assert list(left) == []
    assert len(journal.heard) == 2


def test_a_backlog_is_told_soon_after_the_listener_is_back(
    environment: Environment, tmp_path: Path, clock: HandClock, listener: Listener, journal: Journal
) -> None:
    """More messages wait than one claim takes, and each came due at another moment."""
    environment.settings.private_webhooks = True
    Town(environment, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        listener.secret = webhooks.add_endpoint(uow, AGENCY, listener.url)
    listener.failing = 1
    for number in range(BACKLOG):
        with environment.begin(actor="test", agency=AGENCY) as uow:
            uow.emit([Event(AGENCY, "payment.paid", f"pay_{number}", {})])
        webhooks.fan_out(environment)
        webhooks.deliver(environment)
        clock.advance(seconds=0.2)
    assert len(journal.heard) == 0

    listener.failing = 0
    for _ in range(60):  # a minute, a look each second as the worker's poll would have it
        webhooks.deliver(environment)
        clock.advance(seconds=1)
    assert len(journal.heard) == BACKLOG
