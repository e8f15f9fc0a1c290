"""One message written in other ways: fields reordered, doubled, added, damaged. The signature stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from connectors.contract import Reply, Request

STEP_BYTES = 1 << 20


class Pairs(list[tuple[str, object]]):
    """A JSON object as its names and values in order, names possibly more than once."""


Rewrite = Callable[[Pairs], Pairs]


def is_form(request: Request) -> bool:
    """Whether the fields stand in a query string or a form rather than in JSON."""
    return not request.body.lstrip().startswith(b"{")


def rewritten(request: Request, rewrite: Rewrite) -> Request:
    """The request with every object of its JSON, or its one form, rewritten."""
    if not request.body:
        return replace(request, query=_form(request.query, rewrite))
    if is_form(request):
        return replace(request, body=_form(request.body.decode(), rewrite).encode())
    return replace(request, body=_json(request.body.decode(), rewrite).encode())


def turned(pairs: Pairs) -> Pairs:
    """Last field first."""
    return Pairs(reversed(pairs))


def case_swapped(pairs: Pairs) -> Pairs:
    """Names in the other case."""
    return Pairs((name.swapcase(), value) for name, value in pairs)


def doubled(name: str, value: str, *, ahead: bool, swap: bool = False) -> Rewrite:
    """The field a second time with another value, before the first or after it, on request in the other case."""

    def rewrite(pairs: Pairs) -> Pairs:
        return Pairs(found for pair in pairs for found in (twice(pair) if pair[0] == name else [pair]))

    def twice(pair: tuple[str, object]) -> list[tuple[str, object]]:
        second = (name.swapcase() if swap else name, value)
        return [second, pair] if ahead else [pair, second]

    return rewrite


def widened(request: Request) -> Request:
    """A field nobody knows, on the outside."""
    if not request.body:
        return replace(request, query=f"{request.query}&kit_extra=1")
    if is_form(request):
        return replace(request, body=request.body + b"&kit_extra=1")
    return replace(request, body=request.body.lstrip()[:1] + b'"kit_extra":"1",' + request.body.lstrip()[1:])


def damaged(request: Request) -> Iterator[Request]:
    """One byte of the message changed, at each place in turn."""
    if request.body:
        yield from (replace(request, body=body) for body in damaged_bytes(request.body))
    else:
        yield from (replace(request, query=body.decode("latin-1")) for body in damaged_bytes(request.query.encode()))


def damaged_bytes(body: bytes) -> Iterator[bytes]:
    """A digit becomes another digit, a letter another letter, and so on."""
    for place, byte in enumerate(body):
        yield body[:place] + bytes([byte ^ 1]) + body[place + 1 :]


def hostile(request: Request) -> dict[str, Request]:
    """Bytes that are no message at all, sent with the headers of a genuine one."""
    bodies = {
        "empty": b"",
        "blank": b" \r\n",
        "not-utf8": b"\xff\xfe\x00{",
        "null": b"null",
        "list": b"[]",
        "number": b"1e999",
        "half": b'{"a":',
        "deep-list": b"[" * 200_000,
        "deep-object": b'{"a":' * 100_000,
        "nul": b'{"a":"\\u0000"}',
        "surrogate": b'{"a":"\\ud800"}',
        "megabyte": b'{"a":"' + b"a" * STEP_BYTES + b'"}',
    }
    sent = {name: replace(request, body=body, query="") for name, body in bodies.items()}
    sent["megabyte-behind"] = replace(request, body=request.body + b" " * STEP_BYTES) if request.body else request
    if not request.body:
        sent["megabyte-behind"] = replace(request, query=request.query + "&a=" + "a" * STEP_BYTES)
    for name, query in (
        ("query-not-utf8", "%FF%FE=%FF"),
        ("query-signs", "&&==&=%&%zz=%u0000"),
        ("query-null", "a=%00"),
    ):
        sent[name] = replace(request, body=b"", query=query)
    return sent


def cut(reply: Reply) -> Iterator[Reply]:
    """The reply broken off after each byte but the last."""
    return (replace(reply, body=reply.body[:end]) for end in range(len(reply.body)))


def _json(text: str, rewrite: Rewrite) -> str:
    """Every object rewritten, those too that stand as text inside another (ZaloPay)."""

    def hook(pairs: list[tuple[str, object]]) -> Pairs:
        return rewrite(Pairs((name, _inner(value, rewrite)) for name, value in pairs))

    return _written(json.loads(text, object_pairs_hook=hook))


def _inner(value: object, rewrite: Rewrite) -> object:
    return _json(value, rewrite) if isinstance(value, str) and value.startswith('{"') else value


def _form(text: str, rewrite: Rewrite) -> str:
    pairs = Pairs((name, value) for name, _, value in (pair.partition("=") for pair in text.split("&")))
    return "&".join(f"{name}={value}" for name, value in rewrite(pairs))


def _written(value: object) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_written(name)}:{_written(inner)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)
