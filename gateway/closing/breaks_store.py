"""What persons did about breaks, one row an act, never changed: the state of a break is read from its last acts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.access import own
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


__all__ = ["ACTS", "break_act", "by_id", "latest", "metadata", "of_subject"]
