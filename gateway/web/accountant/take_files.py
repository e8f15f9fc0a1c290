"""Bring a bank's statement or an acquirer's settlement: kept at once, shown as it was understood, booked when a person says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from connectors.statement import Reading
from gateway import agencies
from gateway.access import own
from gateway.closing import intake, raw, settlements
from gateway.closing.reconcile import reconcile
from gateway.closing.store import bank_file
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid, Missing, ThuPhiError
from gateway.kernel.uow import Environment
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.accountant.frame import both, on, page, said
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

STATEMENT, SETTLEMENT = "statement", "settlement"
MOST_PROBLEMS = 50
PATH = "/accountant/import"


class FileMissing(Invalid):
    """The form has no file."""

    code = "accountant.file_missing"


class FileUnknown(Missing):
    """No such file was kept for this agency."""

    code = "accountant.file_unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """A statement, or the batches of a settlement, as they were understood. Amounts in đồng."""

    account: str
    ours: bool
    first: date | None
    last: date | None
    opening: int | None
    credits: int
    debits: int
    closing: int | None
    lines: int
    ties: bool | None


@shown_to(Role.ACCOUNTANT)
def form(request: Request, session: Session) -> Response:
    """Choose or drop a file; what came before."""
    return _form(request, session)


@done_by(Role.ACCOUNTANT)
def look(request: Request, session: Session, sent: FormData) -> Response:
    """Keep the file and show what it says."""
    what = SETTLEMENT if field(sent, "what") == SETTLEMENT else STATEMENT
    try:
        name, data = _file(sent)
        facts = _look(environment_of(request), session, what, name, data, field(sent, "account"))
    except ThuPhiError as refusal:
        return _form(request, session, refusal)
    return page(request, session, "accountant/preview.html", what=what, name=name, **facts)


@done_by(Role.ACCOUNTANT)
def book(request: Request, session: Session, sent: FormData) -> Response:
    """Book what was shown, reconcile, and look for suggestions."""
    environment, officer = environment_of(request), session.officer
    what = SETTLEMENT if field(sent, "what") == SETTLEMENT else STATEMENT
    try:
        name, data = _kept(environment, officer.agency, field(sent, "digest"))
        account = field(sent, "account")
        if what == SETTLEMENT:
            settlements.import_settlement(environment, officer.agency, name, data, actor=officer.actor)
        else:
            intake.import_statement(environment, officer.agency, name, data, actor=officer.actor, account=account)
        with environment.begin(actor=officer.actor, agency=officer.agency) as uow:
            reconcile(uow, officer.agency, business_day(uow.now()))
    except ThuPhiError as refusal:
        return _form(request, session, refusal)
    return on(request, "/accountant", done="booked")


def _look(
    environment: Environment, session: Session, what: str, name: str, data: bytes, account: str
) -> dict[str, Any]:
    agency, actor = session.officer.agency, session.officer.actor
    if what == SETTLEMENT:
        seen = settlements.keep_and_read(environment, agency, name, data, actor=actor)
        sales = seen.settlement.sales
        sums = {
            "gross": sum(sale.gross for sale in sales),
            "mdr": sum(sale.mdr for sale in sales),
            "net": seen.settlement.net,
        }
        problems = seen.settlement.problems
        more: dict[str, Any] = {"parts": [], "sums": sums, "rows": len(sales), "format": seen.settlement.format}
        digest = seen.digest
    else:
        read = intake.keep_and_read(environment, agency, name, data, actor=actor, account=account)
        with environment.read(agency) as connection:
            ours = {one.number for one in agencies.all_accounts_of(connection, agency)}
        parts = _parts(read.reading, ours)
        more = {
            "parts": parts,
            "sums": {},
            "rows": sum(part.lines for part in parts),
            "format": read.reading.format,
        }
        problems, digest = read.reading.problems, read.digest
    shown = [{"code": p.code, "message": p.message, "where": p.where} for p in problems[:MOST_PROBLEMS]]
    return {"digest": digest, "account": account, "problems": shown, "problem_count": len(problems), **more}


def _parts(reading: Reading, ours: set[str]) -> list[Part]:
    credits, debits = [0] * len(reading.heads), [0] * len(reading.heads)
    for number, entries in reading.batches():
        for entry in entries:
            if entry.status == "BOOK":
                (credits if entry.amount > 0 else debits)[number] += abs(int(entry.amount))
    return [
        Part(
            account=head.statement.account,
            ours=head.statement.account in ours,
            first=head.first_day,
            last=head.last_day,
            opening=_dong(head.statement.opening),
            credits=credits[number],
            debits=debits[number],
            closing=_dong(head.statement.closing),
            lines=head.booked,
            ties=head.balances,
        )
        for number, head in enumerate(reading.heads)
    ]


def _dong(amount: Any) -> int | None:
    return None if amount is None else int(amount)


def _file(sent: FormData) -> tuple[str, bytes]:
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FileMissing("Chưa chọn tệp.", "No file was chosen.", field="file")
    return file.filename[:200], file.file.read()


def _kept(environment: Environment, agency: str, digest: str) -> tuple[str, bytes]:
    with environment.read(agency) as connection:
        mine = own(bank_file, agency) & (bank_file.c.sha256 == digest)
        row = connection.execute(sa.select(bank_file.c.id, bank_file.c.name).where(mine)).one_or_none()
        if row is None:
            raise FileUnknown("Không có tệp này.", "There is no such file.", field="digest")
        return row.name, b"".join(raw.content(connection, environment.vault, agency, row.id))


def _form(request: Request, session: Session, refusal: ThuPhiError | None = None) -> Response:
    agency = session.officer.agency
    with environment_of(request).read(agency) as connection:
        c = bank_file.c
        query = sa.select(c.id, c.name, c.received_at, c.verdict).where(own(bank_file, agency))
        files = connection.execute(query.order_by(c.id.desc()).limit(20)).all()
        accounts = agencies.all_accounts_of(connection, agency)
    return page(
        request,
        session,
        "accountant/import.html",
        status=pages.STATUS[refusal.kind] if refusal else 200,
        files=files,
        accounts=accounts,
        refusal=said(request, refusal) if refusal else None,
        flaws=refusal.facts.get("flaws", []) if refusal else [],
    )


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, form, "GET")
    both(router, PATH, look, "POST")
    both(router, f"{PATH}/book", book, "POST")
