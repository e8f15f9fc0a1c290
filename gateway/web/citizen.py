"""The payer's own pages: the payment that becomes its receipt, its QR, its news and its documents.

`/vi/pay/{token}` is the link a payer holds; the token (130 random bits) is the right to see that one payment. Nothing
here asks for what is known already, and nothing a payer presses counts as money.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from connectors.vietqr import image
from gateway.kernel.errors import ThuPhiError
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentMissing
from gateway.web import live, lookup, pages, renew, screen
from gateway.web.language import LANGUAGES, amount, text
from gateway.web.screen import Screen
from receipts import store as receipts_store

PDF_PATIENCE = 20  # looks, a quarter of a second apart: a PDF follows its signature within a second or two

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


def pay(request: Request) -> Response:
    """The payment as it stands."""
    try:
        shown = _screen(request)
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    return pages.page(request, "pay.html", screen=shown, here=_here(request), title=_title(request, shown))


def again(request: Request) -> Response:
    """A fresh payment for dues whose old one is over; the browser is sent to its page."""
    environment = lookup.environment_of(request)
    if not lookup.allowed(request):
        return lookup.too_many(request)
    try:
        token = renew.renew(environment, request.path_params["token"])
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    except ThuPhiError as refusal:
        note = refusal.vi if pages.language_of(request) == "vi" else refusal.en
        return pages.problem(request, "problem.refused", pages.STATUS[refusal.kind], note=note)
    return RedirectResponse(f"/{pages.language_of(request)}/pay/{token}", 303, dict(pages.HEADERS))


def qr(request: Request) -> Response:
    """The QR on offer, as SVG or PNG; 404 when there is none."""
    try:
        shown = _screen(request)
    except PaymentMissing:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    if shown.payload is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    if _kind(request) == "svg":
        return Response(image.svg(shown.payload), media_type="image/svg+xml", headers=dict(pages.HEADERS))
    headers = {**pages.HEADERS, "Content-Disposition": f'inline; filename="vietqr-{shown.view.row.reference}.png"'}
    return Response(image.png(shown.payload), media_type="image/png", headers=headers)


async def events(request: Request) -> Response:
    """News of the payment as server-sent events; 204 tells the browser to stop listening."""
    tailer: live.Tailer = request.app.state.tailer
    known = request.headers.get("last-event-id", "")

    def look() -> live.Standing | None:
        try:
            shown = _screen(request)
        except PaymentMissing:
            return None
        return live.Standing(shown.state.value, shown.version, shown.subjects, not shown.live)

    first = await run_in_threadpool(look)
    if first is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    if first.final and first.version == known:
        return Response(status_code=204, headers=dict(pages.HEADERS))
    if len(tailer) >= live.MOST_STREAMS:
        return Response(status_code=503, headers={**pages.HEADERS, "Retry-After": "30"})
    headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(tailer, look, known), headers=headers, media_type="text/event-stream")


async def document(request: Request) -> Response:
    """A receipt's XML or PDF for the holder of the link; a page that tries again while there is none yet."""
    kind = _kind(request)
    for attempt in range(PDF_PATIENCE):
        found = await run_in_threadpool(_document, request)
        if found is None:
            return pages.problem(request, "problem.unknown_receipt", 404)
        name, body, signed = found
        if body is not None:
            return _file(kind, name, body)
        if not signed or attempt == PDF_PATIENCE - 1:
            break
        await asyncio.sleep(0.25)
    back = f"/vi/pay/{request.path_params['token']}"
    return pages.page(request, "waiting.html", status=202, headers={"Retry-After": "3"}, back=back)


def _document(request: Request) -> tuple[str, bytes | None, bool] | None:
    """File name, bytes if there are any, whether it is signed; None when the receipt is not this payment's."""
    parts, environment = request.path_params, lookup.environment_of(request)
    kind: receipts_store.DocumentKind = "pdf" if _kind(request) == "pdf" else "xml"
    with environment.read() as connection:
        try:
            row = payments_store.by_token(connection, parts["token"])
        except PaymentMissing:
            return None
        receipt = receipts_store.find(connection, parts["receipt"], row.agency_id)
        if receipt is None or receipt.payment != row.id:
            return None
        body = receipts_store.document(connection, receipt.id, kind, environment.vault)
    return f"bien-lai-{receipt.symbol}-{receipt.number}.{kind}", body, receipt.signed_at is not None


def _kind(request: Request) -> str:
    """What the address ends with."""
    return request.url.path.rpartition(".")[2]


def _file(kind: str, name: str, body: bytes) -> Response:
    type_ = {"pdf": "application/pdf", "xml": "application/xml"}[kind]
    place = "inline" if kind == "pdf" else "attachment"
    headers = {**pages.HEADERS, "Content-Disposition": f'{place}; filename="{name}"'}
    if kind == "pdf":
        del headers["Content-Security-Policy"]  # browsers show a PDF with a viewer of their own, which it would stop
    return Response(body, media_type=type_, headers=headers)


def _title(request: Request, shown: Screen) -> str:
    """What the browser's tab says: the state changes, and so does this."""
    language, figure = pages.language_of(request), amount(shown.amount)
    if shown.state in (screen.State.PAID, screen.State.SIGNING):
        return text(language, "pay.title_paid", amount=figure)
    if shown.state is screen.State.PENDING:
        return text(language, "pay.title", amount=figure)
    if shown.state is screen.State.PARTIAL:
        return text(language, "pay.title_rest", amount=figure)
    facts = {"received": amount(shown.view.row.received), "remaining": amount(shown.view.remaining)}
    return text(language, "pay.title_state", state=text(language, f"state.{shown.state}", **facts), amount=figure)


def _screen(request: Request) -> Screen:
    environment = lookup.environment_of(request)
    with environment.read() as connection:
        return screen.by_token(connection, request.path_params["token"], environment.clock())


def _here(request: Request) -> str:
    return f"/{pages.language_of(request)}/pay/{request.path_params['token']}"


for _language in LANGUAGES:
    router.add_route(f"/{_language}/pay/{{token}}", pay, methods=["GET"])
    router.add_route(f"/{_language}/pay/{{token}}/again", again, methods=["POST"])
    router.add_route(f"/{_language}/pay/{{token}}/events", events, methods=["GET"])
for _picture in ("svg", "png"):
    router.add_route(f"/qr/{{token}}.{_picture}", qr, methods=["GET"])
for _paper in ("xml", "pdf"):
    router.add_route(f"/pay/{{token}}/receipts/{{receipt}}.{_paper}", document, methods=["GET"])
lookup.add_routes(router)
