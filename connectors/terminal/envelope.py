"""The nexo Retailer 3.0 envelope in JSON: built byte for byte, read without trusting any of it. Pure.

`{"SaleToPOIRequest": {"MessageHeader": {...}, "<Category>Request": {...}}}`; the answer is `SaleToPOIResponse` with the
same ServiceID, SaleID and POIID. Reading keeps every number as the text it was written with (`connectors.exact_json`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import exact_json
from connectors.exact_json import Unreadable

CLASSES = {"Display": "Device", "Event": "Event"}  # everything else is a Service
TEXT_LIMIT = 1000  # characters of one field


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a conversation."""

    sale_id: str  # the till
    poi_id: str  # the terminal


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that was read: header and body, numbers as text."""

    category: str
    kind: str  # Request | Response | Notification
    service_id: str
    ends: Ends
    body: Mapping[str, Any] = field(repr=False)


def request(category: str, ends: Ends, service_id: str, body: Mapping[str, Any]) -> bytes:
    """A request, compact, members in the order of the protocol."""
    return _written("SaleToPOIRequest", category, "Request", ends, service_id, body)


def response(category: str, ends: Ends, service_id: str, body: Mapping[str, Any]) -> bytes:
    """An answer; a terminal's part."""
    return _written("SaleToPOIResponse", category, "Response", ends, service_id, body)


def header(category: str, kind: str, ends: Ends, service_id: str) -> dict[str, str]:
    """The MessageHeader."""
    return {
        "ProtocolVersion": "3.0",
        "MessageClass": CLASSES.get(category, "Service"),
        "MessageCategory": category,
        "MessageType": kind,
        "SaleID": ends.sale_id,
        "ServiceID": service_id,
        "POIID": ends.poi_id,
    }


def read(raw: bytes) -> Envelope:
    """The message in `raw`. Raises Unreadable and nothing else."""
    outer = exact_json.read(raw)
    for root in ("SaleToPOIResponse", "SaleToPOIRequest"):
        if root in outer:
            return _opened(part(outer, root))
    raise Unreadable("envelope.missing")


def answer_to(raw: bytes, category: str, ends: Ends, service_id: str) -> Mapping[str, Any]:
    """The body of the answer to exactly this request. Raises Unreadable: an answer to another question is none."""
    found = read(raw)
    if (found.category, found.kind, found.service_id, found.ends) != (category, "Response", service_id, ends):
        raise Unreadable("answer.foreign")
    return found.body


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside an object; empty where it is absent. Raises Unreadable where it is something else."""
    found = holder.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Unreadable("field.not_an_object", name)
    return found


def text(holder: Mapping[str, Any], name: str) -> str:
    """A text or number as text, empty where it is absent."""
    return exact_json.text_of(holder.get(name), name, limit=TEXT_LIMIT)


def _written(root: str, category: str, kind: str, ends: Ends, service_id: str, body: Mapping[str, Any]) -> bytes:
    name = f"{category}{kind}"
    message = {root: {"MessageHeader": header(category, kind, ends, service_id), name: dict(body)}}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _opened(inside: Mapping[str, Any]) -> Envelope:
    head = part(inside, "MessageHeader")
    if text(head, "ProtocolVersion").split(".")[0] != "3":
        raise Unreadable("envelope.version", "ProtocolVersion")
    category, kind = text(head, "MessageCategory"), text(head, "MessageType")
    ends = Ends(text(head, "SaleID"), text(head, "POIID"))
    name = "EventNotification" if kind == "Notification" else f"{category}{kind}"
    return Envelope(category, kind, text(head, "ServiceID"), ends, part(inside, name))
