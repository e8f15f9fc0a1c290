"""The outer catch: whatever a route raises leaves as a problem, and what nobody expected is logged without its data.

Pure ASGI. An exception's text may quote parameters of a query and with them a person, so only its class and the lines
it passed are written down.
"""

from __future__ import annotations

import traceback

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import problems

FRAMES = 4  # of the traceback, innermost last

log = structlog.get_logger(__name__)


class Refusals:
    """Answers for exceptions, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            problem = problems.of(error)
            if problem.status >= 500:
                _record(error, problem.code)
            if begun:
                return  # too late for an answer; the server closes the unfinished one
            await problems.answer(problem, scope)(scope, receive, send)


def _record(error: Exception, code: str) -> None:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    log.error("request.failed", code=code, error=type(error).__name__, where=where)
