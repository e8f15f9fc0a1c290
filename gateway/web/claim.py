"""The pages of "I paid and nothing shows": tell, be acknowledged, look again. Nothing typed or shown here is money.

The address of a claim (130 random bits) is the right to see it. It leads to the payment's public page, never to the
private one: whoever files a claim by reference need not be the payer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from connectors import reference
from gateway.claims import make, store
from gateway.claims.model import ClaimInvalid, ClaimMissing, ClaimState, Told
from gateway.kernel.clock import business_day
from gateway.payments.model import PAID, PaymentMissing
from gateway.payments.store import PaymentRow, by_id, by_token, payment, rows
from gateway.payments.view import views
from gateway.providers import provider_name
from gateway.web import claim_words as _words  # noqa: F401 - teaches the pages their texts
from gateway.web import explain, pages, theme
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.language import LANGUAGES, Language, text

TONES = {
    "paid": "good",
    "held": "attention",
    "suspense": "check",
    "arriving": "check",
    "statement": "check",
    "other_account": "check",
    "not_ours": "bad",
    "not_yet": "wait",
}
FIELDS = ("reference", "amount", "paid_on", "bank_reference", "account", "email", "phone", "note")


def ask(request: Request) -> Response:
    """The form; coming from a payment's page it knows reference and amount."""
    token = request.query_params.get("token", "")
    environment = environment_of(request)
    typed = dict.fromkeys(FIELDS, "") | {"paid_on": business_day(environment.clock()).isoformat()}
    with environment.read() as connection:
        try:
            row = by_token(connection, token)
        except PaymentMissing:
            return pages.page(request, "claim_form.html", typed=typed, problems=[])
        if row.status in PAID:
            return pages.redirect(request, f"/{pages.language_of(request)}/pay/{token}")
        dressed = theme.of(connection, row.agency_id)
    typed |= {"reference": row.reference, "amount": str(row.amount - row.received)}
    return pages.page(request, "claim_form.html", typed=typed, problems=[], theme=dressed)


async def send(request: Request) -> Response:
    """Take the claim, and go on to its page."""
    async with request.form(max_files=1, max_fields=20) as form:
        typed = {name: str(form.get(name, "")).strip()[:1100] for name in FIELDS}
        sent = form.get("picture")
        picture = await sent.read() if isinstance(sent, UploadFile) else b""
    return await run_in_threadpool(_send, request, typed, picture)


def show(request: Request) -> Response:
    """The acknowledgement, and where the money was found."""
    environment = environment_of(request)
    with environment.read() as connection:
        try:
            row = store.by_token(connection, request.path_params["token"])
        except ClaimMissing:
            return pages.problem(request, "problem.unknown_code", 404)
        wanted = by_id(connection, row.agency_id, row.payment_id)
        open_yet = row.state == ClaimState.OPEN
        more = _more(connection, wanted, environment.clock(), pages.language_of(request)) if open_yet else []
        dressed = theme.of(connection, row.agency_id)
    ended = row.state == ClaimState.ENDED
    finding = "claim.ended" if ended else f"finding.{row.finding}"
    tone = "over" if ended else TONES[row.finding]
    said: dict[str, Any] = {"finding": finding, "tone": tone, "more": more}
    return pages.page(request, "claim.html", claim=row, reference=wanted.reference, theme=dressed, **said)


def _more(connection: sa.Connection, row: PaymentRow, now: datetime, language: Language) -> list[str]:
    """What a person who waits should know: who was asked, who is late, and that a terminal has the due."""
    [view] = views(connection, [row])
    found = []
    doubt = explain.doubt_about(connection, view, now)
    if doubt is not None:
        found.append(f"{doubt.vi if language == 'vi' else doubt.en}.")
    if (connector := make.asks(row)) is not None:
        found.append(text(language, "claim.asked", provider=provider_name(connector)))
    if view.busy:
        found += [text(language, key) for key in ("explain.busy", "explain.busy_next")]
    return found


def _send(request: Request, typed: dict[str, str], picture: bytes) -> Response:
    if not allowed(request):
        return too_many(request)
    environment = environment_of(request)
    try:
        told = _told(typed, picture)
        with environment.begin(actor="payer") as uow:
            row = make.make(uow, _payment(uow.connection, typed["reference"]), told)
    except ClaimInvalid as refusal:
        return _refused(request, typed, refusal)
    return pages.redirect(request, f"/{pages.language_of(request)}/claim/{row.token}")


def _told(typed: dict[str, str], picture: bytes) -> Told:
    digits = "".join(sign for sign in typed["amount"] if sign not in " .,₫đ")
    if not digits.isascii() or not digits.isdecimal():
        raise ClaimInvalid("Số tiền không hợp lệ.", "The amount is not valid.", field="amount")
    try:
        day = date.fromisoformat(typed["paid_on"])
    except ValueError:
        raise ClaimInvalid("Ngày chuyển không hợp lệ.", "The day is not valid.", field="paid_on") from None
    more = {name: typed[name] for name in ("bank_reference", "account", "email", "phone", "note")}
    return Told(int(digits), day, picture=picture, **more)


def _payment(connection: sa.Connection, typed: str) -> PaymentRow:
    found = reference.references(typed)
    chosen = sa.select(payment).where(payment.c.reference == (found[0] if found else ""))
    known = rows(connection, chosen)
    if not known:
        raise ClaimInvalid(text("vi", "claim.unknown"), text("en", "claim.unknown"), field="reference")
    return known[0]


def _refused(request: Request, typed: dict[str, Any], refusal: ClaimInvalid) -> Response:
    said = refusal.vi if pages.language_of(request) == "vi" else refusal.en
    return pages.page(request, "claim_form.html", status=422, typed=typed, problems=[(refusal.field, said)])


def add_routes(router: APIRouter) -> None:
    """Both languages of every page."""
    for language in LANGUAGES:
        router.add_route(f"/{language}/claim", ask, methods=["GET"])
        router.add_route(f"/{language}/claim", send, methods=["POST"])
        router.add_route(f"/{language}/claim/{{token}}", show, methods=["GET"])
