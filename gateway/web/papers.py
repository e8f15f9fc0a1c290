"""A receipt's papers for who holds the payment's link: the signed XML, its PDF on A5, and the 80 mm slip.

XML and PDF are handed out as they were stored. The slip is laid out anew, from the signed XML alone, so it can say
nothing else; it bears no seal (receipts/slip.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.uow import Environment
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentMissing
from gateway.web import pages
from gateway.web.door import environment_of
from receipts import store as receipts_store

PATIENCE = 20  # looks, a quarter of a second apart: a PDF follows its signature within a second or two
TYPES = {"xml": "application/xml", "pdf": "application/pdf", "slip.pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What was found; `body` is None while there is none yet."""

    name: str
    body: bytes | None
    signed: bool


async def document(request: Request) -> Response:
    """One paper; a page that tries again while there is none yet."""
    kind = kind_of(request)
    for attempt in range(PATIENCE):
        found = await run_in_threadpool(_of_payment, request, kind)
        if found is None:
            return pages.problem(request, "problem.unknown_receipt", 404)
        if found.body is not None:
            return handed(kind, found)
        if not found.signed or attempt == PATIENCE - 1:
            break
        await asyncio.sleep(0.25)
    back = f"/vi/pay/{request.path_params['token']}"
    return pages.page(request, "waiting.html", status=202, headers={"Retry-After": "3"}, back=back)


def kind_of(request: Request) -> str:
    """`xml`, `pdf` or `slip.pdf`: what the address ends with."""
    return next(kind for kind in ("slip.pdf", "pdf", "xml") if request.url.path.endswith(f".{kind}"))


def paper(
    environment: Environment, receipt_id: str, kind: str, *, owner: str, payment: str | None = None
) -> Paper | None:
    """The paper of a receipt of this agency (and of this payment); None when there is no such receipt."""
    stored: receipts_store.DocumentKind = "pdf" if kind == "pdf" else "xml"
    with environment.read() as connection:
        receipt = receipts_store.find(connection, receipt_id, owner)
        if receipt is None or payment not in (None, receipt.payment):
            return None
        body = receipts_store.document(connection, receipt.id, stored, environment.vault)
    if body is not None and kind == "slip.pdf":
        body = _slip(body, f"{environment.settings.base_url}/vi/receipts/{receipt.lookup_code}")
    return Paper(f"bien-lai-{receipt.symbol}-{receipt.number}.{kind}", body, receipt.signed_at is not None)


def handed(kind: str, found: Paper) -> Response:
    """The file; a PDF opens in the browser."""
    place = "attachment" if kind == "xml" else "inline"
    headers = {**pages.HEADERS, "Content-Disposition": f'{place}; filename="{found.name}"'}
    if kind != "xml":
        del headers["Content-Security-Policy"]  # browsers show a PDF with a viewer of their own, which it would stop
    return Response(found.body, media_type=TYPES[kind], headers=headers)


def _of_payment(request: Request, kind: str) -> Paper | None:
    environment, parts = environment_of(request), request.path_params
    with environment.read() as connection:
        try:
            row = payments_store.by_token(connection, parts["token"])
        except PaymentMissing:
            return None
    return paper(environment, parts["receipt"], kind, owner=row.agency_id, payment=row.id)


def _slip(signed_xml: bytes, lookup_url: str) -> bytes:
    from connectors import code128
    from receipts import slip
    from receipts.printed import read_signed

    demo = "DEMO" in read_signed(signed_xml).signer
    return slip.render(signed_xml, demo=demo, lookup_url=lookup_url, encoder=code128.bars)


def add_routes(router: APIRouter) -> None:
    """The slip before the PDF, whose pattern would take it along."""
    for kind in ("slip.pdf", "pdf", "xml"):
        router.add_route(f"/pay/{{token}}/receipts/{{receipt}}.{kind}", document, methods=["GET"])
