"""JSON (RFC 8259) read for checking a signature: every number keeps the text it was written with.

What two readers could understand differently is refused, so that what was verified is what is used: a repeated name
(RFC 8259, 4, leaves its meaning open), NaN, bytes that are not UTF-8, half a surrogate pair, a NUL.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

SIZE_LIMIT = 1 << 20  # bytes; a notice has about one thousand

_HALF = re.compile("[\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """The message, or one field of it, cannot be taken; `code` says why without quoting it."""

    kind = "invalid"

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


class Number(str):
    """A number by the text it was written with, so that it can be written again (`canonical`)."""

    __slots__ = ()


def read(body: bytes, *, limit: int = SIZE_LIMIT) -> dict[str, object]:
    """The object in `body`: strings and numbers as text, everything else as Python has it.

    Raises Unreadable and nothing else.
    """
    value = read_any(body, limit=limit)
    if not isinstance(value, dict):
        raise Unreadable("json.not_an_object")
    return value


def read_any(body: bytes, *, limit: int = SIZE_LIMIT) -> object:
    """Like `read`, whatever stands there: a list of rows, for one. `limit` in bytes."""
    if not body.strip():
        raise Unreadable("body.empty")
    if len(body) > limit:
        raise Unreadable("body.too_large")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("body.not_utf8") from None
    try:
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_refuse
        )
    except RecursionError:
        raise Unreadable("json.too_deep") from None
    except json.JSONDecodeError:
        raise Unreadable("json.malformed") from None
    return value


def canonical(value: object) -> str:
    """What was read, written anew: names sorted at every level, no blanks, accents as they are, numbers as they were.

    Raises Unreadable where half a surrogate pair stands: no bytes are its own.
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{canonical(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return _quoted(value)


def _quoted(value: object) -> str:
    if isinstance(value, str) and _HALF.search(value):
        raise Unreadable("field.not_text")
    return json.dumps(value, ensure_ascii=False)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable("json.name_repeated")
        found[name] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise Unreadable("json.malformed")


def text_of(value: object, field: str, *, limit: int) -> str:
    """The text of a string, number or null of at most `limit` characters. Raises Unreadable naming the field."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("field.not_text", field)
    if len(value) > limit:
        raise Unreadable("field.too_long", field)
    if _NOT_TEXT.search(value):
        raise Unreadable("field.not_text", field)
    return value
