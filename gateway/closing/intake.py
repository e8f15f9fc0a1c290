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
    """Nothing of the file was taken; `facts["problems"]` says what stands in the way."""

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
    with environment.begin(actor=actor, agency=agency_id) as uow:
        agencies.require(uow.connection, agency_id)
        file_id = _keep(uow, agency_id, name, data)
    parsed = detect.parse(data)
    if not parsed.statements:
        _verdict(environment, agency_id, file_id, "refused", actor)
        raise _refused(parsed)
    with environment.begin(actor=actor, agency=agency_id) as uow:
        taken = _take(uow, agency_id, file_id, name, data, parsed)
        _mark(uow, agency_id, file_id, "read")
        uow.emit([_event(agency_id, taken)])
    return taken


def _take(uow: UnitOfWork, agency_id: str, file_id: str, name: str, data: bytes, parsed: Parsed) -> Taken:
    accounts = {a.number: a for a in agencies.all_accounts_of(uow.connection, agency_id)}
    imported = store_statements(
        uow.connection,
        parsed,
        owner=agency_id,
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault.seal,
        own_accounts=tuple(accounts),
    )
    lines = _lines(uow.connection, agency_id, imported.lines)
    return Taken(file_id, parsed.format, imported, book.book(uow, agency_id, accounts, lines))


def _lines(connection: sa.Connection, agency_id: str, ids: Sequence[str]) -> list[sa.Row[Any]]:
    """The new lines in the order of the file."""
    if not ids:
        return []
    table = statement_line
    query = sa.select(table).where(table.c.owner == agency_id, table.c.id.in_(ids)).order_by(table.c.id)
    return list(connection.execute(query))


def _keep(uow: UnitOfWork, agency_id: str, name: str, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    file_id = uow.mint("bkf")
    row = {
        "id": file_id,
        "agency_id": agency_id,
        "name": name[:200],
        "sha256": digest,
        "raw_sealed": uow.vault.seal(f"bank_file.raw.{file_id}", data),
        "received_at": uow.now(),
        "keep_until": business_day(uow.now() + KEEP),
    }
    if insert_if_new(uow.connection, bank_file, row):
        return file_id
    same = own(bank_file, agency_id) & (bank_file.c.sha256 == digest)
    return str(uow.connection.execute(sa.select(bank_file.c.id).where(same)).scalar_one())


def _verdict(environment: Environment, agency_id: str, file_id: str, verdict: str, actor: str) -> None:
    with environment.begin(actor=actor, agency=agency_id) as uow:
        _mark(uow, agency_id, file_id, verdict)


def _mark(uow: UnitOfWork, agency_id: str, file_id: str, verdict: str) -> None:
    mine = own(bank_file, agency_id) & (bank_file.c.id == file_id)
    uow.connection.execute(sa.update(bank_file).where(mine).values(verdict=verdict))


def _refused(parsed: Parsed) -> StatementRefused:
    listed = [{"code": p.code, "message": p.message, "where": p.where} for p in parsed.problems]
    return StatementRefused(
        "Không nhận tệp sao kê này; xem danh sách lỗi.",
        "The statement file is refused; see the list of problems.",
        field="file",
        problems=listed,
    )


def _event(agency_id: str, taken: Taken) -> Event:
    body = {"format": taken.format, "new": taken.imported.new, "known": taken.imported.known, "booked": taken.booked}
    return Event(agency_id, "statement.imported", taken.file_id, body)
