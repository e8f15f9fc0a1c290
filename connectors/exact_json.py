"""JSON (RFC 8259) read for checking a signature: every number keeps the text it was written with.

What two readers could understand differently is refused, so that what was verified is what is used: a repeated name
(RFC 8259, 4, leaves its meaning open), NaN, bytes that are not UTF-8, half a surrogate pair, a NUL.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

SIZE_LIMIT = 1 << 20  # bytes; a notice has about one thousand

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """The message, or one field of it, cannot be taken; `code` says why without quoting it."""

    kind = "invalid"

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


def read(body: bytes) -> dict[str, object]:
    """The object in `body`: strings and numbers as text, everything else as Python has it.

    Raises Unreadable and nothing else.
    """
    if not body.strip():
        raise Unreadable("body.empty")
    if len(body) > SIZE_LIMIT:
        raise Unreadable("body.too_large")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("body.not_utf8") from None
    return _object(text)


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_refuse)
    except RecursionError:
        raise Unreadable("json.too_deep") from None
    except json.JSONDecodeError:
        raise Unreadable("json.malformed") from None
    if not isinstance(value, dict):
        raise Unreadable("json.not_an_object")
    return value


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
