"""Which element may stand where: a strict content model, checked before anything in the file is believed.

Every element has a known place, its exact attributes, and either children or text; whatever is not listed is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from receipts.refused import Refused

BLANK = " \t\r\n"  # white space of XML; other blank characters are text


@dataclass(frozen=True, slots=True)
class Shape:
    """An element: its attributes, and its parts in order; without parts it is a leaf that holds `text`.

    "any" is an element that somebody else looks into.
    """

    parts: tuple[Part, ...] = ()
    attributes: frozenset[str] = frozenset()
    text: Literal["needed", "none", "free", "any"] = "needed"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of child."""

    tag: str
    shape: Shape
    needed: bool = True
    many: bool = False


LEAF = Shape()


def branch(*parts: Part, attributes: Iterable[str] = ()) -> Shape:
    """An element that holds others."""
    return Shape(parts, frozenset(attributes))


def one(tag: str, shape: Shape = LEAF) -> Part:
    """Exactly one."""
    return Part(tag, shape)


def maybe(tag: str, shape: Shape = LEAF) -> Part:
    """One or none."""
    return Part(tag, shape, needed=False)


def some(tag: str, shape: Shape) -> Part:
    """One or more."""
    return Part(tag, shape, many=True)


def fit(element: etree._Element, shape: Shape) -> None:
    """Raises Refused with a code `structure.*` at the first thing that is not as the shape says."""
    if shape.text == "any":
        return
    attributes = element.keys()
    if (attributes or shape.attributes) and frozenset(attributes) != shape.attributes:
        raise Refused("structure.attribute", f"{_name(element.tag)} has other attributes than it must")
    if shape.parts:
        _refuse_text(element.text, element)
        _fit_parts(element, shape.parts)
    else:
        _fit_leaf(element, shape)


def _fit_leaf(element: etree._Element, shape: Shape) -> None:
    if len(element):
        raise Refused("structure.unknown_element", f"{_name(element[0].tag)} in {_name(element.tag)}")
    text = element.text
    if shape.text == "needed" and not (text and text.strip()):
        raise Refused("structure.empty_element", f"{_name(element.tag)} is empty")
    if shape.text == "none":
        _refuse_text(text, element)


def _fit_parts(element: etree._Element, parts: tuple[Part, ...]) -> None:
    waiting = iter(parts)
    part, seen = next(waiting), False
    for child in element:
        _refuse_text(child.tail, element)
        tag = child.tag
        while part.tag != tag or (seen and not part.many):
            following = next(waiting, None)
            if following is None or (part.needed and not seen):
                raise _misplaced(element, child, parts)
            part, seen = following, False
        seen = True
        fit(child, part.shape)
    absent = next((left for left in (*(() if seen else (part,)), *waiting) if left.needed), None)
    if absent is not None:
        raise _missing(element, absent)


def _misplaced(element: etree._Element, child: etree._Element, parts: tuple[Part, ...]) -> Refused:
    where = f"{_name(child.tag)} in {_name(element.tag)}"
    part = next((part for part in parts if part.tag == child.tag), None)
    if part is None:
        return Refused("structure.unknown_element", where)
    if not part.many and len(element.findall(part.tag)) > 1:
        return Refused("structure.duplicate_element", where)
    absent = next((part for part in parts if part.needed and element.find(part.tag) is None), None)
    if absent is not None:
        return _missing(element, absent)
    return Refused("structure.element_order", where)


def _missing(element: etree._Element, part: Part) -> Refused:
    return Refused("structure.missing_element", f"{_name(part.tag)} in {_name(element.tag)}")


def _refuse_text(text: str | None, element: etree._Element) -> None:
    if text and text.strip(BLANK):
        raise Refused("structure.stray_text", f"in {_name(element.tag)}")


def _name(tag: object) -> str:
    """A tag without its namespace, cut short: it comes from a stranger."""
    return str(tag).rpartition("}")[2][:40]
