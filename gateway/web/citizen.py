"""The payer's own pages: the payment that becomes its receipt, its QR and its news.

`/vi/pay/{token}` is the link a payer holds; the token (130 random bits) is the right to see that one payment. Nothing
here asks for what is known already, and nothing a payer presses counts as money.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match

from connectors.vietqr import image
from gateway.kernel.errors import ThuPhiError
from gateway.payments.model import PaymentMissing
from gateway.web import (
    about,
    basket,
    cards,
    claim,
    explain,
    extend,
    live,
    lookup,
    pages,
    papers,
    rating,
    renew,
    screen,
    shown,
    verify,
)
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.language import LANGUAGES, amount, text
from gateway.web.screen import Screen
from gateway.web.shown import Shown

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

CLAIM = "/claim"  # the page of those who paid and see nothing; offered where it exists


def pay(request: Request) -> Response:
    """The payment as it stands."""
    try:
        found = shown.by_token(request)
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    link = f"{environment_of(request).settings.base_url}{here(request)}"
    return pages.page(
        request,
        "pay.html",
        screen=found.screen,
        version=found.version,
        theme=found.theme,
        explained=explain.lines(pages.language_of(request), found.screen, found.told),
        refunds=found.told.refunds,
        refund_tones=explain.REFUND_TONES,
        rated=found.rated,
        seconds_left=found.screen.seconds_left(found.now),
        bank_links=found.bank_links(link),
        share_url=link,
        here=here(request),
        title=_title(request, found.screen),
    )


def sent(request: Request) -> Response:
    """ "I have sent the money": what happens now, and where to go if nothing does. It changes nothing."""
    try:
        found = shown.by_token(request)
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    claim = f"/{pages.language_of(request)}{CLAIM}"
    further = f"{claim}?token={request.path_params['token']}" if _served(request, claim) else ""
    return pages.page(request, "sent.html", screen=found.screen, theme=found.theme, here=here(request), claim=further)


def again(request: Request) -> Response:
    """A fresh payment for dues whose old one is over; the browser is sent to its page."""
    environment = environment_of(request)
    return _acted(request, lambda: f"/pay/{renew.renew(environment, request.path_params['token'])}")


def more_time(request: Request) -> Response:
    """A code on offer stays on offer for longer; back to its page."""
    token = request.path_params["token"]

    def act() -> str:
        extend.extend(environment_of(request), token)
        return f"/pay/{token}"

    return _acted(request, act)


async def rate(request: Request) -> Response:
    """The answer to the one question, for every receipt of this payment."""
    async with request.form(max_files=0, max_fields=5) as form:
        answer = str(form.get("score", ""))
    return await run_in_threadpool(_rate, request, answer)


def _rate(request: Request, answer: str) -> Response:
    token, environment = request.path_params["token"], environment_of(request)

    def act() -> str:
        with environment.begin(actor="payer") as uow:
            view = screen.by_token(uow.connection, token, uow.now()).view
            for receipt in view.receipts:
                rating.rate(uow, view.row.agency_id, receipt.id, answer)
        return f"/pay/{token}#rating"

    return _acted(request, act)


def _acted(request: Request, act: Callable[[], str]) -> Response:
    """Do it, unless this place asks too much, and lead on; a refusal is a page."""
    if not allowed(request):
        return too_many(request)
    language = pages.language_of(request)
    try:
        return pages.redirect(request, f"/{language}{act()}")
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    except ThuPhiError as refusal:
        note = refusal.vi if language == "vi" else refusal.en
        return pages.problem(request, "problem.refused", pages.STATUS[refusal.kind], note=note)


def qr(request: Request) -> Response:
    """The QR on offer, bare, as SVG or PNG; 404 when there is none."""
    found = _on_offer(request)
    shown = found and (found.payload or found.code)
    if found is None or not shown:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    if request.url.path.endswith(".svg"):
        title = "Mã VietQR" if found.payload else f"Mã QR {found.view.collected_by}"
        return Response(image.svg(shown, title=title), media_type="image/svg+xml", headers=dict(pages.HEADERS))
    return cards.png(found, image.png(shown), "inline")


def card(request: Request) -> Response:
    """The picture to save: the QR with all it says in words."""
    found = _on_offer(request)
    if found is None or found.payload is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    return cards.answer(found, pages.language_of(request))


async def events(request: Request) -> Response:
    """News of the payment as server-sent events; 204 tells the browser to stop listening."""
    tailer: live.Tailer = request.app.state.tailer
    known = request.headers.get("last-event-id", "")

    def look() -> live.Standing | None:
        try:
            found = shown.by_token(request)
        except PaymentMissing:
            return None
        return _standing(found)

    first = await run_in_threadpool(look)
    if first is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    if first.final and first.version == known:
        return Response(status_code=204, headers=dict(pages.HEADERS))
    if len(tailer) >= live.MOST_STREAMS:
        return Response(status_code=503, headers={**pages.HEADERS, "Retry-After": "30"})
    headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(tailer, look, known), headers=headers, media_type="text/event-stream")


def _standing(found: Shown) -> live.Standing:
    return live.Standing(found.screen.state.value, found.version, found.screen.subjects, not found.screen.live)


def here(request: Request) -> str:
    """The address of the payment's page."""
    return f"/{pages.language_of(request)}/pay/{request.path_params['token']}"


def _on_offer(request: Request) -> Screen | None:
    environment = environment_of(request)
    with environment.read() as connection:
        try:
            return screen.by_token(connection, request.path_params["token"], environment.clock())
        except PaymentMissing:
            return None


def _served(request: Request, path: str) -> bool:
    """Whether the application has a page there."""
    asked = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.router.routes)


def _title(request: Request, found: Screen) -> str:
    """What the browser's tab says: the state changes, and so does this."""
    language, figure = pages.language_of(request), amount(found.amount)
    if found.state in (screen.State.PAID, screen.State.SIGNING):
        return text(language, "pay.title_paid", amount=figure)
    if found.state is screen.State.PENDING:
        return text(language, "pay.title", amount=figure)
    if found.state is screen.State.PARTIAL:
        return text(language, "pay.title_rest", amount=figure)
    facts = {"received": amount(found.view.row.received), "remaining": amount(found.view.remaining)}
    return text(language, "pay.title_state", state=text(language, f"state.{found.state}", **facts), amount=figure)


for _language in LANGUAGES:
    _mine = f"/{_language}/pay/{{token}}"
    router.add_route(_mine, pay, methods=["GET"])
    router.add_route(f"{_mine}/again", again, methods=["POST"])
    router.add_route(f"{_mine}/extend", more_time, methods=["POST"])
    router.add_route(f"{_mine}/rating", rate, methods=["POST"])
    router.add_route(f"{_mine}/sent", sent, methods=["GET"])
    router.add_route(f"{_mine}/events", events, methods=["GET"])
    router.add_route(f"{_mine}/qr.png", card, methods=["GET"])
for _picture in ("svg", "png"):
    router.add_route(f"/qr/{{token}}.{_picture}", qr, methods=["GET"])
papers.add_routes(router)
verify.add_routes(router)
lookup.add_routes(router)
about.add_routes(router)
claim.add_routes(router)
basket.add_routes(router)
