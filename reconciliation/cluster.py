"""The `spark` engine (extra `[cluster]`): Spark SQL over local cores, or over a cluster by SPARK_MASTER's address.

A table is a list of data frames kept on the workers; what a step adds is one more of them. Nothing is written to a
warehouse, and the same text runs unchanged. The Java machine ends with this process, however that ends: it reads a pipe
that then closes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, reduce
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from reconciliation.arrow import empty, tables
from reconciliation.definition import SOURCES, Step

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from reconciliation.engine import Row

MASTER = "local[2]"
_SETTINGS = {
    "spark.app.name": "thuphi-reconcile",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "Asia/Ho_Chi_Minh",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.constraintPropagation.enabled": "false",  # a checkpoint trips over constraints on a column named twice
    "spark.driver.maxResultSize": "0",  # results are read to the last row
}
_MACHINE = {"spark.driver.memory": "2g"}
_LOCAL = {  # no other machine takes part: nothing listens to the network, and no data is spread over 200 parts
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}


class ClusterEngine:
    """Temporary views of a Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._parts: dict[str, list[DataFrame]] = {}

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[ClusterEngine]:
        """Empty sources; beside others in a session that is already running here, else in one of their own."""
        from pyspark.sql import SparkSession

        if (running := SparkSession.getActiveSession()) is not None:
            yield cls._beside(running)
            return
        with TemporaryDirectory(prefix="thuphi-spark-") as place, started(Path(place)) as session:
            yield cls._beside(session)

    @classmethod
    def _beside(cls, running: SparkSession) -> ClusterEngine:
        engine = cls(running.newSession())
        for name, columns in SOURCES.items():
            engine.create(name, columns)
        return engine

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        self._keep(name, [self._session.createDataFrame(empty(columns))])

    def fill(self, name: str, rows: Iterable[Row]) -> None:
        more = [self._session.createDataFrame(table) for table in tables(SOURCES[name], rows)]
        self._keep(name, [*self._parts[name], *more])

    def ready(self, name: str, keys: Sequence[str]) -> None:
        """Spark plans by the size of what is kept."""

    def derive(self, step: Step) -> None:
        found = self._session.sql(step.text)
        if step.adds:
            first = self._parts[step.table][0]
            found = found.toDF(*first.columns)
            found = found.selectExpr(*(f"cast({name} as {kind}) as {name}" for name, kind in first.dtypes))
        # cut the lineage here: later steps read rows, not the whole history of how they came to be
        found = found.localCheckpoint(eager=True)
        self._keep(step.table, [*self._parts[step.table], found] if step.adds else [found])

    def rows(self, text: str) -> Iterator[Row]:
        for batch in self._session.sql(text).toArrow().to_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def _keep(self, name: str, parts: list[DataFrame]) -> None:
        self._parts[name] = parts
        reduce(lambda one, other: one.unionAll(other), parts).createOrReplaceTempView(name)


@contextmanager
def started(place: Path, settings: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """A session that keeps its own files in `place`; `settings` go before those that are chosen here."""
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    master = os.environ.get("SPARK_MASTER", MASTER)
    chosen = _SETTINGS | (_LOCAL if master.startswith("local") else {})
    chosen |= {"spark.local.dir": str(place), "spark.sql.warehouse.dir": str(place / "warehouse")}
    conf = SparkConf().setMaster(master).setAll([*(chosen | dict(settings or {})).items()])
    session = SparkSession(SparkContext(conf=conf, gateway=_machine()))
    try:
        yield session
    finally:
        session.stop()


@cache
def _machine() -> Any:
    """The Java machine of this process, silent: what it has to say comes as an exception."""
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    launch: Any = launch_gateway
    return launch(SparkConf().setAll([*_MACHINE.items()]), {"stdout": DEVNULL, "stderr": DEVNULL})
