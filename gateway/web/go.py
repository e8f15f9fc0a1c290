"""To the provider's page and back: the payer is sent there, and what the browser brings back proves nothing.

The address of a page that takes no call is made here, with the payer's own address in it; one that has to be asked for
is asked for by the worker, and the payer waits a moment. Coming back only makes the payment `checking` and the question
come soon (the provider's documents: the return URL must never book a payment).
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contract import OrderRefused, SettingMissing
from gateway import providers
from gateway.connecting.back import came_back
from gateway.kernel.errors import ThuPhiError
from gateway.payments import channels, provider_start, store
from gateway.payments.model import PaymentMissing, PaymentStatus
from gateway.web import pages
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.go_words import WAITING
from gateway.web.language import LANGUAGES

LOOKS, PAUSE_S = 20, 0.15  # three seconds: a provider answers in one

router = APIRouter(include_in_schema=False)


async def go(request: Request) -> Response:
    """303 to the provider's page, or a page that tries again while there is none yet."""
    for _ in range(LOOKS):
        try:
            found, waiting = await run_in_threadpool(_page, request)
        except PaymentMissing:
            return pages.problem(request, "problem.unknown_payment", 404)
        except (ThuPhiError, OrderRefused, SettingMissing):
            return _to_payment(request)
        if found is not None:
            return RedirectResponse(found, 303, dict(pages.HEADERS))
        if not waiting:
            return _to_payment(request)
        await asyncio.sleep(PAUSE_S)
    chosen = pages.language_of(request)
    title, note = WAITING[chosen]
    again = {"Refresh": "3", "Retry-After": "3"}
    return pages.page(request, "problem.html", status=202, headers=again, title=title, note=note, request_id="")


def back(request: Request) -> Response:
    """The payer's browser comes back: to the payment's own page, whatever the address says of success."""
    if not allowed(request):
        return too_many(request)
    try:
        came_back(environment_of(request), request.path_params["token"])
    except PaymentMissing:
        return pages.problem(request, "problem.unknown_payment", 404)
    return _to_payment(request)


def _page(request: Request) -> tuple[str | None, bool]:
    """The provider's page, and whether it is worth waiting for where there is none."""
    environment = environment_of(request)
    with environment.read() as connection:
        row = store.by_token(connection, request.path_params["token"])
        connector = channels.starters().get(row.channel)
        if connector is None or row.status is not PaymentStatus.PENDING or row.expires_at <= environment.clock():
            return None, False
        known = provider_start.given_to(connection, row.id)
        if known.code:
            return None, False  # the payment's own page shows it
        provider = providers.find(connection, environment, row.agency_id, connector)
    wanted = channels.order(
        row, environment.settings.base_url, payer_ip=_address(request, provider), language=pages.language_of(request)
    )
    return channels.page_for(provider, wanted, provider.desk(environment)) or known.page, True


def _address(request: Request, provider: providers.Provider) -> str:
    """The payer's, where the connection has one; a socket of the machine has none."""
    try:
        return str(ip_address(request.client.host if request.client else ""))
    except ValueError:
        return channels.own_address(provider)


def _to_payment(request: Request) -> Response:
    there = f"/{pages.language_of(request)}/pay/{request.path_params['token']}"
    return RedirectResponse(there, 303, dict(pages.HEADERS))


for _language in LANGUAGES:
    router.add_route(f"/{_language}/pay/{{token}}/go", go, methods=["GET"])
    router.add_route(f"/{_language}/pay/{{token}}/back", back, methods=["GET"])
