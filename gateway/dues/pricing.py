"""What one item costs: tariff of the day, amount of the channel, then the single most favourable incentive.

When several incentives apply only the best one is used (Thông tư 117/2026/TT-BTC, Điều 2 khoản 2). An online amount is
a tariff of its own, not an incentive, so a temporary reduction is taken of it. Pure and in whole đồng: percentages are
exact fractions, each unit is rounded down, nothing falls below zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from gateway.dues import problems as wrong
from gateway.dues.model import Channel, DueRequest, EntitlementClaim, Priced, Reduction
from gateway.dues.tariff import Catalogue, Entitlement, Fee, Free, Line, Percent, PerPage, computed, needs
from gateway.kernel.money import MAX_AMOUNT

MAX_QUANTITY = 100_000
MAX_PAGES = 100_000
MAX_EVIDENCE = 2_000

ONLINE = "ONLINE"


@dataclass(frozen=True, slots=True)
class Incentive:
    """One way to pay less; `price` is what a unit then costs."""

    rule: str
    ground: str
    price: int
    entitlement: str = ""


def price(catalogue: Catalogue, request: DueRequest, *, day: date, channel: Channel) -> Priced:
    """The price of `request` on `day`; the first flaw is raised, its field named relative to the item.

    Raises FeeUnknown, NotYetValid, Expired, QuantityWrong, ValueMissing, ValueUnneeded, ValueWrong, AmountMissing,
    AmountUnneeded, AmountWrong, EntitlementUnknown, EvidenceMissing, EntitlementRequired.
    """
    fee, line = _line(catalogue, request.fee_code, day)
    _check_quantity(line, request.quantity)
    _check_figures(line, request)
    entitlement = _entitlement(catalogue, request.entitlement)
    _check_reserved(line, entitlement)
    counter, _ = _unit_price(fee, line, request, day, "counter")
    tariff, basis = _unit_price(fee, line, request, day, channel)
    best = min(
        _incentives(catalogue, fee, line, request, entitlement, tariff, day, channel),
        key=lambda incentive: (incentive.price, incentive.entitlement != ""),
        default=None,
    )
    return _priced(line, request, max(counter, tariff), tariff, basis, best if best and best.price < tariff else None)


def check_alternatives(catalogue: Catalogue, items: Iterable[tuple[str, str]]) -> list[wrong.AlternativesCombined]:
    """Lines that replace one another must not meet in one dossier; `items` are (path of the item, fee code)."""
    found: list[wrong.AlternativesCombined] = []
    chosen: defaultdict[str, set[str]] = defaultdict(set)
    for path, fee_code in items:
        if (entry := catalogue.find(fee_code)) is None:
            continue
        replaced = entry[1].alternative_of or fee_code
        if others := chosen[replaced] - {fee_code}:
            found.append(_combined(path, fee_code, sorted(others)))
        chosen[replaced].add(fee_code)
    return found


def _combined(path: str, fee_code: str, others: list[str]) -> wrong.AlternativesCombined:
    return wrong.AlternativesCombined(
        f"{fee_code} thay thế cho {', '.join(others)}; mỗi hồ sơ chỉ chọn một.",
        f"{fee_code} and {', '.join(others)} replace one another; a dossier has one of them.",
        field=f"{path}.fee_code",
        alternatives=[*others, fee_code],
    )


def _line(catalogue: Catalogue, fee_code: str, day: date) -> tuple[Fee, Line]:
    found = catalogue.find(fee_code)
    if found is None:
        raise wrong.FeeUnknown(
            "Danh mục không có mã khoản thu này.", "The catalogue has no such fee code.", field="fee_code"
        )
    fee, _ = found
    if fee.valid_from is not None and fee.ahead(day):
        raise wrong.NotYetValid(
            f"Mức thu {fee_code} có hiệu lực từ {fee.valid_from:%d/%m/%Y}.",
            f"The tariff of {fee_code} begins on {fee.valid_from.isoformat()}.",
            field="fee_code",
            valid_from=fee.valid_from.isoformat(),
        )
    if fee.valid_to is not None and fee.over(day):
        raise wrong.Expired(
            f"Mức thu {fee_code} hết hiệu lực sau {fee.valid_to:%d/%m/%Y}.",
            f"The tariff of {fee_code} ended on {fee.valid_to.isoformat()}.",
            field="fee_code",
            valid_to=fee.valid_to.isoformat(),
        )
    return found


def _check_quantity(line: Line, quantity: int) -> None:
    most = 1 if isinstance(line.basis, Free) else MAX_QUANTITY
    if not _whole(quantity, 1, most):
        raise wrong.QuantityWrong(
            f"Số lượng phải là số nguyên từ 1 đến {most}.",
            f"The quantity must be a whole number from 1 to {most}.",
            field="quantity",
        )


def _check_figures(line: Line, request: DueRequest) -> None:
    needed = needs(line.basis)
    if request.value is not None and needed != "value":
        raise wrong.ValueUnneeded(
            f"{line.fee_code} không tính theo giá trị.", f"{line.fee_code} is not computed from a value.", field="value"
        )
    if request.amount is not None and needed != "amount":
        raise wrong.AmountUnneeded(
            f"Số tiền của {line.fee_code} do biểu mức thu quy định.",
            f"The tariff sets the amount of {line.fee_code}.",
            field="amount",
        )
    if needed == "value":
        _check_value(line, request.value)
    if needed == "amount":
        _check_amount(line, request.amount)


def _check_value(line: Line, value: int | None) -> None:
    by_page = isinstance(line.basis, PerPage)
    vi, en = ("số trang của bản chính", "pages of the original") if by_page else ("giá trị (đồng)", "value in đồng")
    if value is None:
        raise wrong.ValueMissing(f"Thiếu {vi}.", f"The {en} is needed.", field="value")
    most = MAX_PAGES if by_page else MAX_AMOUNT
    if not _whole(value, 1, most):
        raise wrong.ValueWrong(
            f"{vi[:1].upper()}{vi[1:]} phải là số nguyên từ 1 đến {most}.",
            f"The {en} must be a whole number from 1 to {most}.",
            field="value",
        )


def _check_amount(line: Line, amount: int | None) -> None:
    if amount is None:
        raise wrong.AmountMissing(
            f"Thiếu số tiền của {line.fee_code}.", f"The amount of {line.fee_code} is needed.", field="amount"
        )
    if not _whole(amount, 1, MAX_AMOUNT):
        raise wrong.AmountWrong(
            f"Số tiền phải là số nguyên đồng từ 1 đến {MAX_AMOUNT}.",
            f"The amount must be whole đồng from 1 to {MAX_AMOUNT}.",
            field="amount",
        )


def _whole(number: int, least: int, most: int) -> bool:
    return type(number) is int and least <= number <= most  # True and 1.0 are no quantities


def _entitlement(catalogue: Catalogue, claim: EntitlementClaim | None) -> Entitlement | None:
    if claim is None:
        return None
    found = catalogue.entitlement(claim.code)
    if found is None:
        raise wrong.EntitlementUnknown(
            "Danh mục không có đối tượng ưu đãi này.",
            "The catalogue has no such entitlement.",
            field="entitlement.code",
            known=[each.code for each in catalogue.entitlements],
        )
    for name, text in (("evidence", claim.evidence), ("asserted_by", claim.asserted_by)):
        if not text.strip() or len(text) > MAX_EVIDENCE:
            raise wrong.EvidenceMissing(
                f"Ưu đãi {found.code} cần căn cứ chứng minh và người xác nhận.",
                f"The entitlement {found.code} needs evidence and who asserts it.",
                field=f"entitlement.{name}",
            )
    return found


def _check_reserved(line: Line, entitlement: Entitlement | None) -> None:
    if not line.reserved_for or (entitlement is not None and entitlement.code in (*line.reserved_for, *line.exempt)):
        return
    codes = ", ".join(line.reserved_for)
    raise wrong.EntitlementRequired(
        f"{line.fee_code} chỉ áp dụng cho đối tượng: {codes}; hãy khai ưu đãi kèm căn cứ.",
        f"{line.fee_code} is only for: {codes}; claim one with its evidence.",
        field="entitlement",
        entitlements=list(line.reserved_for),
    )


def _unit_price(fee: Fee, line: Line, request: DueRequest, day: date, channel: Channel) -> tuple[int, str]:
    """Đồng for one unit before incentives, and the legal text it stands in."""
    if (listed := line.listed(day, channel)) is not None:
        amount, former = listed
        return amount, former or fee.legal_basis
    if isinstance(line.basis, PerPage | Percent):
        assert request.value is not None
        return computed(line.basis, request.value), fee.legal_basis
    assert request.amount is not None
    return request.amount, fee.legal_basis


def _incentives(
    catalogue: Catalogue,
    fee: Fee,
    line: Line,
    request: DueRequest,
    entitlement: Entitlement | None,
    tariff: int,
    day: date,
    channel: Channel,
) -> Iterator[Incentive]:
    claimed = entitlement.code if entitlement else ""
    for discount_id in line.discounts:
        discount = catalogue.discounts[discount_id]
        if discount.holds(day, channel) and discount.entitlement in ("", claimed):
            yield Incentive(discount.id, discount.ground, discount.applied(tariff), discount.entitlement)
    if entitlement is None:
        return
    if claimed in line.exempt:
        ground = f"{entitlement.vi}: {entitlement.ground}; {fee.legal_basis}"
        yield Incentive(claimed, ground, 0, claimed)
    for other in fee.lines:
        same = other.alternative_of == line.fee_code and needs(other.basis) == needs(line.basis)
        if same and claimed in other.reserved_for:
            reserved, basis = _unit_price(fee, other, request, day, channel)
            yield Incentive(claimed, f"{entitlement.vi}: {basis}", reserved, claimed)


def _priced(line: Line, request: DueRequest, base: int, tariff: int, basis: str, best: Incentive | None) -> Priced:
    unit_price = best.price if best else tariff
    amount = unit_price * request.quantity
    if base * request.quantity > MAX_AMOUNT:
        raise wrong.AmountWrong(
            f"Thành tiền vượt quá {MAX_AMOUNT} đồng.", f"The amount is beyond {MAX_AMOUNT} đồng.", field="quantity"
        )
    return Priced(
        fee_code=line.fee_code,
        kind=line.kind,
        name=line.name,
        unit=line.unit,
        quantity=request.quantity,
        unit_price=unit_price,
        base_amount=base * request.quantity,
        amount=amount,
        legal_basis=basis,
        reduction=_reduction(request.entitlement, base * request.quantity - amount, tariff < base, basis, best),
        value=request.value,
        chapter=line.chapter,
        sub_item=line.sub_item,
    )


def _reduction(
    claim: EntitlementClaim | None, off: int, online: bool, basis: str, best: Incentive | None
) -> Reduction | None:
    if off == 0:
        return None
    filed_online = f"Mức thu nộp trực tuyến: {basis}"
    if best is None:
        return Reduction(ONLINE, filed_online, off)
    ground = f"{best.ground}; {filed_online}" if online and best.price > 0 else best.ground
    if not best.entitlement or claim is None:
        return Reduction(best.rule, ground, off)
    return Reduction(best.rule, ground, off, best.entitlement, claim.evidence, claim.asserted_by)
