"""How a page leaves the house: Jinja2 with autoescape and no forgiveness, and the headers that keep its reader safe.

Content Security Policy level 3 without any inline script or style; `no-referrer`, because the address of a payment is
the right to see it; nothing is kept by caches or found by search engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import gateway.web.words  # noqa: F401 - tells its texts
from gateway.kernel.errors import Kind
from gateway.web import assets, language
from gateway.web.go_words import code_words, way_on
from gateway.web.language import LANGUAGES, Language, Texts

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
NO_TEXTS: Texts = {}
PARTS = ("state", "form", "facts", "desk")  # templates/parts/*.html: their macros are every template's `ui`
STATUS: Mapping[Kind, int] = {"invalid": 422, "forbidden": 403, "missing": 404, "conflict": 409, "unavailable": 503}


def language_of(request: Request) -> Language:
    """The language the address begins with; Vietnamese for addresses without one."""
    first = request.url.path.split("/", 2)[1]
    return next((known for known in LANGUAGES if known == first), "vi")


def is_large(request: Request) -> bool:
    """Whether the reader asked for large print: it is in the address, so it needs no cookie and can be sent on."""
    return request.query_params.get("print") == "large"


def kept(request: Request, path: str) -> str:
    """An address of ours that keeps the reader's large print."""
    if not is_large(request):
        return path
    bare, sharp, place = path.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}print=large{sharp}{place}"


def redirect(request: Request, path: str, status: int = 303) -> Response:
    """On to another page of ours."""
    return RedirectResponse(kept(request, path), status, dict(HEADERS))


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    texts: Mapping[str, tuple[str, str]] | None = None,
    **facts: Any,
) -> Response:
    """A whole page in the language of its address; `theme` is the agency's, `texts` words of a module of its own."""
    if texts is not None:
        language.learn(texts)
    chosen = language_of(request)
    known: dict[str, Any] = {
        "t": partial(language.text, chosen),
        "lang": chosen,
        "other": language.other(chosen),
        "switch": _switched(request, chosen),
        "to": partial(kept, request),
        "large": is_large(request),
        "resized": _resized(request),
        "theme": None,
        "request_id": "",
    }
    body = _templates().get_template(template).render(known | facts)
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
    told = str(facts.get("request_id", ""))
    return page(request, "problem.html", status=status, headers=headers, title=title, note=said, request_id=told)


def _switched(request: Request, chosen: Language) -> str:
    """The same page in the other language; an address only for posting leads to its home."""
    path, query = request.url.path, request.url.query
    tail = path.removeprefix(f"/{chosen}") if path.startswith(f"/{chosen}/") and request.method != "POST" else "/"
    return f"/{language.other(chosen)}{tail}" + (f"?{query}" if query else "")


def _resized(request: Request) -> str:
    """The same page in the other size of print."""
    asked = [(name, value) for name, value in parse_qsl(request.url.query) if name != "print"]
    query = urlencode(asked if is_large(request) else [*asked, ("print", "large")])
    return request.url.path + (f"?{query}" if query else "")


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
    made.globals |= {"way_on": way_on, "code_words": code_words}
    made.filters |= {"amount": language.amount, "moment": language.moment, "day": language.day, "hour": language.hour}
    made.globals["ui"] = ui = SimpleNamespace()
    for name in PARTS:
        module = made.get_template(f"parts/{name}.html").module
        vars(ui).update({key: macro for key, macro in vars(module).items() if not key.startswith("_")})
    return made
