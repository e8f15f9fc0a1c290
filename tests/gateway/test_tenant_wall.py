"""The second wall: even a query without a tenant filter sees and writes only the agency the unit of work is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.dues.store import dossier
from gateway.kernel.outbox import Event
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.payments.store import payment
from receipts.store import receipt
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town

ROLE = "thuphi_clerk"

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # SQLite has no such wall


@pytest.fixture
def confined(environment: Environment, migrated_url: str, clock: HandClock, tmp_path: Path) -> Iterator[Environment]:
    """The same installation, connected as a role that is no superuser."""
    town = Town(environment, tmp_path)
    town.money_comes(town.payment(LE_PHI))
    with environment.writer.begin() as connection:
        connection.execute(sa.text(f"DROP ROLE IF EXISTS {ROLE}"))
        connection.execute(sa.text(f"CREATE ROLE {ROLE} LOGIN"))
        connection.execute(sa.text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}"))
    url = sa.make_url(migrated_url).set(username=ROLE).render_as_string(hide_password=False)
    settings = Settings(data=environment.settings.data, database_url=SecretStr(url))
    other = Environment(settings, clock=clock, vault=environment.vault)
    yield other
    other.close()
    with environment.writer.begin() as connection:
        connection.execute(sa.text(f"DROP OWNED BY {ROLE}"))
        connection.execute(sa.text(f"DROP ROLE {ROLE}"))


@pytest.mark.parametrize("table", [dossier, payment, receipt], ids=lambda table: str(table.name))
def test_another_agency_sees_nothing(confined: Environment, table: sa.Table) -> None:
    count = sa.select(sa.func.count()).select_from(table)
    with confined.read() as connection:
        assert connection.scalar(count) == 1
    with confined.read(AGENCY) as connection:
        assert connection.scalar(count) == 1
    with confined.read("H99") as connection:
        assert connection.scalar(count) == 0


def test_nothing_can_be_written_in_anothers_name(confined: Environment) -> None:
    with confined.begin(actor="test", agency=AGENCY) as uow:
        uow.emit([Event(AGENCY, "test", "x", {})])
    refused = pytest.raises(sa.exc.ProgrammingError, match="row-level security")
    with refused, confined.begin(actor="test", agency="H99") as uow:
        uow.emit([Event(AGENCY, "test", "x", {})])
    with confined.begin(actor="test", agency="H99") as uow:
        changed = uow.connection.execute(sa.update(payment).values(amount=1))
        assert changed.rowcount == 0
