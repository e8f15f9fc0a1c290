"""Sessions of officers: a random secret in a cookie, its hash in the database, short when idle, never longer than a shift.

OWASP ASVS 5.0 section 7: 256 bits of entropy, a new secret at each login, ended on the server; the forms of a session
carry a token derived from its secret (double submit bound to the session).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.kernel.uow import UnitOfWork
from gateway.officers import store
from gateway.officers.model import FormForged, LoginRefused, OfficerMissing, Session
from gateway.officers.register import note
from gateway.officers.store import officer, officer_session

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # how often a session's last use is written down

SECRET_CHARACTERS = 52  # 260 bits


def begin(uow: UnitOfWork, officer_id: str) -> str:
    """A new session; the secret for the cookie, which is kept nowhere else. OfficerMissing."""
    found = store.in_service(uow.connection, officer_id)
    secret = uow.ids.code(SECRET_CHARACTERS)
    row = {"id": uow.mint("ses"), "hash": _hash(secret), "officer_id": officer_id}
    uow.connection.execute(sa.insert(officer_session).values(**row, began_at=uow.now(), seen_at=uow.now()))
    note(uow, found.agency, "officer.came_in", officer_id, {})
    return secret


def recognise(connection: sa.Connection, secret: str, now: datetime) -> Session:
    """Whose session this is; LoginRefused says nothing about why not."""
    row = connection.execute(_current(secret, now)).one_or_none()
    if row is None:
        raise _refused()
    try:
        found = store.in_service(connection, row.officer_id)
    except OfficerMissing:
        raise _refused() from None
    return Session(row.id, found, csrf_of(secret))


def seen(uow: UnitOfWork, secret: str) -> None:
    """Note that the session is in use, at most once in SEEN_EVERY."""
    old = _mine(secret) & (officer_session.c.seen_at < uow.now() - SEEN_EVERY)
    uow.connection.execute(sa.update(officer_session).where(old).values(seen_at=uow.now()))


def stale(connection: sa.Connection, secret: str, now: datetime) -> bool:
    """Whether `seen` would write something: asked first, so that most clicks write nothing."""
    last = connection.scalar(sa.select(officer_session.c.seen_at).where(_mine(secret)))
    return last is not None and last < now - SEEN_EVERY


def end(uow: UnitOfWork, secret: str) -> None:
    """Log out; twice is as good as once."""
    open_one = _mine(secret) & officer_session.c.ended_at.is_(None)
    who = sa.select(officer.c.agency_id, officer.c.id).join_from(
        officer, officer_session, officer.c.id == officer_session.c.officer_id
    )
    row = uow.connection.execute(who.where(open_one)).one_or_none()
    if row is not None:
        uow.connection.execute(sa.update(officer_session).where(open_one).values(ended_at=uow.now()))
        note(uow, row.agency_id, "officer.left", row.id, {})


def csrf_of(secret: str) -> str:
    """The token that the session's forms carry."""
    return hmac.new(secret.encode(), b"thuphi form", hashlib.sha256).hexdigest()[:40]


def check_form(session: Session, given: str) -> None:
    """FormForged unless the form came from a page of this session."""
    if not hmac.compare_digest(session.csrf.encode(), given.encode()):
        raise FormForged("Biểu mẫu đã cũ; hãy tải lại trang.", "The form is out of date; reload the page.")


def _current(secret: str, now: datetime) -> sa.Select[tuple[str, str]]:
    table = officer_session.c
    fresh = (table.seen_at > now - IDLE) & (table.began_at > now - LONGEST) & table.ended_at.is_(None)
    return sa.select(table.id, table.officer_id).where(_mine(secret), fresh)


def _mine(secret: str) -> sa.ColumnElement[bool]:
    return officer_session.c.hash == _hash(secret)


def _hash(secret: str) -> bytes:
    """A 260-bit random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def _refused() -> LoginRefused:
    return LoginRefused("Hãy đăng nhập.", "Please log in.")
