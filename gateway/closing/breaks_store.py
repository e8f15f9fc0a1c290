"""What persons did about breaks and what they laid beside them, a row each, never changed.

The state of a break is read from its last acts. Files and their names are sealed in place (`break_evidence.content.<id>`,
`break_evidence.name.<id>`); the digest is of the content as it came.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.append_only import refuse_change
from gateway.kernel.db import UtcTime, metadata

ACTS = ("assigned", "noted", "asked", "accepted", "agreed", "declined", "undone")

break_act = sa.Table(
    "break_act",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # of the group's first item: `line` or `payment`, a colon, its id
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),  # what reconciliation said of it then
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng at stake then
    sa.Column("officer_id", sa.Text, sa.ForeignKey("officer.id")),  # whom it was given to
    sa.Column("text_sealed", sa.LargeBinary),
    sa.Column("done_by", sa.Text, nullable=False),
    sa.Column("done_at", UtcTime, nullable=False),
    sa.Column("asked_by", sa.Text),  # of an answer: who had asked
    sa.Column("answers", sa.Text, unique=True),  # of an answer: the act it answers; there is one at most
    sa.CheckConstraint(f"act IN ({', '.join(repr(act) for act in ACTS)})", name="act"),
    sa.CheckConstraint("act <> 'agreed' OR (asked_by IS NOT NULL AND asked_by <> done_by)", name="persons"),
    sa.CheckConstraint("(act IN ('agreed', 'declined')) = (answers IS NOT NULL)", name="answer"),
    sa.Index("ix_break_act_subject", "agency_id", "subject", "id"),
)

MEDIA = ("pdf", "png", "jpeg", "xlsx", "text")
LARGEST = 5 << 20  # bytes of one piece of evidence

break_evidence = sa.Table(
    "break_evidence",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # as of an act
    sa.Column("name_sealed", sa.LargeBinary, nullable=False),
    sa.Column("media", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content_sealed", sa.LargeBinary, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.UniqueConstraint("agency_id", "subject", "sha256"),
    sa.CheckConstraint(f"media IN ({', '.join(repr(one) for one in MEDIA)})", name="media"),
    sa.CheckConstraint(f"size BETWEEN 1 AND {LARGEST}", name="size"),
)

refuse_change(break_act)
refuse_change(break_evidence)


def latest(connection: sa.Connection, agency_id: str, *acts: str) -> dict[str, sa.Row[Any]]:
    """The last of these acts on each subject."""
    c = break_act.c
    mine = own(break_act, agency_id) & c.act.in_(acts)
    last = sa.select(sa.func.max(c.id)).where(mine).group_by(c.subject)
    return {row.subject: row for row in connection.execute(sa.select(break_act).where(mine, c.id.in_(last)))}


def of_subject(connection: sa.Connection, agency_id: str, subject: str) -> list[sa.Row[Any]]:
    """All that was done about one, oldest first."""
    mine = own(break_act, agency_id) & (break_act.c.subject == subject)
    return list(connection.execute(sa.select(break_act).where(mine).order_by(break_act.c.id)))


def by_id(connection: sa.Connection, agency_id: str, act_id: str) -> sa.Row[Any] | None:
    """One act."""
    mine = own(break_act, agency_id) & (break_act.c.id == act_id)
    return connection.execute(sa.select(break_act).where(mine).with_for_update()).one_or_none()


__all__ = ["ACTS", "LARGEST", "MEDIA", "break_act", "break_evidence", "by_id", "latest", "metadata", "of_subject"]
