"""Reports that prove: conservation of money, per account and business day."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import Day, Dong, Given, Listed
from gateway.settlement import conservation

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

Reader = Annotated[Caller, Depends(needs("reports"))]


class Conservation(Given):
    """money_in = settled + suspense + returned."""

    account: str
    day: Day
    money_in: Dong
    settled: Dong
    suspense: Dong
    returned: Dong


class ConservationList(Listed):
    """All days, oldest first."""

    data: list[Conservation]


@router.get("/conservation", response_model=ConservationList, responses=READ)
def get_conservation(installed: Installed, caller: Reader) -> Response:
    """What came in and where it is, for every account and day."""
    with installed.read(caller.agency) as connection:
        found = conservation.days(connection, caller.agency)
    data = [asdict(one) | {"day": one.day.isoformat()} for one in found]
    return answer({"data": data, "has_more": False, "next_cursor": None})
