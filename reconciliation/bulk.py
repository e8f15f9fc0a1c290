"""The `duckdb` engine (extra `[bulk]`): DuckDB in process, for files and periods too large for one database run.

No index and no statistics are needed; the work uses every core and spills to disk when memory runs short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciliation.arrow import tables
from reconciliation.definition import SOURCES, Step

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from reconciliation.content import Content
    from reconciliation.engine import Row

_CHUNK = 20_000


class BulkEngine:
    """Tables of an in-memory DuckDB; `database` is open to whoever can fill sources faster than row by row."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.database = database

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[BulkEngine]:
        """Empty source tables in a database of their own."""
        import duckdb

        with duckdb.connect(":memory:", config={"preserve_insertion_order": False}) as database:
            engine = cls(database)
            for name, columns in SOURCES.items():
                engine.create(name, columns)
            yield engine

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.database.execute(f"create table {name} ({listed})")

    def fill(self, name: str, rows: Iterable[Row]) -> None:
        for table in tables(SOURCES[name], rows):
            self.database.register("incoming", table)
            self.database.execute(f"insert into {name} select * from incoming")  # noqa: S608 - names of our own
            self.database.unregister("incoming")

    def scan(self, *, payments: Path, receipts: Path, statement: Path, account: str) -> Content | None:
        """Fill payments and lines from plain CSV files; None, with nothing filled, where they ask for care."""
        from reconciliation.scan import scan

        return scan(self, payments=payments, receipts=receipts, statement=statement, account=account)

    def ready(self, name: str, keys: Sequence[str]) -> None:
        """DuckDB keeps its own statistics, and hash joins want no index."""

    def derive(self, step: Step) -> None:
        making = f"insert into {step.table}" if step.adds else f"create table {step.table} as"
        self.database.execute(f"{making} {step.text}")

    def rows(self, text: str) -> Iterator[Row]:
        with self.database.cursor() as cursor:
            cursor.execute(text)
            while chunk := cursor.fetchmany(_CHUNK):
                yield from chunk
