"""The pages' own files under names that hold their content's digest, so that a browser may keep them for a year.

`/static/pay.1f2e3d4c5b.css` changes its name when it changes; nothing else is served from there.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from gateway.web import fonts

PREFIX = "/static/"
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_URL = re.compile(r'url\("([a-z0-9.-]+)"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    body: Callable[[], bytes]
    packed: bool  # whether gzip is worth it

    @property
    def type(self) -> str:
        return TYPES[self.name.rpartition(".")[2]]


def url(name: str) -> str:
    """The address of a file of `static/` (or of a font)."""
    return PREFIX + _catalogue()[name].name


def serve(request: Request) -> Response:
    """The file, for a year; 404 for any name but the current ones."""
    asset = _by_served_name().get(request.path_params["name"])
    if asset is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    if not asset.packed:
        return Response(asset.body(), media_type=asset.type, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.body(), media_type=asset.type, headers=headers)
    return Response(_gzip(asset.name), media_type=asset.type, headers=headers | {"Content-Encoding": "gzip"})


@cache
def _catalogue() -> dict[str, Asset]:
    """By plain name. Style sheets come last: they name the others."""
    found = {name: _font(name) for name in fonts.WEIGHTS}
    texts = {item.name: item.read_bytes() for item in files(__package__).joinpath("static").iterdir()}
    for name in sorted(texts, key=lambda name: name.endswith(".css")):
        body = _linked(texts[name], found) if name.endswith(".css") else texts[name]
        found[name] = Asset(_named(name, hashlib.sha256(body).hexdigest()), partial(bytes, body), packed=True)
    return found


def _font(name: str) -> Asset:
    return Asset(_named(name, fonts.digest(name)), partial(fonts.woff2, name), packed=False)


def _linked(css: bytes, known: dict[str, Asset]) -> bytes:
    return _URL.sub(lambda match: f'url("{PREFIX}{known[match[1]].name}")', css.decode()).encode()


def _named(name: str, digest: str) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{digest[:10]}.{kind}"


@cache
def _by_served_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _catalogue().values()}


@cache
def _gzip(name: str) -> bytes:
    return gzip.compress(_by_served_name()[name].body(), 9, mtime=0)
