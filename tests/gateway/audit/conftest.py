"""A town whose day is written in the tree, and a hand that no trigger, key or check of the database holds back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.audit import checkpoints, keys, sequencer
from gateway.audit.keys import LogKey
from gateway.delivery import documents
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.gateway.settlement.office import Office
from tests.town import LE_PHI, PHI, Town


@contextmanager
def lawless(environment: Environment) -> Iterator[sa.Connection]:
    """Somebody with the database's own password; all is undone at the end."""
    if environment.embedded:
        raw = environment.writer.raw_connection()
        driver: Any = raw.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("PRAGMA ignore_check_constraints=ON")
        raw.close()
    with environment.writer.connect() as connection:
        if environment.embedded:
            triggers = connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in list(triggers):
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.rollback()
        connection.invalidate()


class Archive:
    """The town with its audit trail: `close` numbers all that is written and signs the head."""

    def __init__(self, town: Town, clock: HandClock) -> None:
        self.town = town
        self.environment = town.environment
        self.office = Office(town)
        self.key: LogKey = keys.make(town.environment.settings.keys)
        self._clock = clock

    def sign_receipts(self) -> None:
        documents.sign_waiting(self.environment, self.town.keys)

    def close(self) -> str:
        """The checkpoint as it is published."""
        sequencer.number_all(self.environment)
        self._clock.advance(minutes=1)
        head = checkpoints.sign(self.environment, self.key)
        assert head is not None
        return head.note


@pytest.fixture
def archive(environment: Environment, tmp_path: Path, clock: HandClock) -> Archive:
    return Archive(Town(environment, tmp_path), clock)


@pytest.fixture
def lived(archive: Archive) -> tuple[Archive, str]:
    """A morning with every kind of thing, its checkpoint, an afternoon, another checkpoint, and an evening without
    numbers; with it the first checkpoint."""
    town = archive.town
    for fees in ((PHI, LE_PHI), (LE_PHI,), (PHI,)):
        town.money_comes(town.payment(*fees))
    archive.sign_receipts()
    first = archive.close()
    archive.office.asks(suspense_id=archive.office.paid_twice())
    for _ in range(4):
        town.money_comes(town.payment(LE_PHI))
    archive.sign_receipts()
    archive.close()
    town.money_comes(town.payment(LE_PHI))
    return archive, first


Harm = Callable[[sa.Connection], object]
