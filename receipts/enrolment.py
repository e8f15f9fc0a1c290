"""Keep the issuer's registration with the tax office: form 01/ĐKTĐ-CTĐT, its answer, and the certificates it lists.

Thông tư 91/2026/TT-BTC, Điều 17: the office answers within a working day (01/TB-ĐKĐT); certificates are added, extended
and stopped by a further form, which is a further registration here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from cryptography import x509

from receipts.model import Mint, ReceiptError
from receipts.register_tables import certificate as certificate_table
from receipts.register_tables import registration

Identity = tuple[str, str]  # issuer (RFC 4514), serial number (hexadecimal)


class RegistrationMissing(ReceiptError):
    """There is no such registration."""

    kind = "missing"
    code = "receipt.registration_missing"


def register(
    connection: sa.Connection, *, owner: str, certificates: Sequence[x509.Certificate], now: datetime, mint: Mint
) -> str:
    """A registration as sent to the tax office, with the certificates it lists; its id."""
    registration_id = mint("reg")
    connection.execute(sa.insert(registration).values(id=registration_id, owner=owner, state="sent", sent_at=now))
    listed = {(row["issuer"], row["serial"]): row for row in (_listed(registration_id, one) for one in certificates)}
    if listed:
        connection.execute(sa.insert(certificate_table), list(listed.values()))
    return registration_id


def answer(connection: sa.Connection, registration_id: str, *, accepted_on: date | None) -> bool:
    """Accepted on a day, or refused (None). False if it was answered before. Raises RegistrationMissing."""
    waiting = sa.and_(registration.c.id == registration_id, registration.c.state == "sent")
    state = "refused" if accepted_on is None else "accepted"
    change = sa.update(registration).where(waiting).values(state=state, accepted_on=accepted_on)
    if connection.execute(change).rowcount:
        return True
    known = sa.select(sa.exists().where(registration.c.id == registration_id))
    if not connection.execute(known).scalar_one():
        raise RegistrationMissing(f"no registration {registration_id}")
    return False


def declare(
    connection: sa.Connection,
    *,
    owner: str,
    certificates: Sequence[x509.Certificate],
    accepted_on: date,
    now: datetime,
    mint: Mint,
) -> str:
    """A registration the tax office has accepted already, as the office states it; its id."""
    made = register(connection, owner=owner, certificates=certificates, now=now, mint=mint)
    answer(connection, made, accepted_on=accepted_on)
    return made


def in_use(connection: sa.Connection, owners: Collection[str], day: date) -> dict[str, list[Identity]]:
    """The certificates that accepted registrations list for use on `day`, the newest registration's first.

    An owner whose accepted registrations list none (the list is kept elsewhere) is absent: any certificate will do.
    """
    listed = sa.and_(registration.c.owner.in_(owners), registration.c.accepted_on <= day)
    query = (
        sa.select(
            registration.c.owner, certificate_table.c.issuer, certificate_table.c.serial, certificate_table.c.state
        )
        .join_from(certificate_table, registration)
        .where(listed)
        .order_by(registration.c.accepted_on.desc(), certificate_table.c.valid_from.desc(), registration.c.id.desc())
    )
    found: dict[str, list[Identity]] = {}
    for row in connection.execute(query) if owners else ():
        known = found.setdefault(row.owner, [])
        if row.state == "in_use":
            known.append((row.issuer, row.serial))
    return found


def listed(connection: sa.Connection, owner: str) -> list[sa.Row[Any]]:
    """An owner's registrations with their certificates (columns are None where there is none), oldest first."""
    joined = registration.outerjoin(certificate_table, certificate_table.c.registration_id == registration.c.id)
    columns = (
        registration.c.id,
        registration.c.state.label("answer"),
        registration.c.accepted_on,
        registration.c.sent_at,
    )
    query = sa.select(*columns, certificate_table).select_from(joined).where(registration.c.owner == owner)
    return list(connection.execute(query.order_by(registration.c.sent_at, registration.c.id)))


def stop_certificate(connection: sa.Connection, owner: str, certificate: x509.Certificate) -> bool:
    """The owner uses it no more, whichever registration lists it. False if none listed it as in use."""
    issuer, serial = identity(certificate)
    return _stop(connection, owner, certificate_table.c.issuer == issuer, certificate_table.c.serial == serial)


def stop_serial(connection: sa.Connection, owner: str, serial: str) -> bool:
    """The same by the serial number (hexadecimal, lower case) alone, for who has the certificate no more."""
    return _stop(connection, owner, certificate_table.c.serial == serial)


def _stop(connection: sa.Connection, owner: str, *which: sa.ColumnElement[bool]) -> bool:
    theirs = sa.select(registration.c.id).where(registration.c.owner == owner)
    using = sa.and_(certificate_table.c.registration_id.in_(theirs), certificate_table.c.state == "in_use", *which)
    return connection.execute(sa.update(certificate_table).where(using).values(state="stopped")).rowcount > 0


def identity(certificate: x509.Certificate) -> Identity:
    """Issuer (RFC 4514) and serial number (hexadecimal): what the form names a certificate by."""
    return certificate.issuer.rfc4514_string(), f"{certificate.serial_number:x}"


def _listed(registration_id: str, certificate: x509.Certificate) -> dict[str, Any]:
    issuer, serial = identity(certificate)
    return {
        "registration_id": registration_id,
        "issuer": issuer,
        "serial": serial,
        "subject": certificate.subject.rfc4514_string(),
        "valid_from": certificate.not_valid_before_utc,
        "valid_to": certificate.not_valid_after_utc,
        "state": "in_use",
    }
