"""A process that starts before its database does waits for it, and does not wait where waiting cannot help."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa
import tenacity

from gateway.kernel.uow import Environment
from gateway.migrations import awaited
from gateway.migrations.history import NotMigrated


class Away:
    """The database's line: broken for the first `times`, or for good."""

    def __init__(self, environment: Environment, times: int) -> None:
        self._read, self.left, self.asked = environment.read, times, 0

    def __call__(self) -> AbstractContextManager[sa.Connection]:
        self.asked += 1
        if self.asked <= self.left:
            raise sa.exc.OperationalError("connect", {}, Exception("connection refused"))
        return self._read()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been slept."""
    slept: list[float] = []
    monkeypatch.setattr(tenacity.nap.time, "sleep", slept.append)
    return slept


def test_it_is_waited_for(environment: Environment, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    line = Away(environment, 3)
    monkeypatch.setattr(environment, "read", line)
    awaited.await_head(environment)
    assert line.asked == 4
    assert len(waits) == 3 and waits == sorted(waits) and waits[-1] <= awaited.LONGEST_WAIT_S


def test_another_revision_is_no_matter_of_time(environment: Environment, waits: list[float]) -> None:
    with environment.begin(actor="test") as uow:
        uow.connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(NotMigrated):
        awaited.await_head(environment)
    assert waits == []


def test_a_database_that_stays_away_ends_the_wait_with_its_own_error(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(awaited, "PATIENCE_S", 0)
    monkeypatch.setattr(environment, "read", Away(environment, 1_000))
    with pytest.raises(sa.exc.OperationalError, match="connection refused"):
        awaited.await_head(environment)
