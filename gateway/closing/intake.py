"""A statement file comes in: kept raw first, then looked through, then stored and booked batch by batch in one transaction.

A notice settles, a statement line proves: every credit line on an account of ours is money that must be in the books,
whether a notice told of it or not. Nothing of the file is held in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.files import detect
from connectors.files.profile import STATEMENT
from connectors.statement import Problem, Reading
from gateway import agencies
from gateway.agencies import Account
from gateway.closing import book, raw
from gateway.closing.layouts import layouts_of
from gateway.closing.raw import Content
from gateway.closing.turns import again, lock_touched, take_turn
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.ledger.store import entry
from reconciliation.ingest import Imported, store_statements
from reconciliation.store import statement_line

PAGE = 2_000  # lines that are booked together


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


@dataclass(frozen=True, slots=True)
class Understood:
    """A file that is on disk and can be read."""

    name: str
    digest: str
    reading: Reading


def import_statement(
    environment: Environment,
    agency_id: str,
    name: str,
    content: Content,
    *,
    actor: str,
    profile: str = "",
    account: str = "",
) -> Taken:
    """Take one file. `profile` and `account` are those of `keep_and_read`.

    Raises AgencyMissing, LayoutMissing, StatementRefused and ImportBusy; the raw file is kept in either case.
    """
    understood = keep_and_read(environment, agency_id, name, content, actor=actor, profile=profile, account=account)

    def act() -> Taken:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            return take(uow, agency_id, understood)

    return again(act)


def keep_and_read(
    environment: Environment,
    agency_id: str,
    name: str,
    content: Content,
    *,
    actor: str,
    profile: str = "",
    account: str = "",
) -> Understood:
    """The file is on disk before anybody tries to understand it. Raises AgencyMissing, LayoutMissing, StatementRefused.

    `profile` names the only layout that a bank's own table may have; `account` is that of a table which names none.
    """
    opened = raw.opener(content)
    with environment.begin(actor=actor, agency=agency_id) as uow:
        agencies.require(uow.connection, agency_id)
        profiles = layouts_of(uow.connection, agency_id, STATEMENT, profile)
        digest = raw.keep(uow, agency_id, name, opened)
    reading = detect.read(opened, profiles=profiles, only=bool(profile), account=account)
    if not reading.heads:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            raw.mark(uow, agency_id, digest, "refused")
        raise _refused(reading.problems)
    return Understood(name, digest, reading)


def take(uow: UnitOfWork, agency_id: str, understood: Understood) -> Taken:
    """Store the lines that are new, place their money and post their entries, in the caller's unit of work."""
    take_turn(uow, agency_id)
    accounts = {a.number: a for a in agencies.all_accounts_of(uow.connection, agency_id)}
    imported = store_statements(
        uow.connection,
        understood.reading,
        owner=agency_id,
        name=understood.name,
        digest=understood.digest,
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault.seal,
        own_accounts=tuple(accounts),
    )
    booked = _book(uow, agency_id, accounts, imported.statements) if imported.new else 0
    file_id = raw.mark(uow, agency_id, understood.digest, "read")
    taken = Taken(file_id, understood.reading.format, imported, booked)
    uow.emit([_event(agency_id, taken)])
    return taken


def _book(uow: UnitOfWork, agency_id: str, accounts: Mapping[str, Account], statement_ids: Sequence[str]) -> int:
    lock_touched(uow, agency_id, statement_ids)
    pages = _pages(uow.connection, agency_id, statement_ids)
    return sum(book.book(uow, agency_id, accounts, lines) for lines in pages)


def _pages(connection: sa.Connection, agency_id: str, statement_ids: Sequence[str]) -> Iterator[Sequence[sa.Row[Any]]]:
    """The lines of the statements in the order of the file; those that an interim report brought are booked already."""
    c = statement_line.c
    booked = sa.exists().where(entry.c.kind == "statement", entry.c.subject == c.id)
    chosen = sa.select(c.id).where(c.owner == agency_id, c.statement_id.in_(statement_ids), ~booked).order_by(c.id)
    ids = connection.execute(chosen, execution_options={"stream_results": True, "yield_per": PAGE}).scalars()
    for page in ids.partitions(PAGE):
        rows = sa.select(statement_line).where(c.owner == agency_id, c.id.in_(page)).order_by(c.id)
        yield connection.execute(rows).all()


def _refused(problems: Sequence[Problem]) -> StatementRefused:
    listed = [{"code": p.code, "message": p.message, "where": p.where, "column": p.column} for p in problems]
    return StatementRefused(
        "Không nhận tệp sao kê này; xem danh sách lỗi.",
        "The statement file is refused; see the list of problems.",
        field="file",
        flaws=listed,
    )


def _event(agency_id: str, taken: Taken) -> Event:
    body = {"format": taken.format, "new": taken.imported.new, "known": taken.imported.known, "booked": taken.booked}
    return Event(agency_id, "statement.imported", taken.file_id, body)
