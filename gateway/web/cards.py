"""The picture of a code on offer that a payer saves: the QR and beside it, in words, all that it says."""

from __future__ import annotations

from starlette.responses import Response

from connectors.vietqr import picture
from gateway.web import pages
from gateway.web.screen import Screen


def answer(found: Screen, language: str) -> Response:
    """As a file to keep; the screen has a code on offer."""
    view = found.view
    assert found.payload is not None
    body = picture.picture(
        found.payload,
        agency=view.agency.name,
        holder=view.account.holder,
        account=view.account.number,
        bank=view.account.bank,
        amount=view.remaining,
        memo=view.memo,
        language=language,
    )
    return png(found, body, "attachment")


def png(found: Screen, body: bytes, place: str) -> Response:
    """A picture named after the payment; `place` is inline or attachment."""
    name = f"vietqr-{found.view.row.reference}.png"
    headers = {**pages.HEADERS, "Content-Disposition": f'{place}; filename="{name}"'}
    return Response(body, media_type="image/png", headers=headers)
