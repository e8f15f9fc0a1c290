"""Demo only: the citizen's bank app. Somebody scans a VietQR code and pays, perhaps with things going wrong."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from connectors.simulators.bank import SimulatedBank
from gateway.api.deps import as_json
from gateway.api.openapi import WRITE
from gateway.api.shapes import Dong, Given, Integer, Told


class Scan(Told):
    """What the app is shown, and what the payer changes before paying."""

    payload: str = Field(max_length=1000)
    amount: Integer | None = None
    memo: str | None = Field(None, max_length=500)
    faults: list[str] = Field([], max_length=20)


class Transfer(Given):
    """The bank's line; it and its notices to come are on disk."""

    transfer_id: str
    amount: Dong


def router_for(bank: SimulatedBank) -> APIRouter:
    """The simulator's routes, over one bank."""
    router = APIRouter(prefix="/simulator", tags=["simulator"])
    refusals: dict[int | str, dict[str, Any]] = {status: WRITE[status] for status in (400, 404, 413, 422, 500, 503)}

    @router.post("/bank/pay", status_code=202, response_model=Transfer, responses=refusals)
    def pay_by_bank(told: Scan) -> Response:
        """Pay what the code says, or something else. The notice follows as the faults have it."""
        paid = bank.pay(told.payload, amount=told.amount, memo=told.memo, faults=told.faults)
        body = {"transfer_id": paid.transfer_id, "amount": paid.amount}
        return Response(as_json(body), 202, media_type="application/json")

    return router
