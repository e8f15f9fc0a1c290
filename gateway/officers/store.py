"""Where officers, their roles and their sessions are kept."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.officers.model import Officer, OfficerMissing, Role

_ROLES = ", ".join(f"'{role}'" for role in Role)

officer = sa.Table(
    "officer",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column(
        "login", sa.Text, nullable=False, unique=True
    ),  # e-mail or user name at the identity provider, lower case
    sa.Column("issuer", sa.Text),  # with `subject`: who the identity provider says it is, bound at the first login
    sa.Column("subject", sa.Text),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.UniqueConstraint("issuer", "subject"),
    sa.Index("ix_officer_agency", "agency_id", "id"),
)

officer_role = sa.Table(
    "officer_role",
    metadata,
    sa.Column("officer_id", sa.Text, sa.ForeignKey("officer.id"), primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("granted_at", UtcTime, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.CheckConstraint(f"role IN ({_ROLES})", name="role"),
)

officer_session = sa.Table(
    "officer_session",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),  # SHA-256 of the cookie's secret
    sa.Column("officer_id", sa.Text, sa.ForeignKey("officer.id"), nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Index("ix_officer_session_officer", "officer_id"),
)


def of_agency(connection: sa.Connection, agency_id: str) -> list[Officer]:
    """Officers in service, by name."""
    mine = sa.select(officer).where(own(officer, agency_id), officer.c.ended_at.is_(None))
    return _with_roles(connection, connection.execute(mine.order_by(officer.c.name, officer.c.id)).all())


def by_id(connection: sa.Connection, agency_id: str, officer_id: str) -> Officer:
    """One officer in service; OfficerMissing."""
    mine = sa.select(officer).where(own(officer, agency_id), officer.c.id == officer_id, officer.c.ended_at.is_(None))
    return _only(_with_roles(connection, connection.execute(mine).all()))


def in_service(connection: sa.Connection, officer_id: str) -> Officer:
    """One officer of whatever agency: for the door, which learns the agency from it; OfficerMissing."""
    one = sa.select(officer).where(officer.c.id == officer_id, officer.c.ended_at.is_(None))
    return _only(_with_roles(connection, connection.execute(one).all()))


def names_of(connection: sa.Connection, agency_id: str, actors: Sequence[str]) -> dict[str, str]:
    """Actors of the audit trail -> names of officers, also of those who left; others are missing in the answer."""
    ids = [actor.removeprefix("officer:") for actor in actors if actor.startswith("officer:")]
    found = sa.select(officer.c.id, officer.c.name).where(own(officer, agency_id), officer.c.id.in_(ids))
    return {f"officer:{row.id}": row.name for row in connection.execute(found)} if ids else {}


def _with_roles(connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]) -> list[Officer]:
    ids = [row.id for row in rows]
    held: dict[str, set[Role]] = {officer_id: set() for officer_id in ids}
    query = sa.select(officer_role.c.officer_id, officer_role.c.role).where(officer_role.c.officer_id.in_(ids))
    for officer_id, role in connection.execute(query) if ids else ():
        held[officer_id].add(Role(role))
    return [Officer(row.id, row.agency_id, row.name, row.login, frozenset(held[row.id])) for row in rows]


def _only(found: list[Officer]) -> Officer:
    if not found:
        raise OfficerMissing("Không có cán bộ này.", "There is no such officer.")
    return found[0]
