"""How a page leaves the house: Jinja2 with autoescape and no forgiveness, and the headers that keep its reader safe.

Content Security Policy level 3 without any inline script or style; `no-referrer`, because the address of a payment is
the right to see it; nothing is kept by caches or found by search engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.errors import Kind
from gateway.web import assets, language
from gateway.web.language import LANGUAGES, Language

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}
STATUS: Mapping[Kind, int] = {"invalid": 422, "forbidden": 403, "missing": 404, "conflict": 409, "unavailable": 503}


def language_of(request: Request) -> Language:
    """The language the address begins with; Vietnamese for addresses without one."""
    first = request.url.path.split("/", 2)[1]
    return next((known for known in LANGUAGES if known == first), "vi")


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **facts: Any
) -> Response:
    """A whole page in the language of its address."""
    chosen = language_of(request)
    words = partial(language.text, chosen)
    body = (
        _templates()
        .get_template(template)
        .render(t=words, lang=chosen, other=language.other(chosen), switch=_switched(request, chosen), **facts)
    )
    return Response(body, status, {**HEADERS, **(headers or {})}, "text/html; charset=utf-8")


def problem(
    request: Request,
    key: str,
    status: int,
    *,
    note: str | None = None,
    headers: Mapping[str, str] | None = None,
    **facts: object,
) -> Response:
    """A friendly refusal: what happened and what to do. `note` takes the place of the text `<key>.note`."""
    chosen = language_of(request)
    said = note if note is not None else language.text(chosen, f"{key}.note", **facts)
    title = language.text(chosen, key)
    return page(request, "problem.html", status=status, headers=headers, title=title, note=said)


def _switched(request: Request, chosen: Language) -> str:
    """The same page in the other language."""
    path, query = request.url.path, request.url.query
    tail = path.removeprefix(f"/{chosen}") if path.startswith(f"/{chosen}/") else "/"
    return f"/{language.other(chosen)}{tail}" + (f"?{query}" if query else "")


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("gateway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = assets.url
    made.filters |= {"amount": language.amount, "moment": language.moment, "day": language.day}
    return made
