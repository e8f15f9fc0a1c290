"""How the tree is kept: inner nodes of every fourth level and the signed checkpoints; both are append-only.

Leaves are numbered in place (`gateway/kernel/audit.py`). Keeping one level of four costs a fifteenth of a row for each
leaf, and a proof still reads no more than sixteen hashes for each level kept.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.append_only import refuse_change
from gateway.kernel.db import UtcTime, metadata
from gateway.settlement.store import notice

__all__ = ["checkpoint", "metadata", "node"]

RISE = 4  # levels from one that is kept to the next
GROUP = 1 << RISE

node = sa.Table(
    "audit_node",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("level > 0 AND level % 4 = 0", name="level"),
    sa.CheckConstraint("position >= 0", name="position"),
)

checkpoint = sa.Table(
    "audit_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False),  # origin, size, root, time and signature, as it is published
    sa.CheckConstraint("size > 0", name="size"),
)

UNBALANCED = "counted <> settled + suspended + returned"  # what no row may be; found through an index that is empty

sa.Index(
    "ix_notice_unbalanced",
    notice.c.agency_id,
    postgresql_where=sa.text(UNBALANCED),
    sqlite_where=sa.text(UNBALANCED),
)

for _table in (node, checkpoint):
    refuse_change(_table)
