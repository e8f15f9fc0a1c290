"""Where providers call: the raw bytes go to the inbox, and the connector's reply goes back exactly as it stands.

Messages that arrive together are stored in one transaction (`coalesce.py`); none is answered before it is committed.

No API key: the connector checks the signature over the bytes as they came.
"""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors import contract
from gateway.api.deps import writers
from gateway.closing import lists
from gateway.connecting import inquire
from gateway.providers import ConnectorNotSet
from gateway.settlement import inbox

router = APIRouter(prefix="/callbacks", include_in_schema=False)

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@router.api_route("/{agency}/{connector}", methods=["GET", "POST"])
@router.api_route("/{agency}/{connector}/{path:path}", methods=["GET", "POST"])
async def receive_callback(request: Request, agency: str, connector: str) -> Response:
    """Store, commit, then acknowledge; or answer what is owed, where the provider asks before its customer pays."""
    if not (_NAME.fullmatch(agency) and _NAME.fullmatch(connector)):
        raise ConnectorNotSet("Không có kết nối này.", "There is no such connection.")
    call = contract.Request(
        method=request.method,
        path=request.scope["path"],
        body=await request.body(),
        headers=_headers(request),
        query=request.scope["query_string"].decode("latin-1"),
    )
    if inquire.is_inquiry(call.path) or connector in lists.callers():
        take = inquire.answer if inquire.is_inquiry(call.path) else lists.receive
        reply = await run_in_threadpool(take, request.app.state.environment, agency, connector, call)
    else:
        reply = await writers(request.app).of(inbox.receive_many).do(inbox.Call(agency, connector, call))
    return Response(reply.body, reply.status, {"Content-Type": reply.content_type})


def _headers(request: Request) -> dict[str, str]:
    """Lower-case names; a name that comes several times joined by commas (RFC 9110, section 5.3)."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
