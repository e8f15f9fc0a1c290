"""Number committed leaves: gapless, in batches, one sequencer at a time, each batch one database transaction.

The order is that of first being seen committed: a leaf that a long unit of work commits late is numbered later, and no
business transaction ever waits for a number. Killed at any line, a batch is whole or was never there.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.audit import tree
from gateway.audit.store import node
from gateway.kernel import bulk
from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment

BATCH = 1_000
LOCK = 0x74687570_61756474  # "thupaudt": PostgreSQL's advisory lock for the one sequencer

_UNNUMBERED = leaf.c.position.is_(None)


def number(environment: Environment, *, limit: int = BATCH) -> int:
    """Number up to `limit` leaves; how many that were, 0 also while another sequencer is at it."""
    with environment.read() as connection:
        if connection.scalar(sa.select(leaf.c.id).where(_UNNUMBERED).limit(1)) is None:
            return 0
    with environment.begin(actor="worker") as uow:
        return _number(uow.connection, limit) if _alone(uow.connection) else 0


def number_all(environment: Environment) -> int:
    """Number every leaf that is committed; how many that were."""
    done = 0
    while more := number(environment):
        done += more
    return done


def _alone(connection: sa.Connection) -> bool:
    """Whether this is the one sequencer, to the end of the database transaction; SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))))


def _number(connection: sa.Connection, limit: int) -> int:
    found = connection.execute(sa.select(leaf.c.id, leaf.c.hash).where(_UNNUMBERED).order_by(leaf.c.id).limit(limit))
    rows = [(row.id, bytes(row.hash)) for row in found]
    size = tree.size_of(connection)
    made = tree.grown(connection, size, [value for _, value in rows])  # reads leaves numbered before
    numbered = [{"id": leaf_id, "position": size + n} for n, (leaf_id, _) in enumerate(rows)]
    changed = bulk.update(connection, leaf, ("id",), numbered, _UNNUMBERED)
    assert changed == len(rows), f"{changed} of {len(rows)} leaves numbered"
    bulk.insert(connection, node, made)
    return len(rows)
