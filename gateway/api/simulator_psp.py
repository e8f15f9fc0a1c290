"""Demo only: the payment services' own machines. They take the gateway's calls, and show a payer their till.

The till is a page with two buttons. The faults of `psp_faults` may be asked for by a program: `{"target", "faults"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connectors.contract import Call
from connectors.simulators.psp import SimulatedPsp, Visit
from connectors.simulators.psp_refused import PspRefused, PspSilent
from gateway.api.deps import as_json
from gateway.api.shapes import Told

TILL = """<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{name} (mô phỏng)</title><h1>{name} (mô phỏng / simulated)</h1><p>{description}</p><p><b>{amount} ₫</b></p>
<form method="post" action="{action}"><input type="hidden" name="target" value="{target}">
<button name="outcome" value="paid">Thanh toán / Pay</button>
<button name="outcome" value="failed">Hủy / Go back</button></form></html>"""
DONE = """<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><title>{name}</title>
<p>Xong. Hãy trở lại trang thanh toán. / Done, return to the payment page.</p></html>"""


class AtTill(Told):
    """Which page the payer stands at, and how it ends."""

    target: str = Field(max_length=4_000)
    outcome: str = Field("paid", pattern="^(paid|failed)$")
    faults: list[str] = Field([], max_length=20)


def router_for(psps: Mapping[str, SimulatedPsp]) -> APIRouter:
    """The services' routes."""
    router = APIRouter(prefix="/simulator/psp", include_in_schema=False)
    for name, psp in psps.items():
        _mount(router, name, psp)
    return router


def _mount(router: APIRouter, name: str, psp: SimulatedPsp) -> None:
    @router.post(f"/{name}/pay", status_code=202)
    def pay_by_program(told: AtTill) -> Response:
        """A payer pays, perhaps with things going wrong."""
        left = _end(psp, told.target, told.outcome, told.faults)
        body = {
            "reference": left.reference,
            "amount": left.amount,
            "number": left.number,
            "return_url": left.return_url,
        }
        return Response(as_json(body), 202, media_type="application/json")

    @router.post(f"/{name}/till")
    async def pay_by_hand(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        target, outcome = form.get("target", [""])[0], form.get("outcome", ["paid"])[0]
        left = await run_in_threadpool(_end, psp, target, outcome, [])
        return RedirectResponse(left.return_url, 303) if left.return_url else HTMLResponse(DONE.format(name=name))

    @router.get(f"/{name}/{{path:path}}")
    def till(request: Request, path: str) -> Response:
        """The page that the gateway sends its payers to."""
        try:
            page = psp.open(target := str(request.url))
        except PspRefused as refused:
            return HTMLResponse(f"<!DOCTYPE html><p>{escape(refused.vi)} / {escape(refused.en)}</p>", 409)
        facts = {"description": escape(page.description), "amount": f"{page.amount:,}".replace(",", ".")}
        action = f"/simulator/psp/{name}/till"
        return HTMLResponse(TILL.format(name=name, action=action, target=escape(target, quote=True), **facts))

    @router.post(f"/{name}/{{path:path}}")
    async def take_call(request: Request, path: str) -> Response:
        """A merchant's call."""
        headers = {key.lower(): value for key, value in request.headers.items()}
        call = Call("query", request.method, str(request.url), await request.body(), headers)
        try:
            reply = await run_in_threadpool(psp.handle, call)
        except PspSilent:
            return Response(status_code=504)
        return Response(reply.body, reply.status, {"Content-Type": reply.content_type})


def _end(psp: SimulatedPsp, target: str, outcome: str, faults: list[str]) -> Visit:
    return psp.pay(target, faults=faults) if outcome == "paid" else psp.fail(target, code="24", faults=faults)
