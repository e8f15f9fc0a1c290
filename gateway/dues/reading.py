"""A catalogue file into a `Catalogue`: every flaw is listed with its path, nothing is guessed.

The shape is that of the data file beside this module. What stands at a fee (reductions, budget codes) is about its
leading kind, that of its first line: a line of another kind, such as a phí beside a lệ phí, states its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from gateway.dues import incentives
from gateway.dues.incentives import channel, percent, refuse_twins
from gateway.dues.model import DueKind
from gateway.dues.sheet import Flaw, Sheet, document
from gateway.dues.tariff import (
    Basis,
    Catalogue,
    Entitlement,
    Fee,
    Fixed,
    Free,
    Line,
    Past,
    Percent,
    PerPage,
    computed,
    folded,
    named,
)
from gateway.kernel.errors import Invalid
from gateway.kernel.money import MAX_AMOUNT

MAX_BYTES = 4_000_000
MAX_FLAWS = 200  # beyond these the file is another kind of file

_BASES = ("province", "per_unit", "fixed", "percent", "formula", "free")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class CatalogueFlawed(Invalid):
    """The file cannot be used; `facts["flaws"]` lists what to mend as path, vi, en."""

    code = "catalogue.flawed"

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__(
            f"Tệp danh mục có {len(flaws)} lỗi, lỗi đầu tiên: {flaws[0].path}: {flaws[0].vi}.",
            f"The catalogue file has {len(flaws)} flaws, the first: {flaws[0]}.",
            field=flaws[0].path,
            flaws=[{"path": flaw.path, "vi": flaw.vi, "en": flaw.en} for flaw in flaws[:MAX_FLAWS]],
        )


def read(data: bytes, known: Callable[[], tuple[Entitlement, ...]]) -> Catalogue:
    """The catalogue in `data`; `known` gives the entitlements for a file that defines none. Raises CatalogueFlawed."""
    if len(data) > MAX_BYTES:
        raise CatalogueFlawed([Flaw("", f"lớn hơn {MAX_BYTES} byte", f"is larger than {MAX_BYTES} bytes")])
    try:
        root = document(data)
    except ValueError as problem:
        raise CatalogueFlawed([Flaw("", "không phải tệp JSON hợp lệ", f"is not JSON: {problem}")]) from None
    reader = _Reader(Sheet(root, "", []), known)
    catalogue = reader.catalogue(hashlib.sha256(data).hexdigest())
    if reader.flaws:
        raise CatalogueFlawed(reader.flaws)
    return catalogue


class _Reader:
    """Reads one document; holds what later parts refer back to."""

    def __init__(self, root: Sheet, known: Callable[[], tuple[Entitlement, ...]]) -> None:
        self.root = root
        self.flaws = root.flaws
        self.entitlements = incentives.entitlements(root) if root.has("entitlements") else known()
        root.skip("entitlements")
        self.names = named(self.entitlements)
        self.discounts = incentives.discounts(root, self.names)

    def catalogue(self, content_hash: str) -> Catalogue:
        sheets = self.root.sheets("fees")
        if not sheets:
            self.root.flaw("fees", "thiếu", "is missing")
        self._check_count(len(sheets))
        fees = [self._fee(sheet) for sheet in sheets]
        refuse_twins([(sheet, fee.id) for sheet, fee in zip(sheets, fees, strict=True)])
        self.root.close()
        return Catalogue(tuple(fees), self.discounts, self.entitlements, content_hash)

    def _check_count(self, found: int) -> None:
        """The count in the head tells a file that was cut."""
        meta = self.root.sheet("meta")
        count = meta.whole("count")
        if count is not None and count != found:
            meta.flaw("count", f"là {count} nhưng có {found} mục", f"is {count}, yet there are {found} fees")
        currency = meta.text("currency")
        if currency not in ("", "VND"):
            meta.flaw("currency", "phải là VND", "must be VND")

    def _fee(self, sheet: Sheet) -> Fee:
        fee_id = sheet.text("id", required=True)
        if fee_id and not _ID.fullmatch(fee_id):
            sheet.flaw("id", "chỉ gồm a-z, 0-9 và gạch nối", "has only a-z, 0-9 and single hyphens")
        shared = {
            "discounts": self._references(sheet, "temporary_rules"),
            "exempt": self._exempt(sheet),
            "budget": self._budget(sheet) if sheet.has("budget") else ("", ""),
        }
        items = sheet.sheets("items")
        if not items:
            sheet.flaw("items", "thiếu", "is missing")
        past = self._past(sheet, len(items))
        kinds = [self._kind(item) for item in items]
        lines = [self._line(item, fee_id, n, kinds, shared, past.get(n, ())) for n, item in enumerate(items)]
        valid_from, valid_to = sheet.day("valid_from"), sheet.day("valid_to")
        if valid_from is not None and valid_to is not None and valid_to < valid_from:
            sheet.flaw("valid_to", "trước valid_from", "is before valid_from")
        fee = Fee(
            id=fee_id,
            procedure_code=sheet.text("procedure_code"),
            procedure_name=sheet.text("procedure_name", required=True),
            legal_basis=sheet.text("legal_basis", required=True),
            certainty=sheet.choice("amount_confidence", ("unsure", "likely", "certain"), default="unsure"),
            lines=tuple(lines),
            legacy_codes=tuple(sheet.texts("legacy_codes")),
            valid_from=valid_from,
            valid_to=valid_to,
        )
        sheet.skip("procedure_code_confidence", "field", "collecting_agency", "level", "example_province")
        sheet.skip("note", "note_en", "refund_rule", "budget")
        sheet.close()
        return fee

    def _kind(self, sheet: Sheet) -> DueKind:
        return DueKind(sheet.choice("kind", [kind.value.lower() for kind in DueKind]).upper())

    def _line(
        self,
        sheet: Sheet,
        fee_id: str,
        position: int,
        kinds: list[DueKind],
        shared: dict[str, Any],
        past: tuple[Past, ...],
    ) -> Line:
        kind, leading = kinds[position], kinds[position] == kinds[0]
        own_rules = sheet.has("temporary_rules")
        own_budget = sheet.has("budget")
        discounts = self._references(sheet, "temporary_rules") if own_rules else shared["discounts"] * leading
        chapter, sub_item = self._budget(sheet) if own_budget else shared["budget"] if leading else ("", "")
        line = Line(
            fee_code=f"{fee_id}-{position + 1}",
            kind=kind,
            name=sheet.text("name", required=True),
            unit=sheet.text("unit", required=True),
            basis=self._basis(sheet),
            discounts=discounts,
            exempt=() if kind is DueKind.OTHER else shared["exempt"],
            reserved_for=self._codes(sheet, "reserved_for"),
            alternative_of=self._alternative(sheet, fee_id, position, len(kinds)),
            past=past,
            chapter=chapter,
            sub_item=sub_item,
        )
        sheet.flag("optional")
        sheet.skip("budget")
        sheet.close()
        return line

    def _alternative(self, sheet: Sheet, fee_id: str, position: int, count: int) -> str:
        replaced = sheet.whole("alternative_of", most=max(count - 1, 0))
        if replaced == position:
            sheet.flaw("alternative_of", "không thể thay cho chính mình", "cannot replace itself")
        return "" if replaced is None else f"{fee_id}-{replaced + 1}"

    def _basis(self, sheet: Sheet) -> Basis:
        shape = sheet.choice("amount_basis", _BASES, default="fixed")
        if shape not in ("percent", "formula", "free"):
            amount = sheet.whole("amount_vnd", required=True) or 0
            return Fixed(amount, sheet.whole("online_amount_vnd"))
        if sheet.whole("amount_vnd") is not None:
            sheet.flaw("amount_vnd", "phải để null khi tính theo công thức", "must be null where it is computed")
        if shape == "free":
            return Free()
        return self._percentage(sheet) if shape == "percent" else self._per_page(sheet)

    def _percentage(self, sheet: Sheet) -> Percent:
        rate = percent(sheet, "percent") / 100
        least, most = sheet.whole("min_vnd") or 0, sheet.whole("cap_vnd")
        if most is not None and most < least:
            sheet.flaw("cap_vnd", "nhỏ hơn min_vnd", "is below min_vnd")
        return Percent(rate, least, MAX_AMOUNT if most is None else most)

    def _per_page(self, sheet: Sheet) -> PerPage:
        inner = sheet.sheet("formula")
        first, further = (inner.whole(key, required=True) or 0 for key in ("per_page_first_two", "per_page_from_third"))
        most = inner.whole("cap_per_copy")
        inner.close()
        basis = PerPage(first, further, MAX_AMOUNT if most is None else most)
        for example in sheet.sheets("examples"):
            pages, amount = example.whole("pages", required=True, least=1), example.whole("amount_vnd", required=True)
            if pages and amount is not None and (found := computed(basis, pages)) != amount:
                example.flaw("amount_vnd", f"công thức cho {found}", f"the formula gives {found}")
            example.close()
        return basis

    def _budget(self, sheet: Sheet) -> tuple[str, str]:
        inner = sheet.sheet("budget")
        chapter, sub_item = inner.text("chuong"), inner.text("tieu_muc")
        inner.skip("muc", "confidence")
        inner.close()
        return chapter, sub_item

    def _past(self, sheet: Sheet, count: int) -> dict[int, tuple[Past, ...]]:
        """Former amounts by the line they belong to (the first unless `item` says otherwise), oldest first."""
        found: dict[int, list[Past]] = {}
        for entry in sheet.sheets("history"):
            until, amount = entry.day("until"), entry.whole("amount_vnd", required=True)
            basis, only, since = entry.text("basis", required=True), channel(entry), entry.day("since")
            item = entry.whole("item", most=max(count - 1, 0)) or 0
            if until is None:
                entry.flaw("until", "thiếu hoặc sai", "is missing or wrong")
            else:
                found.setdefault(item, []).append(Past(until, amount or 0, basis, only, since))
            entry.close()
        return {item: tuple(sorted(each, key=lambda past: past.until)) for item, each in found.items()}

    def _references(self, sheet: Sheet, key: str) -> tuple[str, ...]:
        found = sheet.texts(key)
        for position, name in enumerate(found):
            if name not in self.discounts:
                sheet.flaw(f"{key}[{position}]", f"không có mức giảm {name}", f"there is no reduction {name}")
        return tuple(found)

    def _codes(self, sheet: Sheet, key: str) -> tuple[str, ...]:
        found = []
        for position, name in enumerate(sheet.texts(key)):
            if (entitlement := self.names.get(folded(name))) is not None:
                found.append(entitlement.code)
            else:
                sheet.flaw(f"{key}[{position}]", f"không có đối tượng {name}", f"there is no entitlement {name}")
        return tuple(found)

    def _exempt(self, sheet: Sheet) -> tuple[str, ...]:
        """The list, and those whom the free text `zero_when` names in words that are known."""
        parts = (folded(part) for part in re.split(r"[;,]", sheet.text("zero_when")))
        told = [self.names[part].code for part in parts if part in self.names]
        return tuple(dict.fromkeys([*self._codes(sheet, "exempt"), *told]))
