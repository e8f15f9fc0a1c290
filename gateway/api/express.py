"""The door for writes that come in thousands: what is in order goes straight to its writer, past the framework's routing.

Pure ASGI, innermost. Whatever is not plainly in order (an unknown or forgotten key, a flaw in the content) is handed on
untouched to the route of the same address, which refuses it in words, so a request means the same on both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access import Caller
from gateway.api.deps import Created, Write, keyring, writers
from gateway.kernel import once

Model = TypeVar("Model", bound=BaseModel)

_KEY = re.compile(once.PATTERN.encode())
_NAMES = (b"content-type", b"authorization", once.HEADER.lower().encode())
_BEARER = b"Bearer "


@dataclass(frozen=True)
class Express(Generic[Model]):
    """A coalesced POST as its route declares it: the content's model, the scope, the verb and what it is told."""

    path: str
    model: type[Model]
    scope: str
    verb: Created[Any]
    wanted: Callable[[Model, Caller], Any]


class ExpressDoor:
    """Serves `lines` where it can."""

    def __init__(self, app: ASGIApp, lines: Mapping[str, Express[Any]]) -> None:
        self._app = app
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = self._lines.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if line is None or scope.get("root_path"):
            await self._app(scope, receive, send)
            return
        message = await receive()  # the whole content: see BodyLimit
        write = _write(scope, line)
        told = _told(line, message) if write is not None else None
        if write is None or told is None:
            await self._app(scope, _once_more(message, receive), send)
            return
        scope["route"] = line  # by its path it is counted
        answer = await write.created(told, line.wanted(told, write.caller), line.verb)
        await answer(scope, receive, send)


def _write(scope: Scope, line: Express[Any]) -> Write | None:
    """Who writes under which key; None unless the caller is known from a moment ago and the headers are plain."""
    app: FastAPI = scope["app"]
    found = [(name, value) for name, value in scope["headers"] if name in _NAMES]
    headers = dict(found)
    content, bearer, key = (headers.get(name, b"") for name in _NAMES)
    plain = len(found) == len(_NAMES) and content == b"application/json" and bearer.startswith(_BEARER)
    if not plain or not _KEY.fullmatch(key):
        return None
    installed = app.state.environment
    caller = keyring(app).recall(bearer[len(_BEARER) :].decode("latin-1"), installed.clock())
    if caller is None or line.scope not in caller.scopes:
        return None
    return Write(installed, writers(app), caller, "POST", line.path, key.decode())


def _told(line: Express[Model], message: Message) -> Model | None:
    if message["type"] != "http.request" or message.get("more_body", False):
        return None
    try:
        return line.model.model_validate_json(message.get("body", b""))
    except ValidationError:
        return None


def _once_more(message: Message, receive: Receive) -> Receive:
    """The content again, and then what follows."""
    waiting = [message]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
