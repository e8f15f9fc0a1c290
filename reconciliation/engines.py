"""The engines by name, and what has to be installed for each: one definition, three machines to run it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
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
        super().__init__(f"the engine {engine} needs the extra {self.extra}")


def installed(engine: str) -> bool:
    """Whether this engine can be opened here."""
    _, modules = EXTRAS.get(engine, ("", ()))
    return all(find_spec(module) is not None for module in modules)


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
