"""What anybody may look up: a receipt by its code (masked), a payment by its reference, what they hold with both.

Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: nothing here names a payer or a dossier in full, there is no search by name,
phone or identity number, and each place may ask thirty times a minute.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors import reference
from connectors.vietqr import image
from gateway import agencies
from gateway.dues import store as dues_store
from gateway.kernel.uow import Environment
from gateway.payments import store as payments_store
from gateway.web import cards, find, pages, papers, screen, theme
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.language import LANGUAGES
from receipts import store as receipts_store

LONGEST = 2_000  # characters of a typed code or address
_LOOKALIKES = str.maketrans("OIL", "011")
_DOSSIER = re.compile(
    r"(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[A-Z][0-9]{2}(?:\.[0-9]{2,3})*-[0-9]{6}-[0-9]{4,6}", re.IGNORECASE
)
_PAY_LINK = re.compile(r"/pay/([0-9A-Z]{26})\b")


def root(request: Request) -> Response:
    """Vietnamese first."""
    return RedirectResponse("/vi/", 307, dict(pages.HEADERS))


def home(request: Request) -> Response:
    """One field for whatever code the citizen holds."""
    typed = request.query_params.get("q", "").strip()
    if not typed:
        return pages.page(request, "home.html", typed="")
    if not allowed(request):
        return too_many(request)
    target = _target(typed[:LONGEST])
    if target is None:
        return pages.problem(request, "problem.unknown_code", 404)
    return pages.redirect(request, f"/{pages.language_of(request)}{target}")


def _target(typed: str) -> str | None:
    """Where a typed code leads: a payment link, a payment reference, a dossier, a receipt's address or lookup code."""
    if link := _PAY_LINK.search(typed):
        return f"/pay/{link[1]}"
    if found := reference.references(typed):
        return f"/payments/{found[0]}"
    if dossier := _DOSSIER.fullmatch(typed):
        return f"/dossiers?code={dossier[0].upper()}"
    code = _code(typed)
    return f"/receipts/{code}" if len(code) == 12 else None


def _code(typed: str) -> str:
    """A lookup code as it is kept, from what a hand wrote or a printed address holds."""
    last = typed.rstrip("/").rpartition("/")[2] if "://" in typed else typed
    return re.sub(r"[^0-9A-Z]", "", last.upper()).translate(_LOOKALIKES)


def receipt_form(request: Request) -> Response:
    """The form; with a code it leads to the receipt's own address."""
    typed = request.query_params.get("code", "").strip()[:LONGEST]
    if not typed:
        return pages.page(request, "lookup.html")
    code = _code(typed)
    if not code:
        return pages.problem(request, "problem.unknown_receipt", 404)
    return pages.redirect(request, f"/{pages.language_of(request)}/receipts/{code}")


def receipt(request: Request) -> Response:
    """What the public may know of one receipt."""
    if not allowed(request):
        return too_many(request)
    return _receipt(request, wrong=False)


def _receipt(request: Request, *, wrong: bool) -> Response:
    with environment_of(request).read() as connection:
        row = receipts_store.by_lookup_code(connection, _code(request.path_params["code"]))
        if row is None:
            return pages.problem(request, "problem.unknown_receipt", 404)
        successor = receipts_store.find(connection, row.replaced_by, row.owner) if row.replaced_by else None
        return pages.page(
            request,
            "receipt.html",
            status=422 if wrong else 200,
            receipt=row,
            successor=successor,
            agency=agencies.require(connection, row.owner),
            theme=theme.of(connection, row.owner),
            restricted=_restricted(connection, row),
            wrong=wrong,
        )


async def receipt_paper(request: Request) -> Response:
    """The receipt itself, for who knows a second fact of it; by POST, so that the fact stands in no address."""
    async with request.form(max_files=0, max_fields=5) as form:
        fact, kind = str(form.get("fact", ""))[:LONGEST], str(form.get("kind", ""))
    return await run_in_threadpool(_paper, request, fact, kind)


