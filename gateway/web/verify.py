"""The verify page: drop a receipt's XML or PDF, or paste what a QR holds; it says what is signed, by whom, and since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from gateway import agencies
from gateway.web import genuine, pages
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.language import LANGUAGES
from receipts import token as receipt_token

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

LONGEST = 2_000  # characters of a pasted code


def form(request: Request) -> Response:
    """The form; with `t` the verdict on a token or a VietQR."""
    typed = request.query_params.get("t", "").strip()
    if not typed:
        return pages.page(request, "verify.html", refused="")
    if not allowed(request):
        return too_many(request)
    if len(typed) <= LONGEST and (asked := genuine.asks(environment_of(request), typed)):
        return pages.page(request, "asks.html", asked=asked)
    return _token(request, typed)


def _token(request: Request, typed: str) -> Response:
    """What a receipt's QR proves, by the installation's public key alone."""
    key = _public_key(request)
    if key is None:
        return pages.problem(request, "verify.no_key", 503)
    try:
        facts = receipt_token.check(typed, key)
    except receipt_token.TokenRefused:
        return pages.page(request, "verify.html", status=422, refused="verify.bad")
    return pages.page(request, "token.html", facts=facts, agency=_agency_name(request, facts.tax_code))


async def file(request: Request) -> Response:
    """The verdict on a file; it is read, never kept."""
    async with request.form(max_files=1, max_fields=5) as sent:
        given = sent.get("file")
        data = await given.read() if isinstance(given, UploadFile) else b""
    return await run_in_threadpool(_judged, request, data)


def _judged(request: Request, data: bytes) -> Response:
    if not allowed(request):
        return too_many(request)
    if not data:
        return pages.page(request, "verify.html", status=422, refused="verify.no_file")
    try:
        judged = genuine.judge(environment_of(request), data)
    except genuine.FileRefused as refusal:
        key = {"file.no_receipt_inside": "verify.other_file", "file.no_trust": "verify.no_trust"}.get(refusal.code)
        return pages.page(request, "verify.html", status=422, refused=key or "verify.bad_file", code=refusal.code)
    return pages.page(request, "judged.html", judged=judged, receipt=judged.verified)


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
    """Before the look-up, whose pattern would take `verify` for a code."""
    for language in LANGUAGES:
        router.add_route(f"/{language}/receipts/verify", form, methods=["GET"])
        router.add_route(f"/{language}/receipts/verify", file, methods=["POST"])
