"""The `spark` engine (extra `[cluster]`): Spark SQL over local cores, or over a cluster by SPARK_MASTER's address.

A table is a list of data frames kept on the workers; what a step adds is one more of them. Nothing is written to a
warehouse, and the same text runs unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING

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
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.session.timeZone": "Asia/Ho_Chi_Minh",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.constraintPropagation.enabled": "false",  # a checkpoint trips over constraints on a column named twice
    "spark.driver.memory": "2g",
    "spark.log.level": "ERROR",
}


class ClusterEngine:
    """Temporary views of a Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._parts: dict[str, list[DataFrame]] = {}

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[ClusterEngine]:
        """Empty sources in a session of their own."""
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(os.environ.get("SPARK_MASTER", MASTER))
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            engine = cls(session)
            for name, columns in SOURCES.items():
                engine.create(name, columns)
            yield engine
        finally:
            session.stop()

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
        yield from self._session.sql(text).toLocalIterator()

    def _keep(self, name: str, parts: list[DataFrame]) -> None:
        self._parts[name] = parts
        reduce(lambda one, other: one.unionAll(other), parts).createOrReplaceTempView(name)
