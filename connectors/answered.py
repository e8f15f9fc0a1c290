"""What a provider's HTTP answer may be believed to say before its signature is looked at: one JSON object, or nothing.

A 5xx whose body speaks of success, a 200 with a page of HTML, half a body: none of them is an answer, and none is a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors import exact_json
from connectors.contract import Failure, Reply
from connectors.exact_json import Unreadable

FIELD_LIMIT = 2000  # characters


def answered(reply: Reply | Failure) -> dict[str, object]:
    """The object of a 2xx answer. Raises Unreadable: `call.timeout`, `http.502`, `json.malformed` ..."""
    if isinstance(reply, Failure):
        raise Unreadable(f"call.{reply.value}")
    if not 200 <= reply.status < 300:
        raise Unreadable(f"http.{reply.status}")
    return exact_json.read(reply.body)


def texts(message: Mapping[str, object], names: Iterable[str]) -> dict[str, str]:
    """Each of the fields as its text, empty where it is absent. Raises Unreadable naming the field."""
    return {name: exact_json.text_of(message.get(name), name, limit=FIELD_LIMIT) for name in names}
