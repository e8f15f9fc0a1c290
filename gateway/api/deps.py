"""What routes ask for: the environment, who calls with which scope, and the one transaction of a write.

Functions that touch the database are plain `def`, so that they run in the thread pool.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway import access
from gateway.access import Caller
from gateway.kernel import once
from gateway.kernel.once import Answer
from gateway.kernel.uow import Environment, UnitOfWork

bearer = HTTPBearer(
    scheme_name="ApiKey", bearerFormat="tp_...", description="An API key of the agency", auto_error=False
)


async def environment(request: Request) -> Environment:
    """What this process works with."""
    found: Environment = request.app.state.environment
    return found


Installed = Annotated[Environment, Depends(environment)]


def needs(scope: str | None) -> Callable[..., Caller]:
    """A dependency: the caller, by its key, provided that the key has `scope` (None: any key will do)."""

    def caller(
        installed: Installed, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Caller:
        with installed.read() as connection:
            found = access.authenticate(connection, credentials.credentials if credentials else "")
        if scope is not None:
            found.need(scope)
        return found

    return caller


IdempotencyKey = Annotated[
    str,
    Header(
        alias=once.HEADER,
        pattern=f"^{once.PATTERN}$",
        description="Chosen by the client, one for each act: a repeat answers what the first did",
    ),
]


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changes something, with its key."""

    environment: Environment
    caller: Caller
    method: str
    path: str
    key: str = field(repr=False)

    def once(self, told: BaseModel, status: int, act: Callable[[UnitOfWork], dict[str, Any]]) -> Response:
        """Do `act` and answer with what it gives, both or neither; a repeat gets the first answer again."""
        content = told.model_dump(mode="json", exclude_defaults=True)
        with self.environment.begin(actor=self.caller.actor, agency=self.caller.agency) as uow:
            asked = once.ask(uow.vault, self.caller.agency, self.key, self.method, self.path, content)
            answer = once.once(uow, asked, lambda: Answer(status, as_json(act(uow))))
        headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
        return Response(answer.body, answer.status, headers, "application/json")


def writes(scope: str) -> Callable[..., Awaitable[Write]]:
    """A dependency: the right to write what `scope` names."""
    allowed = needs(scope)

    async def write(
        request: Request, installed: Installed, key: IdempotencyKey, caller: Caller = Depends(allowed)
    ) -> Write:
        return Write(installed, caller, request.method, request.scope["path"], key)

    return write


def as_json(body: Any) -> str:
    """JSON as this API writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def answer(body: Any) -> Response:
    """200 with JSON; the shape is documented by the route and kept by tests, not checked again at each call."""
    return Response(as_json(body), media_type="application/json")
