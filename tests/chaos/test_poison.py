"""Only a notice that cannot be worked is set apart; trouble with the database is no fault of the notice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import _GeneratorContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel.uow import Environment, UnitOfWork
from gateway.settlement import store
from gateway.settlement.drain import drain
from tests.town import LE_PHI, Town

TROUBLES = {
    "no answer": sa.exc.OperationalError("SELECT 1", {}, Exception("server closed the connection")),
    "no connection free": sa.exc.TimeoutError("QueuePool limit reached, connection timed out"),
}


class Troubled(Environment):
    """The next so many units of work do not begin."""

    trouble: Exception
    times = 0

    def begin(self, *, actor: str, agency: str | None = None) -> _GeneratorContextManager[UnitOfWork]:
        if self.times:
            self.times -= 1
            raise self.trouble
        return super().begin(actor=actor, agency=agency)


@pytest.fixture
def troubled(environment: Environment) -> Iterator[Troubled]:
    environment.close()
    troubled = Troubled(environment.settings, clock=environment.clock)
    yield troubled
    troubled.close()


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_database_trouble_sets_no_notice_apart(troubled: Troubled, tmp_path: Path, trouble: Exception) -> None:
    town = Town(troubled, tmp_path)
    town.transfer(town.payment(LE_PHI))
    town.deliver()
    troubled.trouble, troubled.times = trouble, 2
    with pytest.raises(type(trouble)):
        drain(troubled)
    troubled.times = 0
    town.work()
    assert [row.state for row in town.rows(store.inbox)] == ["done"]
    assert [row.amount for row in town.receipts()] == [135_000]
    town.ties()
