"""The pages of a basket: codes in, one payment request out, and one file with every receipt.

The request's address (130 random bits) is the right to see it; who made it has named the payer's number.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from connectors.vietqr import image
from gateway.baskets import codes, fill, pack
from gateway.baskets.model import Basket, BasketInvalid, BasketMissing, Left
from gateway.dues import store as dues_store
from gateway.payments.view import PaymentView
from gateway.web import claim_words as _words  # noqa: F401 - teaches the pages their texts
from gateway.web import pages
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.language import LANGUAGES, Language, text

TONES = {"pending": "wait", "paid": "good", "expired": "over", "failed": "bad", "checking": "check"}


def ask(request: Request) -> Response:
    """The form."""
    return pages.page(request, "basket_form.html", codes="", payer="", problems=[], left=[])


async def make(request: Request) -> Response:
    """Make the request, and go on to its page. By POST, so that no number stands in an address."""
    async with request.form(max_files=1, max_fields=10) as form:
        typed, payer = str(form.get("codes", ""))[:20_000], str(form.get("payer", ""))[:40]
        sent = form.get("file")
        content = await sent.read() if isinstance(sent, UploadFile) else b""
    return await run_in_threadpool(_make, request, typed, payer, content)


def show(request: Request) -> Response:
    """The request as it stands, with a QR for each transfer still to make."""
    found = _found(request)
    if found is None:
        return pages.problem(request, "problem.unknown_code", 404)
    with environment_of(request).read() as connection:
        contents = _contents(connection, found.payments, pages.language_of(request))
    pictures = {view.row.id: _inline(view.payload) for view in found.payments if view.payload}
    signed = any(row.signed_at is not None for view in found.payments for row in view.receipts)
    facts: dict[str, Any] = {"pictures": pictures, "contents": contents, "signed": signed, "tones": TONES}
    return pages.page(request, "basket.html", basket=found, **facts)


def receipts(request: Request) -> Response:
    """Every signed receipt in one ZIP."""
    found = _found(request)
    if found is None:
        return pages.problem(request, "problem.unknown_code", 404)
    environment = environment_of(request)
    with environment.read() as connection:
        body = pack.pack(connection, found, environment.vault, pages.language_of(request))
    headers = {**pages.HEADERS, "Content-Disposition": 'attachment; filename="bien-lai.zip"'}
    return Response(body, media_type="application/zip", headers=headers)


def _make(request: Request, typed: str, payer: str, content: bytes) -> Response:
    if not allowed(request):
        return too_many(request)
    language = pages.language_of(request)
    try:
        wanted = codes.from_workbook(content) if content else codes.from_text(typed)
        with environment_of(request).begin(actor="payer") as uow:
            token = fill.fill(uow, wanted, payer)
    except BasketInvalid as refusal:
        said = refusal.vi if language == "vi" else refusal.en
        left = [(code, text(language, f"left.{Left(why).value}")) for code, why in refusal.facts.get("left_out", ())]  # type: ignore[attr-defined]
        return pages.page(
            request,
            "basket_form.html",
            status=422,
            codes=typed,
            payer=payer,
            problems=[(refusal.field or "codes", said)],
            left=left,
        )
    return pages.redirect(request, f"/{language}/basket/{token}")


def _found(request: Request) -> Basket | None:
    environment = environment_of(request)
    with environment.read() as connection:
        try:
            return fill.standing(connection, request.path_params["token"], environment.vault)
        except BasketMissing:
            return None


def _contents(
    connection: sa.Connection, payments: Sequence[PaymentView], language: Language
) -> dict[str, list[tuple[str, int]]]:
    """Payment id -> dossier codes and what is asked for each, đồng. A restricted dossier is not named."""
    dues = [due for view in payments for due in view.dues]
    known = dues_store.dossiers(connection, {due.dossier_id for due in dues})
    found: dict[str, list[tuple[str, int]]] = {}
    for view in payments:
        sums: dict[str, int] = {}
        for due in view.dues:
            sums[due.dossier_id] = sums.get(due.dossier_id, 0) + due.amount
        found[view.row.id] = [
            (text(language, "restricted.purpose") if known[each].restricted else known[each].code, amount)
            for each, amount in sums.items()
        ]
    return found


def _inline(payload: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(image.svg(payload).encode()).decode()


def add_routes(router: APIRouter) -> None:
    """Both languages of every page."""
    for language in LANGUAGES:
        router.add_route(f"/{language}/basket", ask, methods=["GET"])
        router.add_route(f"/{language}/basket", make, methods=["POST"])
        router.add_route(f"/{language}/basket/{{token}}", show, methods=["GET"])
        router.add_route(f"/{language}/basket/{{token}}/receipts.zip", receipts, methods=["GET"])
