"""Every way in which an element is not of its shape, where `shapes.fit` stops at the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from receipts.shapes import BLANK, Shape

Problem = Literal["unknown", "doubled", "missing", "misplaced", "attribute", "text", "empty"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem and the path of tags to where it is."""

    problem: Problem
    place: str


def faults(element: etree._Element, shape: Shape, place: str = "") -> Iterator[Fault]:
    """In the order of the file. Of elements that stand twice only the first is looked into."""
    if frozenset(element.keys()) != shape.attributes:
        yield Fault("attribute", place or _name(element))
    if not shape.parts:
        yield from _of_leaf(element, shape, place)
        return
    if any(text and text.strip(BLANK) for text in (element.text, *(child.tail for child in element))):
        yield Fault("text", place or _name(element))
    parts = {part.tag: part for part in shape.parts}
    order = list(parts)
    seen: list[str] = []
    for child in element:
        tag = str(child.tag)
        where = f"{place}/{_name(child)}".lstrip("/")
        if tag not in parts:
            yield Fault("unknown", where)
            continue
        if tag in seen and not parts[tag].many:
            yield Fault("doubled", where)
            continue
        if any(order.index(earlier) > order.index(tag) for earlier in seen):
            yield Fault("misplaced", where)
        seen.append(tag)
        yield from faults(child, parts[tag].shape, where)
    yield from (
        Fault("missing", f"{place}/{tag}".lstrip("/")) for tag, part in parts.items() if part.needed and tag not in seen
    )


def _of_leaf(element: etree._Element, shape: Shape, place: str) -> Iterator[Fault]:
    for child in element:
        yield Fault("unknown", f"{place}/{_name(child)}")
    if shape.text == "needed" and not (element.text or "").strip() and not len(element):
        yield Fault("empty", place)


def _name(element: etree._Element) -> str:
    """A tag without its namespace, cut short: it comes from a stranger."""
    return str(element.tag).rpartition("}")[2][:40]