def _paper(request: Request, fact: str, kind: str) -> Response:
    if not allowed(request):
        return too_many(request)
    environment = environment_of(request)
    with environment.read() as connection:
        row = receipts_store.by_lookup_code(connection, _code(request.path_params["code"]))
        known = row is not None and kind in papers.TYPES and _knows(connection, environment, row, fact)
    if row is None or not known:
        return _receipt(request, wrong=True)
    found = papers.paper(environment, row.id, kind, owner=row.owner)
    if found is None or found.body is None:
        back = f"/{pages.language_of(request)}/receipts/{row.lookup_code}"
        return pages.page(request, "waiting.html", status=202, headers={"Retry-After": "3"}, back=back)
    return papers.handed(kind, found)


def _knows(connection: sa.Connection, environment: Environment, row: receipts_store.Row, fact: str) -> bool:
    """Whether `fact` is the dossier's code, the payment's reference, or the payer's number."""
    told = re.sub(r"[\s-]", "", fact).upper()
    payer = receipts_store.load_facts(row, environment.vault).payer
    paid = payments_store.by_id(connection, row.owner, row.payment)
    facts = (row.dossier_code, paid.reference, payer.tax_code, payer.id_number)
    return bool(told) and told in {re.sub(r"[\s-]", "", one).upper() for one in facts if one}


def _restricted(connection: sa.Connection, row: receipts_store.Row) -> bool:
    """Whether the receipt is of a secret or sensitive dossier: then not even the masked name is shown."""
    query = sa.select(dues_store.dossier.c.restricted).where(
        dues_store.dossier.c.agency_id == row.owner, dues_store.dossier.c.code == row.dossier_code
    )
    return bool(connection.execute(query).scalar())


def payment(request: Request) -> Response:
    """A payment by its reference, which banks print: amounts, state and the QR, never dossier, payer or receipts."""
    if not allowed(request):
        return too_many(request)
    environment = environment_of(request)
    with environment.read() as connection:
        shown = screen.by_reference(connection, request.path_params["reference"].upper(), environment.clock())
        worn = theme.of(connection, shown.view.row.agency_id) if shown else None
    if shown is None:
        return pages.problem(request, "problem.unknown_payment", 404)
    qr = _inline(shown.payload) if shown.payload else ""
    picture = f"{request.url.path}/qr.png"
    return pages.page(request, "reference.html", screen=shown, theme=worn, qr=qr, picture=picture)


def picture(request: Request) -> Response:
    """The picture to save of a code that this page shows anyway."""
    if not allowed(request):
        return too_many(request)
    environment = environment_of(request)
    with environment.read() as connection:
        shown = screen.by_reference(connection, request.path_params["reference"].upper(), environment.clock())
    if shown is None or shown.payload is None:
        return Response(status_code=404, headers=dict(pages.HEADERS))
    return cards.answer(shown, pages.language_of(request))


def _inline(payload: str) -> str:
    """The QR inside the page: this page has no token to fetch it with."""
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(image.svg(payload).encode()).decode()


def add_routes(router: APIRouter) -> None:
    """Both languages of every page, and the root."""
    router.add_route("/", root, methods=["GET"])
    for language in LANGUAGES:
        router.add_route(f"/{language}", root if language == "vi" else home, methods=["GET"])
        router.add_route(f"/{language}/", home, methods=["GET"])
        router.add_route(f"/{language}/receipts", receipt_form, methods=["GET"])
        router.add_route(f"/{language}/receipts/{{code}}", receipt, methods=["GET"])
        router.add_route(f"/{language}/receipts/{{code}}", receipt_paper, methods=["POST"])
        router.add_route(f"/{language}/payments/{{reference}}", payment, methods=["GET"])
        router.add_route(f"/{language}/payments/{{reference}}/qr.png", picture, methods=["GET"])
        router.add_route(f"/{language}/dossiers", find.ask, methods=["GET"])
        router.add_route(f"/{language}/dossiers", find.answer, methods=["POST"])
