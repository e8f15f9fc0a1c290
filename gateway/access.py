"""Who may do what: API keys of 256 bits, kept only as hashes, and the one tenant filter every query passes.

A key is `tp_<id>_<secret>`; the id finds the row, the secret is compared in constant time. A door remembers a key it
has authenticated for REMEMBERED, so that the next request with it needs no query: a key revoked by another process opens
this one's door for that long at most, one revoked by this process not at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Forbidden, Invalid, ThuPhiError
from gateway.kernel.uow import UnitOfWork

SCOPES = frozenset({"dossiers", "payments", "receipts", "reports", "statements", "webhooks"})

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
)

REMEMBERED = timedelta(seconds=5)
MOST_REMEMBERED = 10_000  # keys, about 3 MB

_KEY = re.compile(r"tp_([0-9A-Z]{10})_([0-9A-Z]{52})")


class Unauthenticated(ThuPhiError):
    """No key, or one that opens nothing."""

    kind = "forbidden"
    code = "access.unauthenticated"


class ScopeMissing(Forbidden):
    """The key is good, but not for this."""

    code = "access.scope"


class ForeignAgency(Forbidden):
    """The key belongs to another agency."""

    code = "access.agency"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands at the door."""

    key_id: str
    agency: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How the audit trail names the caller."""
        return f"key:{self.key_id}"

    def need(self, scope: str) -> None:
        """Refuse unless the key has `scope`."""
        if scope not in self.scopes:
            raise ScopeMissing(f"Khóa API không có quyền {scope}.", f"The API key lacks the scope {scope}.")


def own(table: sa.Table, agency_id: str) -> sa.ColumnElement[bool]:
    """The tenant filter: rows of this agency and no other."""
    return table.c.agency_id == agency_id


def create_key(uow: UnitOfWork, agency_id: str, name: str, scopes: Collection[str] = SCOPES) -> str:
    """A new API key; the text is shown this once and cannot be read back."""
    unknown = set(scopes) - SCOPES
    if unknown:
        raise Invalid("Quyền không tồn tại.", f"There is no scope {sorted(unknown)[0]}.", field="scopes")
    key_id, secret = uow.ids.code(10), uow.ids.code(52)
    row = {"id": key_id, "agency_id": agency_id, "name": name, "hash": _hash(secret), "created_at": uow.now()}
    uow.connection.execute(sa.insert(api_key).values(**row, scopes=json.dumps(sorted(scopes))))
    return f"tp_{key_id}_{secret}"


def revoke_key(uow: UnitOfWork, agency_id: str, key_id: str) -> bool:
    """End a key; whether there was one to end."""
    mine = own(api_key, agency_id) & (api_key.c.id == key_id) & api_key.c.revoked_at.is_(None)
    _revoked_here.add(key_id)
    return uow.connection.execute(sa.update(api_key).where(mine).values(revoked_at=uow.now())).rowcount == 1


def authenticate(connection: sa.Connection, text: str) -> Caller:
    """Whose key this is; Unauthenticated says nothing about why not."""
    matched = _KEY.fullmatch(text)
    row = None
    if matched:
        row = connection.execute(sa.select(api_key).where(api_key.c.id == matched[1])).one_or_none()
    secret = matched[2] if matched else ""
    known = row.hash if row is not None else b"\0" * 32
    if not hmac.compare_digest(_hash(secret), known) or row is None or row.revoked_at is not None:
        raise Unauthenticated("Thiếu khóa API hợp lệ.", "A valid API key is required.")
    return Caller(key_id=row.id, agency=row.agency_id, scopes=frozenset(json.loads(row.scopes)))


class Keyring:
    """Callers a door has authenticated a moment ago, by the SHA-256 of their keys; the keys themselves are not kept."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Caller, datetime]] = {}

    def recall(self, text: str, now: datetime) -> Caller | None:
        """Whose key this is, if that was found out less than REMEMBERED ago."""
        found = self._known.get(_hash(text))
        if found is None:
            return None
        caller, since = found
        fresh = since <= now < since + REMEMBERED and caller.key_id not in _revoked_here
        return caller if fresh else None

    def remember(self, text: str, caller: Caller, now: datetime) -> None:
        """`caller` was authenticated by `text` at `now`: the time before the database was asked."""
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[_hash(text)] = (caller, now)


_revoked_here: set[str] = set()  # ids of keys this process has ended; a rollback costs them a query each time, no more


def _hash(secret: str) -> bytes:
    """A 256-bit random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
