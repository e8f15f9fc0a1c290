"""Rows as Apache Arrow tables, in the columns of the definition: how both bulk engines take what Python has read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciliation.definition import DAY, NUMBER, TEXT

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 100_000


def tables(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Iterator[pa.Table]:
    """The rows in tables of at most 100 000."""
    schema = _schema(columns)
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        yield _table(schema, chunk)


def _table(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    import pyarrow as pa

    arrays = [pa.array(values, field.type) for field, values in zip(schema, zip(*rows, strict=True), strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    types = {DAY: pa.date32(), NUMBER: pa.int64(), TEXT: pa.string()}
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def empty(columns: Mapping[str, str]) -> pa.Table:
    """The same columns without rows."""
    return _schema(columns).empty_table()
