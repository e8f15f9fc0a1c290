"""Paper at the counter: the receipt on the counter's own kind of paper, told as "in lại lần n" from the second on, and a
bill with its barcode (Code 128) beside the QR.

The n-th print is in the address, so a page that is loaded twice prints once; a printer that fails blocks nobody: the
receipt is at hand on every counter, by QR on the payer's window, by mail.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from connectors import code128
from connectors.vietqr import image
from gateway.counter import places, shift_store
from gateway.counter.places import Printer
from gateway.delivery import printing
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.counter.frame import LOOK, both, done, page
from gateway.web.counter.standing import standing
from gateway.web.officers.entry import done_by, environment_of, field, shown_to
from receipts import store as receipts_store
from receipts.life_tables import printing as printed

# Only into our own page; a stricter policy would stop the browser's own viewer.
IN_FRAME = {**pages.HEADERS, "Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}


@shown_to(*LOOK)
def receipt(request: Request, session: Session) -> Response:
    """The n-th print of a receipt (`nth` from 0) as PDF; 204 where that one was made already."""
    environment, officer = environment_of(request), session.officer
    receipt_id, asked = request.path_params["id"], request.query_params.get("nth", "")
    with environment.read() as connection:
        row = receipts_store.find(connection, receipt_id)
        chosen = _printer(connection, session, request)
        kind = chosen.paper if chosen else paper_of(connection, session)
    if row is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    with environment.begin(actor=officer.actor) as uow:
        _lock(uow.connection, receipt_id)  # two that ask for the same print at once: the second finds it made
        if asked != str(prints(uow.connection, receipt_id)):
            return Response(status_code=204, headers=IN_FRAME)
        body = printing.reprint(uow, row.owner, receipt_id, paper="slip" if kind == "slip" else "a5")
    headers = {**IN_FRAME, "Content-Disposition": f'inline; filename="bien-lai-{row.symbol}-{row.number}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


@shown_to(*LOOK)
def receipts(request: Request, session: Session) -> Response:
    """Print again, here or at another printer: every receipt of a payment, which then print themselves."""
    environment, language = environment_of(request), pages.language_of(request)
    with environment.read() as connection:
        found = standing(connection, environment, request.path_params["id"], language)
        ready = [one for one in found.screen.view.receipts if one.signed_at is not None]
        rows = [(one, prints(connection, one.id)) for one in ready]
        facts: dict[str, Any] = {
            "paper": paper_of(connection, session),
            "printers": places.printers(connection, session.officer.agency),
            "printer": _printer(connection, session, request),
        }
    return page(request, session, "counter/print.html", found=found, rows=rows, **facts)


@done_by(Role.COUNTER)
def choose_paper(request: Request, session: Session, form: FormData) -> Response:
    """A5 or 80 mm: the counter remembers."""
    environment, officer = environment_of(request), session.officer
    with environment.begin(actor=officer.actor) as uow:
        worked = shift_store.require_shift(uow.connection, officer.agency, officer.id)
        places.set_paper(uow, officer.agency, worked.counter.id, field(form, "paper"))
    record = field(form, "payment")
    back = f"/counter/payment/{record}/print" if record.replace("_", "").isalnum() and record else "/counter"
    return done(request, lambda: back)


@shown_to(*LOOK)
def bill(request: Request, session: Session) -> Response:
    """A bill to take home: amount, QR, barcode of the reference; it prints itself."""
    environment, language = environment_of(request), pages.language_of(request)
    with environment.read() as connection:
        found = standing(connection, environment, request.path_params["id"], language)
    payload = found.screen.payload
    return page(
        request,
        session,
        "counter/bill.html",
        found=found,
        view=found.dossier,
        barcode=Markup(code128.svg(found.money.reference)),  # noqa: S704 - our own drawing, its text escaped
        qr=Markup(image.svg(payload)) if payload else "",  # noqa: S704 - the same
    )


def prints(connection: sa.Connection, receipt_id: str) -> int:
    """How often a receipt was printed."""
    mine = (printed.c.receipt_id == receipt_id) & (printed.c.kind == "print")
    return int(connection.scalar(sa.select(sa.func.count()).select_from(printed).where(mine)) or 0)


def _printer(connection: sa.Connection, session: Session, request: Request) -> Printer | None:
    """The registered printer that the address names."""
    name = request.query_params.get("printer", "")
    return next((one for one in places.printers(connection, session.officer.agency) if one.name == name), None)


def _lock(connection: sa.Connection, receipt_id: str) -> None:
    table = receipts_store.receipt
    connection.execute(sa.select(table.c.id).where(table.c.id == receipt_id).with_for_update()).all()


def paper_of(connection: sa.Connection, session: Session) -> str:
    """The paper of the officer's counter; A5 where there is none."""
    worked = shift_store.open_shift_of(connection, session.officer.agency, session.officer.id)
    return worked.counter.paper if worked else "a5"


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/receipt/{id}/print.pdf", receipt, "GET")
    both(router, "/counter/payment/{id}/print", receipts, "GET")
    both(router, "/counter/paper", choose_paper, "POST")
    both(router, "/counter/bill/{id}", bill, "GET")
