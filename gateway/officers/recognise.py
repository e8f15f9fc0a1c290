"""From an identity to an officer: by the subject bound at the first login, else by the login an admin registered."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.uow import UnitOfWork
from gateway.officers import store
from gateway.officers.model import LoginRefused, Officer
from gateway.officers.oidc import Identity
from gateway.officers.register import note
from gateway.officers.store import officer


def recognise(uow: UnitOfWork, identity: Identity) -> Officer:
    """The officer this identity is. A login is bound to the first subject that comes with it, and to no other after.

    LoginRefused for anybody who is not registered.
    """
    table = officer.c
    bound = sa.select(table.id).where(table.issuer == identity.issuer, table.subject == identity.subject)
    found = uow.connection.scalar(bound.where(table.ended_at.is_(None)))
    return store.in_service(uow.connection, found if found is not None else _bind(uow, identity))


def _bind(uow: UnitOfWork, identity: Identity) -> str:
    table = officer.c
    waiting = table.login.in_(identity.logins) & table.subject.is_(None) & table.ended_at.is_(None)
    row = uow.connection.execute(sa.select(table.id, table.agency_id).where(waiting).with_for_update()).first()
    if row is None:
        raise LoginRefused(
            "Tài khoản chưa được đăng ký ở đây; hãy hỏi quản trị viên.",
            "The account is not registered here; ask an administrator.",
        )
    mine = (table.id == row.id) & table.subject.is_(None)
    uow.connection.execute(sa.update(officer).where(mine).values(issuer=identity.issuer, subject=identity.subject))
    note(uow, row.agency_id, "officer.bound", row.id, {})
    return str(row.id)
