"""What routes ask for: the environment, who calls with which scope, and the one transaction of a write.

Functions that touch the database are plain `def`, so that they run in the thread pool. The two writes that come in
numbers, dossiers and payments, are `async` instead and meet others of their kind in one transaction (`coalesce.py`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

import anyio.to_thread
from fastapi import Depends, FastAPI, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway import access
from gateway.access import Caller, Keyring
from gateway.kernel import once
from gateway.kernel.coalesce import Writers
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.once import Answer, Ask, Outcome
from gateway.kernel.uow import Environment, UnitOfWork

bearer = HTTPBearer(
    scheme_name="ApiKey", bearerFormat="tp_...", description="An API key of the agency", auto_error=False
)


async def environment(request: Request) -> Environment:
    """What this process works with."""
    found: Environment = request.app.state.environment
    return found


Installed = Annotated[Environment, Depends(environment)]


def needs(scope: str | None) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, by its key, provided that the key has `scope` (None: any key will do)."""

    async def caller(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Caller:
        installed: Environment = request.app.state.environment
        known, text, now = keyring(request.app), credentials.credentials if credentials else "", installed.clock()
        found = known.recall(text, now)
        if found is None:
            found = await anyio.to_thread.run_sync(_authenticate, installed, text)
            known.remember(text, found, now)
        if scope is not None:
            found.need(scope)
        return found

    return caller


def keyring(app: FastAPI) -> Keyring:
    """Who was authenticated a moment ago at this application's door."""
    state = app.state
    if not hasattr(state, "keyring"):
        state.keyring = Keyring()
    found: Keyring = state.keyring
    return found


def writers(app: FastAPI) -> Writers:
    """The coalescing writers of this application."""
    state = app.state
    if not hasattr(state, "writers"):
        state.writers = Writers(state.environment)
    found: Writers = state.writers
    return found


def _authenticate(installed: Environment, text: str) -> Caller:
    with installed.read() as connection:
        return access.authenticate(connection, text)


IdempotencyKey = Annotated[
    str,
    Header(
        alias=once.HEADER,
        pattern=f"^{once.PATTERN}$",
        description="Chosen by the client, one for each act: a repeat answers what the first did",
    ),
]


Wanted = TypeVar("Wanted")

BatchAct = Callable[[UnitOfWork, Sequence["Order[Wanted]"]], Sequence[dict[str, Any] | ThuPhiError]]


@dataclass(frozen=True, slots=True)
class Order(Generic[Wanted]):
    """One write among others of its kind: what is asked, in whose name, under which key."""

    request: Wanted
    actor: str
    asked: Ask


@dataclass(frozen=True, slots=True)
class Created(Generic[Wanted]):
    """A batch verb with its keys: each answers 201, a replay or a refusal. Equal ones share a writer."""

    act: BatchAct[Wanted]

    def __call__(self, uow: UnitOfWork, orders: Sequence[Order[Wanted]]) -> list[Outcome]:
        def act(chosen: Sequence[int]) -> list[Outcome]:
            outcomes = self.act(uow, [orders[n] for n in chosen])
            return [one if isinstance(one, ThuPhiError) else Answer(201, as_json(one)) for one in outcomes]

        return once.once_many(uow, [order.asked for order in orders], act)


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changes something, with its key."""

    environment: Environment
    writers: Writers
    caller: Caller
    method: str
    path: str
    key: str = field(repr=False)

    def once(self, told: BaseModel, status: int, act: Callable[[UnitOfWork], dict[str, Any]]) -> Response:
        """Do `act` and answer with what it gives, both or neither; a repeat gets the first answer again."""
        asked = self._asked(told)
        with self.environment.begin(actor=self.caller.actor, agency=self.caller.agency) as uow:
            return _response(once.once(uow, asked, lambda: Answer(status, as_json(act(uow)))))

    async def created(self, told: BaseModel, request: Wanted, verb: Created[Wanted]) -> Response:
        """The same for one of many: it is done together with those that arrive meanwhile, and answered alone."""
        order = Order(request, self.caller.actor, self._asked(told))
        return _response(await self.writers.of(verb).do(order))

    def _asked(self, told: BaseModel) -> Ask:
        content = told.model_dump(mode="json", exclude_defaults=True)
        return once.ask(self.environment.vault, self.caller.agency, self.key, self.method, self.path, content)


def _response(given: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if given.replayed else None
    return Response(given.body, given.status, headers, "application/json")


def writes(scope: str) -> Callable[..., Awaitable[Write]]:
    """A dependency: the right to write what `scope` names."""
    allowed = needs(scope)

    async def write(request: Request, key: IdempotencyKey, caller: Caller = Depends(allowed)) -> Write:
        installed: Environment = request.app.state.environment
        return Write(installed, writers(request.app), caller, request.method, request.scope["path"], key)

    return write


def as_json(body: Any) -> str:
    """JSON as this API writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def answer(body: Any) -> Response:
    """200 with JSON; the shape is documented by the route and kept by tests, not checked again at each call."""
    return Response(as_json(body), media_type="application/json")
