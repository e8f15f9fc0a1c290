"""A commit of one process wakes the sleepers of another."""

from __future__ import annotations

import time

import pytest
from pydantic import SecretStr

from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.kernel.wake import Listener
from tests.conftest import HandClock

PATIENCE_SECONDS = 20


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # embedded, there is one process
def test_another_process_is_heard(environment: Environment, migrated_url: str, clock: HandClock) -> None:
    other = Environment(
        Settings(data=environment.settings.data, database_url=SecretStr(migrated_url)),
        clock=clock,
        vault=environment.vault,
    )
    listener = Listener(environment)
    listener.start()
    try:
        heard = False
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not heard and time.monotonic() < deadline:
            before = environment.bell.wait(-1, 0)
            with other.begin(actor="test"):
                pass
            heard = environment.bell.wait(before, 0.5) != before
        assert heard
    finally:
        listener.stop()
        other.close()


def test_stopping_ends_it(environment: Environment) -> None:
    listener = Listener(environment)
    listener.start()
    listener.stop()
    listener.stop()
