"""The history adds up to the tables the program works with, on both databases, and leads back to nothing."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from gateway.kernel.db import make_engine
from gateway.migrations import history
from gateway.migrations.tables import all_metadata


def described(engine: sa.Engine) -> dict[str, Any]:
    """Everything a database says of its tables, in an order of its own."""
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = [
            (c["name"], str(c["type"]), c["nullable"], str(c.get("default"))) for c in inspector.get_columns(table)
        ]
        checks = sorted((str(c["name"]), c["sqltext"]) for c in inspector.get_check_constraints(table))
        uniques = sorted((str(u["name"]), u["column_names"]) for u in inspector.get_unique_constraints(table))
        indexes = sorted(
            (str(i["name"]), i["column_names"], bool(i["unique"]), _options(i)) for i in inspector.get_indexes(table)
        )
        foreign = sorted(
            (k["constrained_columns"], k["referred_table"], k["referred_columns"], str(k.get("options")))
            for k in inspector.get_foreign_keys(table)
        )
        key = inspector.get_pk_constraint(table)["constrained_columns"]
        found[table] = (columns, key, checks, uniques, indexes, foreign)
    found["triggers"] = _triggers(engine)
    return found


def _options(index: Any) -> dict[str, str]:
    """Conditions of partial indexes, as text."""
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def _triggers(engine: sa.Engine) -> list[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return list(connection.scalars(sa.text(query)))


@pytest.fixture
def other_engine(database_kind: str, request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    """A second empty database of the same kind."""
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


def test_the_history_adds_up_to_the_tables_of_the_program(engine: sa.Engine, other_engine: sa.Engine) -> None:
    history.migrate(engine)
    for metadata in all_metadata():
        metadata.create_all(other_engine)

    migrated, declared = described(engine), described(other_engine)
    assert migrated.keys() == declared.keys()
    for table, description in declared.items():
        assert migrated[table] == description, table


def test_down_to_nothing_and_up_again(engine: sa.Engine) -> None:
    history.migrate(engine)
    before = described(engine)
    history.migrate(engine, "base")
    assert described(engine) == {"triggers": []}
    history.migrate(engine)
    assert described(engine) == before


def test_a_database_at_another_revision_is_refused(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(history.NotMigrated):
        history.require_head(connection)
    history.migrate(engine)
    with engine.connect() as connection:
        history.require_head(connection)
