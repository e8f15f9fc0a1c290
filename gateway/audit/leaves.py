"""Leaves as an auditor reads them: in batches of bounded size, each checked against its own text and hash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.audit import verifier
from gateway.kernel.audit import leaf
from gateway.kernel.clock import rfc3339

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Flaw:
    """A rule that does not hold, and for what."""

    rule: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf; `told` is its text as JSON, None where that cannot be read."""

    id: str
    agency: str
    kind: str
    ref: str
    body: bytes
    hash: bytes
    at: datetime
    position: int | None
    told: dict[str, Any] | None

    @property
    def facts(self) -> dict[str, Any]:
        """What happened, in the words of its event."""
        found = (self.told or {}).get("facts")
        return found if isinstance(found, dict) else {}

    def flaws(self) -> Iterator[Flaw]:
        """Text and hash must agree, and the columns that are searched by with the text."""
        where = self.id if self.position is None else f"{self.position} {self.id}"
        if verifier.leaf_hash(self.body) != self.hash:
            yield Flaw("leaf.changed", where, "the text does not have the hash that is kept with it")
        if self.told is None:
            yield Flaw("leaf.unreadable", where)
            return
        columns = {"id": self.id, "agency": self.agency, "kind": self.kind, "ref": self.ref, "at": rfc3339(self.at)}
        for name, value in columns.items():
            if self.told.get(name) != value:
                yield Flaw("leaf.columns", where, f"{name} is not what the text says")


def numbered(connection: sa.Connection, size: int) -> Iterator[list[Leaf]]:
    """All leaves with a number below `size`, in their order."""
    last = -1
    while rows := _read(connection, leaf.c.position.between(last + 1, size - 1), leaf.c.position):
        yield rows
        last = rows[-1].position or 0


def unnumbered(connection: sa.Connection) -> Iterator[list[Leaf]]:
    """All that wait for a number, by id."""
    last = ""
    while rows := _read(connection, leaf.c.position.is_(None) & (leaf.c.id > last), leaf.c.id):
        yield rows
        last = rows[-1].id


def about(connection: sa.Connection, chosen: sa.ColumnElement[bool]) -> list[Leaf]:
    """The leaves that `chosen` picks, in the order they were written."""
    return [_leaf(row) for row in connection.execute(sa.select(leaf).where(chosen).order_by(leaf.c.id))]


def _read(connection: sa.Connection, chosen: sa.ColumnElement[bool], order: sa.Column[Any]) -> list[Leaf]:
    rows = connection.execute(sa.select(leaf).where(chosen).order_by(order).limit(BATCH))
    return [_leaf(row) for row in rows]


def _leaf(row: sa.Row[Any]) -> Leaf:
    body = bytes(row.body)
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else None
    return Leaf(row.id, row.agency_id, row.kind, row.ref, body, bytes(row.hash), row.at, row.position, told)
