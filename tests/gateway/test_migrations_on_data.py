"""The history on data: down revision by revision and up again, and data of an older revision brought to the head.

A table that a revision takes away takes its rows along; in every table that stays no row and no value is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from gateway.audit import checkpoints, keys, sequencer
from gateway.audit.verify import verify
from gateway.closing.proof import violations
from gateway.delivery import documents
from gateway.kernel.db import make_engine
from gateway.kernel.uow import Environment
from gateway.migrations import history
from receipts.series import gaps
from tests.gateway.settlement.office import GROUND, Office
from tests.town import LE_PHI, PHI, Town

OLDEST = "0006"  # the last revision that a release stood at before the present ones

# Values that a revision's way down gives up by design: (table, column), taken again on the way up.
GIVEN_UP = {("audit_leaf", "position")}

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    """A day with everything: receipts with documents, underpaid and surplus money, refunds, a statement, a sealed tree."""
    town = Town(environment, tmp_path)
    office = Office(town)
    for fees in ((PHI, LE_PHI), (LE_PHI,)):
        town.money_comes(town.payment(*fees))
    town.money_comes(town.payment(LE_PHI), 100_000)
    office.approved(suspense_id=office.paid_twice())
    office.asks(due_id=office.paid(LE_PHI), ground=GROUND)
    documents.sign_waiting(environment, town.keys)
    documents.render_waiting(environment, town.keys)
    sequencer.number_all(environment)
    checkpoints.sign(environment, keys.make(environment.settings.keys))
    environment.writer.dispose()
    environment.reader.dispose()
    return town


@pytest.fixture
def other_engine(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A second, empty database of the same kind."""
    if database_kind == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'other.db'}")
        yield engine
        engine.dispose()
        return
    databases = request.getfixturevalue("pg_databases")
    url = databases.create()
    engine = make_engine(url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    databases.drop(url)


def kept(engine: sa.Engine) -> Rows:
    """Every row of every table."""
    found = sa.MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        return {
            name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for name, table in found.tables.items()
            if name != "alembic_version"
        }


def digests(rows: Rows, like: Mapping[str, set[str]]) -> dict[str, str]:
    """A digest of each table in `like`, over the columns named there, in no order of rows."""
    found = {}
    for table, columns in like.items():
        chosen = sorted(columns - {column for name, column in GIVEN_UP if name == table})
        lines = sorted(repr([_plain(row[column]) for column in chosen]) for row in rows[table])
        found[table] = f"{len(lines)} rows {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return bytes(value) if isinstance(value, (bytes, memoryview)) else value


def columns(engine: sa.Engine) -> dict[str, set[str]]:
    inspector = sa.inspect(engine)
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    return {table: {str(column["name"]) for column in inspector.get_columns(table)} for table in tables}


def common(left: Mapping[str, set[str]], right: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {table: left[table] & right[table] for table in left.keys() & right.keys()}


def down(engine: sa.Engine, revision: str) -> None:
    with engine.begin() as connection:
        config = history._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_down_step_by_step_and_up_again_nothing_is_lost_in_what_stays(town: Town) -> None:
    engine = town.environment.writer
    before, shape = kept(engine), columns(engine)
    assert {
        name for name in ("payment", "receipt", "ledger_posting", "refund", "statement_line") if not before[name]
    } == set()
    previous, stood = before, shape
    while (revision := _at(engine)) != OLDEST:
        down(engine, "-1")
        stays = common(stood, columns(engine))
        now = kept(engine)
        assert digests(now, stays) == digests(previous, stays), f"down from {revision}"
        previous, stood = now, columns(engine)
    history.migrate(engine)
    assert columns(engine) == shape
    stays = common(stood, shape)
    assert digests(kept(engine), stays) == digests(before, stays)
    _lives_on(town)


def test_below_the_oldest_release_the_way_leads_down_on_data_too(town: Town) -> None:
    engine = town.environment.writer
    down(engine, OLDEST)
    previous, stood = kept(engine), columns(engine)
    while (revision := _at(engine)) is not None:
        down(engine, "-1")
        stays = common(stood, columns(engine))
        now = kept(engine)
        assert digests(now, stays) == digests(previous, stays), f"down from {revision}"
        previous, stood = now, columns(engine)
    assert stood == {}


def test_data_of_an_older_release_is_brought_to_the_head(town: Town, other_engine: sa.Engine) -> None:
    """The rows are written by hand into tables as they were then."""
    history.migrate(other_engine, OLDEST)
    given, shape = kept(town.environment.writer), columns(other_engine)
    for row in given["audit_leaf"]:
        row["position"] = None  # nothing was numbered then
    _write(other_engine, given, shape)
    assert digests(kept(other_engine), shape) == digests(given, shape)

    history.migrate(other_engine)
    assert digests(kept(other_engine), shape) == digests(given, shape)
    with other_engine.connect() as connection:
        assert violations(connection) == []
        assert gaps(connection) == []


def _at(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return history.current(connection)


def _write(engine: sa.Engine, given: Rows, shape: Mapping[str, set[str]]) -> None:
    """Rows as they are, whatever the order of foreign keys."""
    tables = sa.MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for name in sorted(shape, reverse=True):  # dues of a payment come before it, and locks after entries
                rows = [{column: row[column] for column in shape[name]} for row in given[name]]
                if rows:
                    connection.execute(sa.insert(tables.tables[name]), rows)
        connection.invalidate()


def _lives_on(town: Town) -> None:
    """The books tie, the next receipt takes the next number, and the tree is grown anew over the same leaves."""
    numbers = [row.number for row in town.receipts()]
    town.money_comes(town.payment(LE_PHI))
    town.ties()
    assert [row.number for row in town.receipts()] == [*numbers, len(numbers) + 1]
    sequencer.number_all(town.environment)
    checkpoints.sign(town.environment, keys.make(town.environment.settings.keys), now_at_once=True)
    with town.environment.read() as connection:
        proven = verify(connection, keys.trusted(town.environment.settings.keys))
    assert (proven.flaws, proven.unnumbered) == ((), 0)
