"""The part of a catalogue file that says who pays less: entitlements, and temporary reductions with their lines.

A reduction without a figure, or outside of what the gateway collects, only describes and is left out. One that rests on
an entitlement names it, or bears its code as id; everything else holds for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from gateway.dues.model import Channel
from gateway.dues.sheet import Sheet
from gateway.dues.tariff import Discount, Entitlement, folded
from gateway.kernel.money import MAX_AMOUNT

_CHANNELS: dict[str, Channel] = {"counter": "counter", "online": "online"}
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?")

Keyed = tuple[Sheet, str]  # where an id stands, and the id


def entitlements(root: Sheet) -> tuple[Entitlement, ...]:
    """The entitlements that a document defines."""
    keyed: list[Keyed] = []
    found = []
    for sheet in root.sheets("entitlements"):
        code, vi, en, ground = (sheet.text(key, required=True) for key in ("code", "vi", "en", "ground"))
        found.append(Entitlement(code, vi, en, ground, tuple(sheet.texts("also"))))
        keyed.append((sheet, code))
        sheet.skip("confidence")
        sheet.close()
    refuse_twins(keyed)
    return tuple(found)


def discounts(root: Sheet, names: Mapping[str, Entitlement]) -> dict[str, Discount]:
    """The temporary reductions by id, a rule with lines as its lines."""
    keyed: list[Keyed] = []
    found: dict[str, Discount] = {}
    for sheet in root.sheets("temporary_rules"):
        shared = _shared(sheet, names)
        lines = sheet.sheets("lines")
        for line in lines or [sheet]:
            if (discount := _discount(line, **shared)) is not None:
                keyed.append((line, discount.id))
                found[discount.id] = discount
        for line in lines:
            line.close()
        sheet.skip("condition", "stacking", "confidence")
        sheet.close()
    refuse_twins(keyed)
    return found


def _shared(sheet: Sheet, names: Mapping[str, Entitlement]) -> dict[str, Any]:
    """What holds for every line of a rule."""
    name, own = sheet.text("entitlement"), sheet.text("id", required=sheet.has("lines"))
    entitlement = names.get(folded(name or own))
    if name and entitlement is None:
        sheet.flaw("entitlement", "không có trong danh sách đối tượng", "is not among the entitlements")
    return {
        "basis": sheet.text("basis", required=True),
        "valid_from": sheet.day("valid_from"),
        "valid_to": sheet.day("valid_to"),
        "channel": channel(sheet),
        "entitlement": entitlement.code if entitlement else "",
    }


def _discount(sheet: Sheet, *, basis: str, **shared: Any) -> Discount | None:
    discount_id, scope, what = sheet.text("id", required=True), sheet.text("scope"), sheet.text("fee")
    if scope or not sheet.has("discount_pct"):
        sheet.skip("discount_pct")
        return None
    off, least, most = percent(sheet, "discount_pct"), sheet.whole("min_vnd"), sheet.whole("max_vnd")
    ground = f"{basis} ({what})" if what else basis
    most = MAX_AMOUNT if most is None else most
    return Discount(discount_id, ground, off, least=least or 0, most=most, **shared)


def percent(sheet: Sheet, key: str) -> Fraction:
    """A whole number or the text of a decimal one, above 0 and up to 100."""
    text = str(sheet.figure(key))
    if _PERCENT.fullmatch(text) and 0 < (found := Fraction(text)) <= 100:
        return found
    sheet.flaw(key, "phải là tỷ lệ phần trăm trên 0, không quá 100", "must be a percentage above 0, at most 100")
    return Fraction(100)


def channel(sheet: Sheet) -> Channel | None:
    """The channel something is restricted to."""
    return _CHANNELS[sheet.choice("channel", _CHANNELS)] if sheet.has("channel") else None


def refuse_twins(keyed: Iterable[Keyed]) -> None:
    """An id that stands twice is a flaw at the second place."""
    seen: set[str] = set()
    for sheet, value in keyed:
        if value and value in seen:
            sheet.flaw("id", f"{value} đã có", f"{value} stands here twice")
        seen.add(value)
