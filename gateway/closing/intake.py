"""A statement file comes in: kept raw first, then read; its lines stored once, its money placed, its entries posted.

A notice settles, a statement line proves: every credit line on an account of ours is money that must be in the books,
whether a notice told of it or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.files import detect
from connectors.statement import Parsed
from gateway import agencies
from gateway.access import own
from gateway.closing import book
from gateway.closing.store import bank_file
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.settlement.inbox import KEEP
from reconciliation.ingest import Imported, store_statements
from reconciliation.store import statement_line


class StatementRefused(Invalid):
    """Nothing of the file was taken; `facts["flaws"]` says what stands in the way."""

    code = "statement.refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement file."""

    file_id: str
    format: str
    imported: Imported
    booked: int  # lines posted to the ledger


def import_statement(environment: Environment, agency_id: str, name: str, data: bytes, *, actor: str) -> Taken:
    """Take one file. Raises AgencyMissing and StatementRefused; the raw file is kept in either case."""
    parsed = keep_and_read(environment, agency_id, name, data, actor=actor)
    with environment.begin(actor=actor, agency=agency_id) as uow:
        return take(uow, agency_id, name, data, parsed)


def keep_and_read(environment: Environment, agency_id: str, name: str, data: bytes, *, actor: str) -> Parsed:
    """The file is on disk before anybody tries to understand it. Raises AgencyMissing and StatementRefused."""
    with environment.begin(actor=actor, agency=agency_id) as uow:
        agencies.require(uow.connection, agency_id)
        _keep(uow, agency_id, name, data)
    parsed = detect.parse(data)
    if not parsed.statements:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            _mark(uow, agency_id, data, "refused")
        raise _refused(parsed)
    return parsed


def take(uow: UnitOfWork, agency_id: str, name: str, data: bytes, parsed: Parsed) -> Taken:
    """Store the lines that are new, place their money and post their entries, in the caller's unit of work."""
    accounts = {a.number: a for a in agencies.all_accounts_of(uow.connection, agency_id)}
    imported = store_statements(
        uow.connection,
        parsed,
        owner=agency_id,
        name=name,
        digest=digest(data),
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault.seal,
        own_accounts=tuple(accounts),
    )
    lines = _lines(uow.connection, agency_id, imported.lines)
    taken = Taken(
        _mark(uow, agency_id, data, "read"), parsed.format, imported, book.book(uow, agency_id, accounts, lines)
    )
    uow.emit([_event(agency_id, taken)])
    return taken


def digest(data: bytes) -> str:
    """Hex SHA-256: what makes a file the same file."""
    return hashlib.sha256(data).hexdigest()


def _lines(connection: sa.Connection, agency_id: str, ids: Sequence[str]) -> list[sa.Row[Any]]:
    """The new lines in the order of the file."""
    if not ids:
        return []
    table = statement_line
    query = sa.select(table).where(table.c.owner == agency_id, table.c.id.in_(ids)).order_by(table.c.id)
    return list(connection.execute(query))


def _keep(uow: UnitOfWork, agency_id: str, name: str, data: bytes) -> None:
    """Once per content, whatever its name."""
    file_id = uow.mint("bkf")
    row = {
        "id": file_id,
        "agency_id": agency_id,
        "name": name[:200],
        "sha256": digest(data),
        "raw_sealed": uow.vault.seal(f"bank_file.raw.{file_id}", data),
        "received_at": uow.now(),
        "keep_until": business_day(uow.now() + KEEP),
    }
    insert_if_new(uow.connection, bank_file, row)


def _mark(uow: UnitOfWork, agency_id: str, data: bytes, verdict: str) -> str:
    """What became of the file; its id."""
    same = own(bank_file, agency_id) & (bank_file.c.sha256 == digest(data))
    uow.connection.execute(sa.update(bank_file).where(same).values(verdict=verdict))
    return str(uow.connection.execute(sa.select(bank_file.c.id).where(same)).scalar_one())


def _refused(parsed: Parsed) -> StatementRefused:
    listed = [{"code": p.code, "message": p.message, "where": p.where} for p in parsed.problems]
    return StatementRefused(
        "Không nhận tệp sao kê này; xem danh sách lỗi.",
        "The statement file is refused; see the list of problems.",
        field="file",
        flaws=listed,
    )


def _event(agency_id: str, taken: Taken) -> Event:
    body = {"format": taken.format, "new": taken.imported.new, "known": taken.imported.known, "booked": taken.booked}
    return Event(agency_id, "statement.imported", taken.file_id, body)
