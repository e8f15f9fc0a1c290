"""What runs the definition: the engine contract, and the engine that is the host's own database.

The database engine works in the caller's transaction, with real temporary tables, indexes on what later steps look up
and statistics after each step: planners that guess at sizes cost more than anything else here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from reconciliation.definition import PASSES, SOURCE_KEYS, SOURCES, TEXT, Step
from reconciliation.residual import components

if TYPE_CHECKING:
    import sqlalchemy as sa

Row = Sequence[Any]
Progress = Callable[[str, int, int], None]  # step, how many are done, of how many

SCOPE = ("scope_line", "scope_payment", "scope_placed")  # of a run that looks only at what is open

_CHUNK = 20_000


class Engine(Protocol):
    """Anything that keeps named tables and runs plain SQL over them."""

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """An empty table."""

    def fill(self, name: str, rows: Iterable[Row]) -> None:
        """Add rows, in the order of the table's columns."""

    def ready(self, name: str, keys: Sequence[str]) -> None:
        """The table is complete for now: index and analyse it."""

    def derive(self, step: Step) -> None:
        """Run one step of the definition."""

    def rows(self, text: str) -> Iterable[Row]:
        """What a query gives."""


def evaluate(engine: Engine, progress: Progress | None = None) -> None:
    """Run all passes over filled sources; `line_result` and `payment_result` are then complete."""
    total, done = sum(map(len, PASSES)), 0
    for at, steps in enumerate(PASSES):
        for step in steps:
            if progress:
                progress(step.file, done, total)
            engine.derive(step)
            done += 1
        if at == 0:
            _untangle(engine)


def _untangle(engine: Engine) -> None:
    """P5: what SQL leaves is solved here, the same on every engine."""
    edges = engine.rows(
        "select line_id, target, line_amount, target_amount, claim, proved, sound, batch, sort_key from tangle_edge"
    )
    engine.fill("component", components(edges))
    engine.ready("component", SOURCE_KEYS["component"])


class DatabaseEngine:
    """SQLite or PostgreSQL through the connection that also stores the result."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._postgresql = connection.dialect.name == "postgresql"
        self._schema = "pg_temp" if self._postgresql else "temp"
        self._made: list[str] = []

    @contextmanager
    def sources(self) -> Iterator[DatabaseEngine]:
        """Empty source tables; every temporary table is gone afterwards."""
        self._made = [*SCOPE, *SOURCES, *dict.fromkeys(step.table for steps in PASSES for step in steps)]
        self._drop()
        for name, columns in SOURCES.items():
            self.create(name, columns)
        yield self
        self._drop()

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(f"{column} {self._type(kind)}" for column, kind in columns.items())
        self._run(f"create temporary table {name} ({listed})")

    def fill(self, name: str, rows: Iterable[Row]) -> None:
        if self._postgresql:
            self._copy(name, rows)
            return
        marks = ", ".join("?" * len(SOURCES[name]))
        insert = f"insert into {name} values ({marks})"  # noqa: S608 - names of our own
        remaining = map(_without_dates, rows)
        while chunk := list(islice(remaining, _CHUNK)):
            self._connection.exec_driver_sql(insert, chunk)

    def fill_from(self, name: str, select: sa.Select[Any]) -> None:
        """Add what a select of the same database gives, column by column as SOURCES lists them."""
        import sqlalchemy as sa

        table = sa.table(name, *(sa.column(column) for column in SOURCES[name]))
        self._connection.execute(sa.insert(table).from_select(list(SOURCES[name]), select))

    def ready(self, name: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._index(name, key)
        self._analyse(name)

    def derive(self, step: Step) -> None:
        if step.adds:
            self._run(f"insert into {step.table} {step.text}")
        else:
            self._run(f"create temporary table {step.table} as {step.text}")
            self.ready(step.table, step.keys)

    def rows(self, text: str) -> Iterable[Row]:
        return self._connection.exec_driver_sql(text)

    def _copy(self, name: str, rows: Iterable[Row]) -> None:
        """PostgreSQL takes rows one by one at a tenth of the speed."""
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"copy {name} from stdin") as copy:
            for row in rows:
                copy.write_row(row)

    def _type(self, kind: str) -> str:
        """Text is compared byte by byte everywhere, whatever the collation of the database."""
        return 'text collate "C"' if kind == TEXT and self._postgresql else kind

    def _index(self, name: str, key: str) -> None:
        place = f"{name}_{key}" if self._postgresql else f"temp.{name}_{key}"
        self._run(f"create index {place} on {name} ({key})")

    def _analyse(self, name: str) -> None:
        self._run(f"analyze {self._schema}.{name}")

    def _drop(self) -> None:
        for name in self._made:
            self._run(f"drop table if exists {self._schema}.{name}")

    def _run(self, text: str) -> None:
        self._connection.exec_driver_sql(text)


def _without_dates(row: Row) -> tuple[Any, ...]:
    """SQLite keeps days as ISO text."""
    return tuple([value.isoformat() if isinstance(value, date) else value for value in row])
