"""The card acquirer's settlement file comes in, kept before it is read, and explains the lumps on the statement."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.deps import Write, writes
from gateway.api.openapi import WRITE
from gateway.api.shapes import Given
from gateway.api.statements import Name, Profile
from gateway.api.uploads import BODY, Upload, received
from gateway.closing import settlements
from gateway.closing.reconcile import reconcile
from gateway.closing.turns import again
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork

router = APIRouter(prefix="/api/v1/settlements", tags=["statements"])


class SettlementFileTaken(Given):
    """What became of the file; sums of the whole file in đồng."""

    format: str
    profile: str
    new: int
    known: int
    batches: int
    gross: int
    mdr: int
    net: int
    kinds: dict[str, int]


class _Told(BaseModel):
    name: str
    digest: str
    profile: str = ""


@router.post("", status_code=201, response_model=SettlementFileTaken, responses=WRITE, openapi_extra=BODY)
async def post_settlement(
    request: Request,
    write: Annotated[Write, Depends(writes("statements"))],
    name: Name = "settlement",
    profile: Profile = None,
) -> Response:
    """CSV or XLSX: batch, trade date, reference, gross, commission, net. A row that is known is not taken again."""
    sent = await received(request)
    return await run_in_threadpool(_take, write, name, sent, profile or "")


def _take(write: Write, name: str, sent: Upload, profile: str) -> Response:
    agency, actor = write.caller.agency, write.caller.actor
    understood = settlements.keep_and_read(write.environment, agency, name, sent.data, actor=actor, profile=profile)
    told = _Told(name=name, digest=understood.digest, profile=profile)
    return again(lambda: write.once(told, 201, lambda uow: _keep(uow, agency, understood)))


def _keep(uow: UnitOfWork, agency: str, understood: settlements.UnderstoodSettlement) -> dict[str, Any]:
    taken = settlements.take(uow, agency, understood)
    result = reconcile(uow, agency, business_day(uow.now()))
    return {
        "format": taken.format,
        "profile": taken.profile,
        "new": taken.new,
        "known": taken.known,
        "batches": taken.batches,
        "gross": taken.gross,
        "mdr": taken.mdr,
        "net": taken.net,
        "kinds": {kind: totals.payments for kind, totals in sorted(result.totals.items()) if totals.payments},
    }
