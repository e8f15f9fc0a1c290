"""Take an officer on, give and take roles, let one go. Each act leaves a leaf in the audit trail."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel import audit
from gateway.kernel.uow import UnitOfWork, insert_if_new, insert_new
from gateway.officers import store
from gateway.officers.model import Officer, OfficerInvalid, OfficerKnown, Role
from gateway.officers.store import officer, officer_role, officer_session

_LOGIN = re.compile(r"[^\s@\x00-\x1f]{1,64}(@[^\s@\x00-\x1f]{1,190})?")


def add(uow: UnitOfWork, agency_id: str, name: str, login: str, roles: Collection[str]) -> Officer:
    """Take an officer on. `login` is what the identity provider calls the person: e-mail or user name.

    OfficerInvalid names the field; OfficerKnown when the login is taken.
    """
    kept = login.strip().casefold()
    if not name.strip():
        raise OfficerInvalid("Thiếu họ tên cán bộ.", "The officer's name is missing.", field="name")
    if not _LOGIN.fullmatch(kept):
        raise OfficerInvalid("Tên đăng nhập không hợp lệ.", "The login is not valid.", field="login")
    officer_id = uow.mint("off")
    row = {"id": officer_id, "agency_id": agency_id, "name": name.strip(), "login": kept, "created_at": uow.now()}
    if not insert_if_new(uow.connection, officer, row):
        raise OfficerKnown("Tên đăng nhập đã có.", "The login is taken.", field="login")
    note(uow, agency_id, "officer.added", officer_id, {})
    return grant(uow, agency_id, officer_id, roles)


def grant(uow: UnitOfWork, agency_id: str, officer_id: str, roles: Collection[str]) -> Officer:
    """Give roles; those already held stay as they are."""
    found, given = store.by_id(uow.connection, agency_id, officer_id), _roles(roles)
    fresh = sorted(given - found.roles)
    rows = [
        {"officer_id": officer_id, "role": role.value, "granted_at": uow.now(), "granted_by": uow.actor}
        for role in fresh
    ]
    if rows:
        uow.connection.execute(insert_new(uow.connection, officer_role), rows)
        note(uow, agency_id, "officer.granted", officer_id, {"roles": fresh})
    return store.by_id(uow.connection, agency_id, officer_id)


def revoke(uow: UnitOfWork, agency_id: str, officer_id: str, roles: Collection[str]) -> Officer:
    """Take roles away; in force at the officer's next click."""
    taken = _roles(roles) & store.by_id(uow.connection, agency_id, officer_id).roles
    gone = (officer_role.c.officer_id == officer_id) & officer_role.c.role.in_([role.value for role in taken])
    if taken:
        uow.connection.execute(sa.delete(officer_role).where(gone))
        note(uow, agency_id, "officer.revoked", officer_id, {"roles": sorted(taken)})
    return store.by_id(uow.connection, agency_id, officer_id)


def end(uow: UnitOfWork, agency_id: str, officer_id: str) -> None:
    """Let an officer go: no login any more, open sessions end; the name stays with what was done."""
    store.by_id(uow.connection, agency_id, officer_id)
    mine = own(officer, agency_id) & (officer.c.id == officer_id)
    uow.connection.execute(sa.update(officer).where(mine).values(ended_at=uow.now()))
    open_ones = (officer_session.c.officer_id == officer_id) & officer_session.c.ended_at.is_(None)
    uow.connection.execute(sa.update(officer_session).where(open_ones).values(ended_at=uow.now()))
    note(uow, agency_id, "officer.ended", officer_id, {})


def note(uow: UnitOfWork, agency_id: str, kind: str, ref: str, facts: dict[str, Any]) -> None:
    """An audit leaf without an event: who works here is nobody's business outside."""
    row = audit.leaf_row(uow.mint("leaf"), agency_id, kind, ref, uow.actor, facts, uow.now())
    uow.connection.execute(sa.insert(audit.leaf).values(**row))


def _roles(names: Collection[str]) -> frozenset[Role]:
    try:
        return frozenset(Role(name) for name in names)
    except ValueError:
        known = ", ".join(Role)
        raise OfficerInvalid(f"Vai trò phải là: {known}.", f"A role is one of: {known}.", field="roles") from None
