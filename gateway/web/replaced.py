"""The signed list of replaced receipts at `/verify/replaced`: for those who check tokens without us. Public, and made by the worker."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.delivery import replaced_list
from gateway.kernel.uow import Environment

PATH = "/verify/replaced"
HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Disposition": 'attachment; filename="replaced.txt"',
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(include_in_schema=False)


def replaced(request: Request) -> Response:
    """The newest list; 404 until the worker has made the first."""
    environment: Environment = request.app.state.environment
    with environment.read() as connection:
        body = replaced_list.latest(connection)
    if body is None:
        return Response("", 404, {"Cache-Control": "no-store", "Retry-After": "60"}, "text/plain")
    return Response(body, 200, HEADERS, "text/plain; charset=us-ascii")


router.add_route(PATH, replaced, methods=["GET"])
