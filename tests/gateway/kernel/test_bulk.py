"""Many rows in one statement: the same on both databases, whatever is in the rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.kernel import bulk
from gateway.kernel.db import UtcTime

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)

metadata = sa.MetaData()
thing = sa.Table(
    "thing",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("small", sa.Integer, default=7),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("at", UtcTime),
    sa.Column("day", sa.Date),
    sa.Column("done", sa.Boolean),
)
mention = sa.Table(
    "mention",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("thing", sa.Text, sa.ForeignKey("thing.id")),
)
SMALL = thing.c.amount < 100


def row(n: int, **more: Any) -> dict[str, Any]:
    odd = bool(n % 2)
    values: dict[str, Any] = {
        "id": f'k{n} đ {{"a": "b\\\\"}},NULL \'',
        "amount": n if odd else 2**40 + n,
        "sealed": bytes([n, 0, 255, 92]) if odd else None,
        "at": None if odd else NOW,
        "day": date(2026, 11, 24) if odd else None,
        "done": odd,
    }
    return values | more


@pytest.fixture
def connection(engine: sa.Engine) -> Any:
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection


def kept(connection: sa.Connection) -> list[dict[str, Any]]:
    return [dict(found._mapping) for found in connection.execute(sa.select(thing).order_by(thing.c.id))]


def test_what_goes_in_comes_out(connection: sa.Connection) -> None:
    rows = [row(n) for n in range(5)]
    bulk.insert(connection, thing, rows)
    assert kept(connection) == [one | {"small": 7} for one in rows]


def test_a_column_may_be_empty_in_all_rows(connection: sa.Connection) -> None:
    rows = [row(n, sealed=None, at=None, day=None, done=None, small=None) for n in range(3)]
    bulk.insert(connection, thing, rows)
    assert kept(connection) == rows


def test_several_tables_are_filled_in_their_order(connection: sa.Connection) -> None:
    first, second = [row(n) for n in range(5)], [{"id": "a", "thing": row(3)["id"]}, {"id": "b", "thing": None}]
    bulk.insert_all(connection, ((thing, first), (thing, []), (mention, second), (thing, [row(9)])))
    assert kept(connection) == [one | {"small": 7} for one in [*first, row(9)]]
    assert [dict(one._mapping) for one in connection.execute(sa.select(mention).order_by("id"))] == second
    with pytest.raises(sa.exc.IntegrityError):
        bulk.insert_all(connection, ((mention, [{"id": "c", "thing": None}]), (thing, [row(9)])))


def test_only_new_rows_are_inserted_and_named(connection: sa.Connection) -> None:
    bulk.insert(connection, thing, [row(1, amount=5)])
    fresh = bulk.insert_new(connection, thing, [row(n) for n in range(4)], ("id",))
    assert sorted(fresh) == [(row(n)["id"],) for n in (0, 2, 3)]
    assert kept(connection)[1]["amount"] == 5


def test_rows_are_updated_where_they_are_and_may_be(connection: sa.Connection) -> None:
    bulk.insert(connection, thing, [row(n) for n in range(4)])
    changes = [{"id": row(n)["id"], "at": NOW, "small": n} for n in range(1, 6)]
    assert bulk.update(connection, thing, ("id",), changes) == 3
    assert [found["small"] for found in kept(connection)] == [7, 1, 2, 3]
    assert bulk.update(connection, thing, ("id",), [one | {"small": 9} for one in changes], SMALL) == 2
    assert [found["small"] for found in kept(connection)] == [7, 9, 2, 9]


def test_no_rows_no_statement(connection: sa.Connection) -> None:
    bulk.insert(connection, thing, [])
    assert bulk.insert_new(connection, thing, [], ("id",)) == []
    assert bulk.update(connection, thing, ("id",), []) == 0


def test_among_names_any_number_of_values(connection: sa.Connection) -> None:
    bulk.insert(connection, thing, [row(n) for n in range(5)])

    def found(*numbers: int) -> list[str]:
        chosen = bulk.among(connection, thing.c.id, (row(n)["id"] for n in numbers))
        return list(connection.scalars(sa.select(thing.c.id).where(chosen).order_by(thing.c.id)))

    assert found() == []
    assert found(3, 1, 7) == [row(1)["id"], row(3)["id"]]
