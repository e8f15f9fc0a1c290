"""The bank's statement comes in: the raw file as the request's content, kept before it is read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.deps import Write, writes
from gateway.api.openapi import WRITE
from gateway.api.shapes import TEXT_PATTERN, Given
from gateway.api.uploads import BODY, Upload, received
from gateway.closing import intake
from gateway.closing.reconcile import reconcile
from gateway.closing.turns import again
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork

router = APIRouter(prefix="/api/v1/statements", tags=["statements"])

PROFILE_PATTERN = "^[a-z0-9_]{1,40}$"
ACCOUNT_PATTERN = "^[0-9A-Za-z]{4,34}$"

Name = Annotated[str, Query(min_length=1, max_length=200, pattern=TEXT_PATTERN)]
Profile = Annotated[str | None, Query(pattern=PROFILE_PATTERN, description="The only layout the table may have")]


class StatementTaken(Given):
    """What became of the file."""

    format: str
    new: int
    known: int
    problems: list[str]
    kinds: dict[str, int]


class _Told(BaseModel):
    name: str
    digest: str
    profile: str = ""
    account: str = ""


@router.post("", status_code=201, response_model=StatementTaken, responses=WRITE, openapi_extra=BODY)
async def post_statement(
    request: Request,
    write: Annotated[Write, Depends(writes("statements"))],
    name: Name = "statement",
    profile: Profile = None,
    account: Annotated[
        str | None, Query(pattern=ACCOUNT_PATTERN, description="Of a table that names no account")
    ] = None,
) -> Response:
    """camt.052/053/054, MT940/942, or the bank's own CSV or XLSX. The same file again, or one that overlaps, books
    nothing twice."""
    sent = await received(request)
    return await run_in_threadpool(_take, write, name, sent, profile or "", account or "")


def _take(write: Write, name: str, sent: Upload, profile: str, account: str) -> Response:
    agency, actor = write.caller.agency, write.caller.actor
    understood = intake.keep_and_read(
        write.environment, agency, name, sent.data, actor=actor, profile=profile, account=account
    )
    told = _Told(name=name, digest=understood.digest, profile=profile, account=account)
    return again(lambda: write.once(told, 201, lambda uow: _book(uow, agency, understood)))


def _book(uow: UnitOfWork, agency: str, understood: intake.Understood) -> dict[str, Any]:
    taken = intake.take(uow, agency, understood)
    result = reconcile(uow, agency, business_day(uow.now()))
    return {
        "format": taken.format,
        "new": taken.imported.new,
        "known": taken.imported.known,
        "problems": [problem.code for problem in taken.imported.problems],
        "kinds": {kind: totals.lines for kind, totals in sorted(result.totals.items()) if totals.lines},
    }
