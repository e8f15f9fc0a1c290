"""Many rows in one statement: INSERT .. SELECT FROM unnest(arrays) on PostgreSQL, executemany on SQLite.

The text of the statement does not depend on the number of rows, so that it is compiled once and prepared once; one
statement for each row costs about twice the CPU, a VALUES list of changing length more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Rows = Sequence[Mapping[str, Any]]
Insert = Callable[[sa.Table, Rows], None]  # writes rows, or keeps them for a statement to come


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert rows that all name the same columns; no rows, no statement."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_from_arrays(table, tuple(rows[0]), None), _arrays(rows))
    else:
        connection.execute(sa.insert(table), list(rows))


def insert_all(connection: sa.Connection, parts: Iterable[tuple[sa.Table, Rows]]) -> None:
    """Insert into several tables in this order, on PostgreSQL by one statement; tables without rows are left out."""
    filled = [(table, rows) for table, rows in parts if rows]
    if len(filled) < 2 or connection.dialect.name != "postgresql":
        for table, rows in filled:
            insert(connection, table, rows)
        return
    statement = _chained(tuple((table, tuple(rows[0])) for table, rows in filled))
    connection.execute(
        statement, {name: a for n, (_, rows) in enumerate(filled) for name, a in _arrays(rows, n).items()}
    )


def insert_new(
    connection: sa.Connection, table: sa.Table, rows: Rows, returning: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    """Insert those rows whose unique keys are new; the columns `returning` of those, in no order.

    Waits for whoever inserts one of the keys meanwhile; give the rows sorted by key, so that nobody waits in a ring.
    """
    if not rows:
        return []
    if connection.dialect.name == "postgresql":
        found = connection.execute(_from_arrays(table, tuple(rows[0]), returning), _arrays(rows))
    else:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        statement = sqlite_insert(table).on_conflict_do_nothing().returning(*(table.c[name] for name in returning))
        found = connection.execute(statement, list(rows))
    return [tuple(row) for row in found]


def update(
    connection: sa.Connection,
    table: sa.Table,
    key: tuple[str, ...],
    rows: Rows,
    only: sa.ColumnElement[bool] = sa.true(),
) -> int:
    """Set the other columns of `rows` where `key` is theirs, and `only` holds; how many rows that were.

    `only` is a constant of the caller's module: statements are kept by it.
    """
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        return connection.execute(_set_from_arrays(table, key, tuple(rows[0]), only), _arrays(rows)).rowcount
    names = [name for name in rows[0] if name not in key]
    statement = (
        sa.update(table)
        .where(only, *(table.c[name] == sa.bindparam(f"b_{name}") for name in key))
        .values({name: sa.bindparam(f"b_{name}") for name in names})
    )
    return connection.execute(statement, [{f"b_{name}": row[name] for name in row} for row in rows]).rowcount


def among(connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """`column IN values` as one parameter on PostgreSQL, so that the statement is the same for any number of them."""
    wanted = list(values)
    if connection.dialect.name == "postgresql":
        array = sa.bindparam(f"{column.name}_among", wanted, type_=sa.ARRAY(column.type), unique=True)
        return column == sa.any_(array)
    return column.in_(wanted)


@lru_cache(maxsize=128)
def _from_arrays(table: sa.Table, names: tuple[str, ...], returning: tuple[str, ...] | None) -> Any:
    """INSERT .. SELECT FROM unnest; given `returning`, keys that are there already are left alone."""
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    statement = postgresql_insert(table).from_select(list(names), sa.select(_unnested(table, names)))
    if returning is None:
        return statement
    return statement.on_conflict_do_nothing().returning(*(table.c[name] for name in returning))


@lru_cache(maxsize=128)
def _chained(parts: tuple[tuple[sa.Table, tuple[str, ...]], ...]) -> Any:
    """Data-modifying CTEs run in no promised order, so each waits until it has counted what the one before wrote."""
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    before: sa.CTE | None = None
    for n, (table, names) in enumerate(parts):
        fixed = {c.name: sa.literal(d.arg, c.type) for c in table.c if c.name not in names and (d := _default(c))}
        given = sa.select(_unnested(table, names, n), *fixed.values())
        if before is not None:
            given = given.where(sa.select(sa.func.count()).select_from(before).scalar_subquery() > 0)
        # Defaults are named here: left to the compiler, two tables' parameters of one name would clash.
        statement = postgresql_insert(table).from_select([*names, *fixed], given, include_defaults=False)
        if n + 1 < len(parts):
            before = statement.returning(sa.literal_column("1").label("done")).cte(f"part_{n}")
    return statement


def _default(column: sa.Column[Any]) -> ScalarElementColumnDefault | None:
    return column.default if isinstance(column.default, ScalarElementColumnDefault) else None


@lru_cache(maxsize=128)
def _set_from_arrays(
    table: sa.Table, key: tuple[str, ...], names: tuple[str, ...], only: sa.ColumnElement[bool]
) -> sa.Update:
    given = _unnested(table, names)
    return (
        sa.update(table)
        .where(only, *(table.c[name] == given.c[name] for name in key))
        .values({name: given.c[name] for name in names if name not in key})
    )


def _unnested(table: sa.Table, names: tuple[str, ...], part: int = 0) -> sa.TableValuedAlias:
    arrays = [sa.bindparam(f"a{part}_{name}", type_=sa.ARRAY(table.c[name].type)) for name in names]
    columns = [sa.column(name, table.c[name].type) for name in names]
    return sa.func.unnest(*arrays).table_valued(*columns, name=f"given_{part}").render_derived()


def _arrays(rows: Rows, part: int = 0) -> dict[str, list[Any]]:
    return {f"a{part}_{name}": [row[name] for row in rows] for name in rows[0]}
