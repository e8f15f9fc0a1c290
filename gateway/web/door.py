"""What every public page asks at the door: with what this process works, and whether this place may ask once more."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.uow import Environment
from gateway.web import pages
from gateway.web.limit import PER_MINUTE, Limiter


def allowed(request: Request) -> bool:
    """Whether this client may look up once more."""
    limiter: Limiter = request.app.state.lookup_limiter
    address = request.client.host if request.client else ""
    return limiter.allows(address, environment_of(request).clock())


def too_many(request: Request) -> Response:
    """A friendly 429."""
    return pages.problem(request, "problem.too_many", 429, headers={"Retry-After": "60"}, count=PER_MINUTE)


def environment_of(request: Request) -> Environment:
    """What this process works with."""
    environment: Environment = request.app.state.environment
    return environment
