"""How the agency's banks and payment services are doing: whether they answer, and whether their notices come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import Given, Listed
from gateway.connecting.standing import Standing, standings
from gateway.kernel.clock import rfc3339
from gateway.providers import provider_name

router = APIRouter(prefix="/api/v1/providers", tags=["reports"])

Reader = Annotated[Caller, Depends(needs("reports"))]


class ProviderStanding(Given):
    """One connector; `since` and the sentences only where it is not well."""

    connector: str
    name: str
    state: Literal["ok", "slow", "failing", "silent"]
    since: str | None
    sentence_vi: str | None
    sentence_en: str | None
    last_call_at: str | None
    last_notice_at: str | None


class ProviderStandings(Listed):
    """All of them, by name."""

    data: list[ProviderStanding]


@router.get("", response_model=ProviderStandings, responses=READ)
def list_providers(installed: Installed, caller: Reader) -> Response:
    """The connectors that the agency has set up."""
    with installed.read(caller.agency) as connection:
        found = standings(connection, caller.agency)
    return answer({"data": [_told(one) for one in found], "has_more": False, "next_cursor": None})


def _told(one: Standing) -> dict[str, Any]:
    return {
        "connector": one.connector,
        "name": provider_name(one.connector),
        "state": one.state.value,
        "since": _time(one.health.since),
        "sentence_vi": one.doubt.vi if one.doubt else None,
        "sentence_en": one.doubt.en if one.doubt else None,
        "last_call_at": _time(one.health.last_call_at),
        "last_notice_at": _time(one.health.last_notice_at),
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
