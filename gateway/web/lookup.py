"""What anybody may look up: a receipt by its code (masked), a printed token (offline), a payment by its reference.

Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: nothing here names a payer or a dossier in full, there is no search by name,
phone or identity number, and each place may ask thirty times a minute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors import reference
from connectors.vietqr import image
from gateway import agencies
from gateway.kernel.uow import Environment
from gateway.web import pages, screen
from gateway.web.language import LANGUAGES
from gateway.web.limit import PER_MINUTE, Limiter
from receipts import store as receipts_store
from receipts import token as receipt_token

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

LONGEST = 2_000  # characters of a typed code or address
_LOOKALIKES = str.maketrans("OIL", "011")
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
    return RedirectResponse(f"/{pages.language_of(request)}{target}", 303, dict(pages.HEADERS))


def _target(typed: str) -> str | None:
    """Where a typed code leads: a payment link, a payment reference, a receipt's address or lookup code."""
    if link := _PAY_LINK.search(typed):
        return f"/pay/{link[1]}"
    if found := reference.references(typed):
        return f"/payments/{found[0]}"
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
    return RedirectResponse(f"/{pages.language_of(request)}/receipts/{code}", 303, dict(pages.HEADERS))


def receipt(request: Request) -> Response:
    """What the public may know of one receipt."""
    if not allowed(request):
        return too_many(request)
    with environment_of(request).read() as connection:
        row = receipts_store.by_lookup_code(connection, _code(request.path_params["code"]))
        if row is None:
            return pages.problem(request, "problem.unknown_receipt", 404)
        successor = receipts_store.find(connection, row.replaced_by, row.owner) if row.replaced_by else None
        agency = agencies.require(connection, row.owner)
    return pages.page(request, "receipt.html", receipt=row, successor=successor, agency=agency)


def payment(request: Request) -> Response:
    """A payment by its reference, which banks print: amounts, state and the QR, never dossier, payer or receipts."""
    if not allowed(request):
        return too_many(request)
    environment = environment_of(request)
    with environment.read() as connection:
        shown = screen.by_reference(connection, request.path_params["reference"].upper(), environment.clock())
    if shown is None:
        return pages.problem(request, "problem.unknown_payment", 404)
    qr = _inline(shown.payload) if shown.payload else ""
    return pages.page(request, "reference.html", screen=shown, qr=qr)


def verify(request: Request) -> Response:
    """What a receipt's QR proves, by the installation's public key alone."""
    typed = request.query_params.get("t", "").strip()
    if not typed:
        return pages.page(request, "verify.html", facts=None, refused=False, agency=None)
    if not allowed(request):
        return too_many(request)
    key = _public_key(request)
    if key is None:
        return pages.problem(request, "verify.no_key", 503)
    try:
        facts = receipt_token.check(typed, key)
    except receipt_token.TokenRefused:
        return pages.page(request, "verify.html", status=422, facts=None, refused=True, agency=None)
    return pages.page(request, "verify.html", facts=facts, refused=False, agency=_agency_name(request, facts.tax_code))


def allowed(request: Request) -> bool:
    """Whether this client may look up once more."""
    limiter: Limiter = request.app.state.lookup_limiter
    address = request.client.host if request.client else ""
    return limiter.allows(address, environment_of(request).clock())


def too_many(request: Request) -> Response:
    """A friendly 429."""
    return pages.problem(request, "problem.too_many", 429, headers={"Retry-After": "60"}, count=PER_MINUTE)


def environment_of(request: Request) -> Environment:
    """What this process works with."""
    environment: Environment = request.app.state.environment
    return environment


def _inline(payload: str) -> str:
    """The QR inside the page: this page has no token to fetch it with."""
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(image.svg(payload).encode()).decode()


def _public_key(request: Request) -> EllipticCurvePublicKey | None:
    """The key of the printed tokens; None on an installation that has none (yet)."""
    from receipts.keys import KeyUnusable, public_from_pem

    try:
        return public_from_pem((environment_of(request).settings.keys / "token.pub.pem").read_bytes())
    except (OSError, KeyUnusable):
        return None


def _agency_name(request: Request, tax_code: str) -> str | None:
    """Who has this tax code, if it is one of ours: a name helps the eye; the proof is about the tax code."""
    with environment_of(request).read() as connection:
        return next((one.name for one in agencies.all_agencies(connection) if one.tax_code == tax_code), None)


def add_routes(router: APIRouter) -> None:
    """Both languages of every page, and the root."""
    router.add_route("/", root, methods=["GET"])
    for language in LANGUAGES:
        router.add_route(f"/{language}", root if language == "vi" else home, methods=["GET"])
        router.add_route(f"/{language}/", home, methods=["GET"])
        router.add_route(f"/{language}/receipts", receipt_form, methods=["GET"])
        router.add_route(f"/{language}/receipts/verify", verify, methods=["GET"])
        router.add_route(f"/{language}/receipts/{{code}}", receipt, methods=["GET"])
        router.add_route(f"/{language}/payments/{{reference}}", payment, methods=["GET"])
