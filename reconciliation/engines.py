"""The engines by name, and what has to be installed for each: one definition, three machines to run it on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from reconciliation.model import ReconciliationError

if TYPE_CHECKING:
    from reconciliation.engine import Engine

DATABASE, DUCKDB, SPARK = "database", "duckdb", "spark"
ENGINES = (DATABASE, DUCKDB, SPARK)

EXTRAS = {DUCKDB: ("bulk", ("duckdb", "pyarrow")), SPARK: ("cluster", ("pyspark", "pyarrow"))}


class EngineMissing(ReconciliationError):
    """The engine's extra is not installed."""

    kind = "unavailable"
    code = "engine.missing"

    def __init__(self, engine: str) -> None:
        self.extra = f"thuphi[{EXTRAS[engine][0]}]"
        java = " and Java 17 or later" if engine == SPARK else ""
        super().__init__(f"the engine {engine} needs the extra {self.extra}{java}")


def installed(engine: str) -> bool:
    """Whether this engine can be opened here: its extra, and for Spark a Java, are there."""
    _, modules = EXTRAS.get(engine, ("", ()))
    return all(find_spec(module) is not None for module in modules) and (engine != SPARK or _java())


def _java() -> bool:
    """Where Spark looks for it."""
    home = os.environ.get("JAVA_HOME")
    return bool(home and Path(home, "bin", "java").exists()) or which("java") is not None


@contextmanager
def opened(engine: str = DATABASE) -> Iterator[Engine]:
    """The engine with empty sources; all it holds is gone afterwards. Raises EngineMissing."""
    if not installed(engine):
        raise EngineMissing(engine)
    if engine == DUCKDB:
        from reconciliation.bulk import BulkEngine

        with BulkEngine.opened() as bulk:
            yield bulk
    elif engine == SPARK:
        from reconciliation.cluster import ClusterEngine

        with ClusterEngine.opened() as cluster:
            yield cluster
    else:
        with _in_memory() as database:
            yield database


@contextmanager
def _in_memory() -> Iterator[Engine]:
    """SQLite, for files: what it makes is temporary anyhow."""
    import sqlalchemy as sa

    from reconciliation.engine import DatabaseEngine

    database = sa.create_engine("sqlite://")
    try:
        with database.begin() as connection:
            connection.exec_driver_sql("pragma temp_store = memory")
            with DatabaseEngine(connection).sources() as engine:
                yield engine
    finally:
        database.dispose()
