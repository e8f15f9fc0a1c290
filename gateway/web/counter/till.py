"""The officer's screen: one input takes whatever a scanner types, the record opens, one key asks for the money.

`/counter` waits for a code, `/counter/dossier/{id}` shows what is to pay, `/counter/payment/{id}` follows the money.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway import agencies
from gateway.counter import find_record, queue, serve, shift_store
from gateway.counter.shift_store import Shift
from gateway.dues import store as dues_store
from gateway.dues.catalogue import in_force
from gateway.dues.model import DueStatus
from gateway.dues.problems import DossierMissing
from gateway.dues.store import DossierView
from gateway.kernel.clock import business_day
from gateway.officers.model import Role, Session
from gateway.payments.channels import allows_cash
from gateway.web import live, pages
from gateway.web.counter.frame import LOOK, both, page
from gateway.web.counter.standing import standing
from gateway.web.counter.words import reason
from gateway.web.officers.entry import environment_of, shown_to


@shown_to(*LOOK)
def home(request: Request, session: Session) -> Response:
    """Waits for a code; with `q` it leads to the record."""
    environment, typed = environment_of(request), request.query_params.get("q", "").strip()
    officer = session.officer
    with environment.read() as connection:
        found = find_record.find(connection, environment.settings, officer.agency, typed)
        worked = shift_store.open_shift_of(connection, officer.agency, officer.id)
        day = business_day(environment.clock())
        facts: dict[str, Any] = {
            "times": queue.times(connection, officer.agency, day),
            "waiting": queue.waiting(connection, officer.agency, day),
        }
        names = {one.id: one.name for one in agencies.all_agencies(connection)} if len(found) > 1 else {}
    if len(found) == 1 or (found and found[0].agency == officer.agency and found[1].agency != officer.agency):
        ticket = request.query_params.get("ticket", "")
        tail = f"?ticket={ticket}" if ticket.isalnum() else ""
        return pages.redirect(request, f"/{pages.language_of(request)}/counter/{found[0].kind}/{found[0].id}{tail}")
    if worked is None and officer.may([Role.COUNTER]) and not typed:
        return pages.redirect(request, f"/{pages.language_of(request)}/counter/shift")
    status = 404 if typed and not found else 200
    return page(
        request,
        session,
        "counter/till.html",
        status=status,
        typed=typed,
        found=found,
        names=names,
        ticket=request.query_params.get("ticket", "")[:10],
        **facts,
    )


@shown_to(*LOOK)
def dossier(request: Request, session: Session) -> Response:
    """The record with its dues and amounts; the payer is known and never typed again."""
    return dossier_page(request, session, request.path_params["id"])


def dossier_page(
    request: Request, session: Session, dossier_id: str, *, status: int = 200, refusal: str | None = None
) -> Response:
    """The same, with a refusal of what was pressed."""
    environment = environment_of(request)
    with environment.read() as connection:
        view = dossier_of(connection, dossier_id)
        facts = _record(connection, request, session, view)
        entitlements = in_force(connection, view.dossier.agency_id).entitlements
    ticket = request.query_params.get("ticket", "")[:10]
    return page(
        request,
        session,
        "counter/dossier.html",
        status=status,
        view=view,
        entitlements=entitlements,
        refusal=refusal,
        ticket=ticket,
        began=int(environment.clock().timestamp()),
        **facts,
    )


@shown_to(*LOOK)
def payment(request: Request, session: Session) -> Response:
    """One payment, kept true by its events."""
    return payment_page(request, session, request.path_params["id"])


def payment_page(
    request: Request, session: Session, payment_id: str, *, status: int = 200, refusal: str | None = None
) -> Response:
    """The same, with a refusal of what was pressed."""
    environment = environment_of(request)
    with environment.read() as connection:
        found = standing(connection, environment, payment_id, pages.language_of(request))
        facts = _record(connection, request, session, found.dossier)
    visit = found.visit
    return page(
        request,
        session,
        "counter/payment.html",
        status=status,
        found=found,
        view=found.dossier,
        mine=visit is not None and session.officer.may([Role.COUNTER]),
        ticket=visit.ticket if visit else "",
        began=int(environment.clock().timestamp()),
        reason=reason(pages.language_of(request), found.sale.reason) if found.sale else "",
        refusal=refusal,
        **facts,
    )


@shown_to(*LOOK)
def events(request: Request, session: Session) -> Response:
    """News of the payment, as the payer's page has them."""
    environment, payment_id = environment_of(request), request.path_params["id"]
    tailer: live.Tailer = request.app.state.tailer
    known, language = request.headers.get("last-event-id", ""), pages.language_of(request)

    def look() -> live.Standing | None:
        with environment.read() as connection:
            found = standing(connection, environment, payment_id, language)
        return live.Standing(str(found.state), found.version, found.subjects, final=False)

    if len(tailer) >= live.MOST_STREAMS:
        return Response(status_code=503, headers={**pages.HEADERS, "Retry-After": "30"})
    headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(tailer, look, known), headers=headers, media_type="text/event-stream")


def dossier_of(connection: sa.Connection, dossier_id: str) -> DossierView:
    """A dossier of any agency with its dues; DossierMissing."""
    row = dues_store.dossiers(connection, [dossier_id]).get(dossier_id)
    if row is None:
        raise DossierMissing("Không có hồ sơ này.", "There is no such dossier.", field="dossier_id")
    return dues_store.dossier_view(connection, row.agency_id, row.id)


def began_at(text: str) -> datetime | None:
    """When the record was opened, as the page says; None for anything else."""
    return datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _record(connection: sa.Connection, request: Request, session: Session, view: DossierView) -> dict[str, Any]:
    """Payer, agency, ways to pay: what both pages show of a dossier."""
    environment, agency_id = environment_of(request), view.dossier.agency_id
    worked = shift_store.open_shift_of(connection, session.officer.agency, session.officer.id)
    may_see = session.officer.may([Role.COUNTER]) and not view.dossier.restricted
    return {
        "payer": dues_store.payer(view.dossier, environment.vault) if may_see else None,
        "masked": view.dossier.payer_masked,
        "agency": agencies.require(connection, agency_id),
        "elsewhere": agency_id != session.officer.agency,
        "open_dues": [due for due in view.dues if due.status is DueStatus.OPEN],
        "terminal": _terminal(connection, worked, agency_id),
        "cash": allows_cash(connection, environment, agency_id),
    }


def _terminal(connection: sa.Connection, worked: Shift | None, agency_id: str) -> str:
    found = serve.terminal_for(connection, worked, agency_id) if worked else None
    return found.name if found else ""


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter", home, "GET")
    both(router, "/counter/dossier/{id}", dossier, "GET")
    both(router, "/counter/payment/{id}", payment, "GET")
    both(router, "/counter/payment/{id}/events", events, "GET")
