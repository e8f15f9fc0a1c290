"""The bank's statement comes in: the raw file as the request's content, kept before it is read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors.statement import Parsed
from gateway.api.deps import Write, writes
from gateway.api.openapi import WRITE
from gateway.api.shapes import TEXT_PATTERN, Given
from gateway.closing import intake
from gateway.closing.reconcile import reconcile
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork

router = APIRouter(prefix="/api/v1/statements", tags=["statements"])


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


@router.post(
    "",
    status_code=201,
    response_model=StatementTaken,
    responses=WRITE,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def post_statement(
    request: Request,
    write: Annotated[Write, Depends(writes("statements"))],
    name: Annotated[str, Query(min_length=1, max_length=200, pattern=TEXT_PATTERN)] = "statement",
) -> Response:
    """camt.052/053/054, MT940/942 or CSV. The same file again, or one that overlaps, books nothing twice."""
    data = await request.body()
    return await run_in_threadpool(_take, write, name, data)


def _take(write: Write, name: str, data: bytes) -> Response:
    agency, actor = write.caller.agency, write.caller.actor
    parsed = intake.keep_and_read(write.environment, agency, name, data, actor=actor)
    told = _Told(name=name, digest=intake.digest(data))
    return write.once(told, 201, lambda uow: _book(uow, agency, name, data, parsed))


def _book(uow: UnitOfWork, agency: str, name: str, data: bytes, parsed: Parsed) -> dict[str, Any]:
    taken = intake.take(uow, agency, name, data, parsed)
    result = reconcile(uow, agency, business_day(uow.now()))
    return {
        "format": taken.format,
        "new": taken.imported.new,
        "known": taken.imported.known,
        "problems": [problem.code for problem in taken.imported.problems],
        "kinds": {kind: totals.lines for kind, totals in sorted(result.totals.items()) if totals.lines},
    }
