"""Pages that stand still: accessibility (dated, what was tested), what becomes of data, and security.txt (RFC 9116)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.clock import rfc3339
from gateway.web import pages, theme
from gateway.web.door import environment_of
from gateway.web.language import LANGUAGES

SECURITY_TERM = timedelta(days=180)  # RFC 9116, 2.5.5: below a year


Said = tuple[tuple[str, str], ...]  # Vietnamese, English


@dataclass(frozen=True, slots=True)
class Statement:
    """What `accessibility.json` says; it changes with the tests it speaks of (tests/browser)."""

    standard: str
    tested_on: date
    review_by: date
    tested: Said
    open: Said  # what does not hold, or was not tested
    tell: Said  # whom


@cache
def statement() -> Statement:
    """The statement in force."""
    told = json.loads(files(__package__).joinpath("accessibility.json").read_bytes())
    return Statement(
        standard=told["standard"],
        tested_on=date.fromisoformat(told["tested_on"]),
        review_by=date.fromisoformat(told["review_by"]),
        tested=_said(told["tested"]),
        open=_said(told["open"]),
        tell=_said(told["tell"]),
    )


def _said(items: list[list[str]]) -> Said:
    return tuple((vi, en) for vi, en in items)


def accessibility(request: Request) -> Response:
    """What was tested, when, and what to do when something cannot be used."""
    return pages.page(request, "accessibility.html", statement=statement())


def privacy(request: Request) -> Response:
    """What is kept, how long, and who sees it."""
    return pages.page(request, "privacy.html")


def security(request: Request) -> Response:
    """How to tell of a weakness."""
    return pages.page(request, "security.html")


def security_txt(request: Request) -> Response:
    """For those who look for weaknesses; where to is a page, so that it needs no setting."""
    environment = environment_of(request)
    base = environment.settings.base_url
    until = (environment.clock() + SECURITY_TERM).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {base}/en/security",
        f"Expires: {rfc3339(until)}",
        "Preferred-Languages: vi, en",
        f"Canonical: {base}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", media_type="text/plain; charset=utf-8")


def themed(request: Request) -> Response:
    """An agency's colours or logo, under an address that changes with them."""
    parts = request.path_params
    kind = request.url.path.rpartition(".")[2]
    with environment_of(request).read() as connection:
        body = theme.file(connection, parts["agency"], parts["version"], kind)
    if body is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type={"css": "text/css; charset=utf-8", "png": "image/png"}[kind], headers=headers)


def add_routes(router: APIRouter) -> None:
    """In both languages, and the two addresses that have none."""
    for language in LANGUAGES:
        router.add_route(f"/{language}/accessibility", accessibility, methods=["GET"])
        router.add_route(f"/{language}/privacy", privacy, methods=["GET"])
        router.add_route(f"/{language}/security", security, methods=["GET"])
    router.add_route("/.well-known/security.txt", security_txt, methods=["GET"])
    for kind in ("css", "png"):
        router.add_route(f"/theme/{{agency}}/{{version}}.{kind}", themed, methods=["GET"])
