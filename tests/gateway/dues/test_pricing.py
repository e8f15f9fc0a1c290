"""What is due: the tariff of the day and channel, and the one best incentive."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dues.catalogue import load_default, parse
from gateway.dues.model import Channel, DueKind, DueRequest, DueStatus, EntitlementClaim, Priced
from gateway.dues.pricing import check_alternatives, price
from gateway.dues.tariff import Catalogue, Line, needs
from gateway.kernel.errors import Invalid

TODAY = date(2026, 11, 24)


def claim(code: str, evidence: str = "Giấy xác nhận số 12", asserted_by: str = "cán bộ Lê B") -> EntitlementClaim:
    return EntitlementClaim(code, evidence, asserted_by)


def cost(
    fee_code: str,
    *,
    day: date = TODAY,
    channel: Channel = "counter",
    entitled: str = "",
    catalogue: Catalogue | None = None,
    **figures: Any,
) -> Priced:
    request = DueRequest(fee_code, entitlement=claim(entitled) if entitled else None, **figures)
    return price(catalogue or load_default(), request, day=day, channel=channel)


def catalogue_of(*items: dict[str, Any], rules: list[dict[str, Any]] | None = None, **fee: Any) -> Catalogue:
    """A catalogue of one fee `x`."""
    whole = {
        "temporary_rules": rules or [],
        "fees": [{"id": "x", "procedure_name": "Thủ tục", "legal_basis": "Căn cứ", "items": list(items)} | fee],
    }
    return parse(json.dumps(whole).encode())


def item(amount: int | None = 100_000, **more: Any) -> dict[str, Any]:
    return {"kind": "phi", "name": "Phí", "unit": "lần", "amount_vnd": amount} | more


def test_a_fixed_fee_costs_its_tariff_times_the_quantity() -> None:
    priced = cost("gplx-cap-1", quantity=3)
    assert (priced.unit_price, priced.amount, priced.base_amount) == (135_000, 405_000, 405_000)
    assert priced.kind is DueKind.LE_PHI
    assert priced.reduction is None
    assert priced.legal_basis == "Thông tư 154/2025/TT-BTC"
    assert priced.opening_status is DueStatus.OPEN


@pytest.mark.parametrize(
    ("pages", "amount"), [(1, 2_000), (2, 4_000), (3, 5_000), (10, 12_000), (198, 200_000), (300, 200_000)]
)
def test_copies_are_certified_by_the_page_up_to_a_cap(pages: int, amount: int) -> None:
    assert cost("ct-saoy-1", value=pages).amount == amount
    assert cost("ct-saoy-1", value=pages, quantity=4).amount == 4 * amount


@pytest.mark.parametrize(
    ("value", "amount"), [(1, 0), (999, 1), (1_000_000_000, 1_500_000), (123_456_789, 185_185), (10**10, 5_000_000)]
)
def test_a_percentage_is_rounded_down_and_capped(value: int, amount: int) -> None:
    assert cost("dd-biendong-1", value=value).amount == amount


def test_a_free_amount_is_the_one_that_is_given_and_no_state_fee() -> None:
    priced = cost("buu-chinh-1", amount=31_500)
    assert (priced.amount, priced.kind) == (31_500, DueKind.OTHER)


def test_the_online_amount_stands_beside_what_the_counter_takes() -> None:
    priced = cost("cutru-thuongtru-1", channel="online")
    assert (priced.base_amount, priced.amount) == (20_000, 10_000)
    assert priced.reduction is not None
    assert (priced.reduction.rule, priced.reduction.amount_off) == ("ONLINE", 10_000)
    assert "75/2022" in priced.reduction.ground
    assert cost("cutru-thuongtru-1").amount == 20_000


def test_an_online_filing_at_zero_is_exempt() -> None:
    priced = cost("dkdn-tnhh1-1", channel="online")
    assert (priced.amount, priced.base_amount, priced.opening_status) == (0, 50_000, DueStatus.EXEMPT)


@pytest.mark.parametrize(
    ("day", "channel", "amount"),
    [
        (date(2025, 12, 31), "online", 115_000),
        (date(2025, 12, 31), "counter", 135_000),
        (date(2026, 1, 1), "online", 135_000),
    ],
)
def test_a_former_amount_holds_to_its_last_day(day: date, channel: Channel, amount: int) -> None:
    assert cost("gplx-doi-1", day=day, channel=channel).amount == amount


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        (date(2025, 6, 30), 50_000),
        (date(2025, 7, 1), 25_000),
        (date(2026, 12, 31), 25_000),
        (date(2027, 1, 1), 50_000),
    ],
)
def test_a_reduction_for_everybody_needs_no_claim(day: date, amount: int) -> None:
    assert cost("cc-doi-1", day=day).amount == amount


@pytest.mark.parametrize(
    ("day", "amount", "rule"),
    [
        (date(2026, 8, 14), 25_000, "TT64-50"),
        (date(2026, 8, 15), 0, "TT117-4"),
        (date(2027, 2, 28), 0, "TT117-4"),
        (date(2027, 3, 1), 50_000, None),
    ],
)
def test_a_level_two_identity_is_claimed_with_evidence_and_the_best_incentive_wins(
    day: date, amount: int, rule: str | None
) -> None:
    priced = cost("cc-doi-1", day=day, entitled="TT117")
    assert (priced.amount, priced.base_amount) == (amount, 50_000)
    assert (priced.reduction.rule if priced.reduction else None) == rule
    if rule == "TT117-4":
        assert priced.reduction is not None
        assert priced.reduction.ground.startswith("Thông tư 117/2026/TT-BTC")
        assert priced.reduction.evidence == "Giấy xác nhận số 12"


@pytest.mark.parametrize("name", ["TT117", "tt117-4"])
def test_a_reduction_may_be_claimed_by_its_own_id(name: str) -> None:
    assert cost("cc-doi-1", entitled=name).amount == 0


def test_who_is_exempt_by_law_pays_nothing() -> None:
    priced = cost("lltp-1", entitled="người cao tuổi")
    assert (priced.amount, priced.base_amount) == (0, 200_000)
    assert priced.reduction is not None
    assert priced.reduction.entitlement == "NGUOI_CAO_TUOI"
    assert "97/2015" in priced.reduction.ground


def test_who_is_reserved_a_lower_line_gets_it_on_the_ordinary_one_too() -> None:
    assert cost("lltp-1", entitled="SINH_VIEN").amount == 100_000
    assert cost("lltp-2", entitled="SINH_VIEN").amount == 100_000
    with pytest.raises(Invalid) as refused:
        cost("lltp-2")
    assert (refused.value.code, refused.value.field) == ("due.entitlement_required", "entitlement")


def test_a_claim_without_effect_here_changes_nothing() -> None:
    priced = cost("gplx-cap-1", entitled="HO_NGHEO")
    assert (priced.amount, priced.reduction) == (135_000, None)


def test_a_reduction_of_one_kind_leaves_the_other_kind_alone() -> None:
    assert cost("dkdn-cp-1").amount == 25_000
    assert cost("dkdn-cp-2").amount == 100_000
    assert (cost("dkdn-cp-1").sub_item, cost("dkdn-cp-2").sub_item) == ("2852", "")


def test_a_zero_tariff_is_exempt_by_its_own_legal_basis() -> None:
    priced = cost("ht-ketthon-1")
    assert (priced.amount, priced.opening_status, priced.reduction) == (0, DueStatus.EXEMPT, None)


def test_a_reduction_keeps_within_its_bounds_and_never_raises_a_price() -> None:
    half = {"id": "H", "basis": "Nghị quyết", "discount_pct": 50, "min_vnd": 250_000, "max_vnd": 1_000_000}

    def left(amount: int) -> int:
        return cost("x-1", catalogue=catalogue_of(item(amount), rules=[half], temporary_rules=["H"])).amount

    assert [left(n) for n in (400_000, 800_000, 9_000_000, 100_000)] == [250_000, 400_000, 1_000_000, 100_000]


def test_a_reduction_of_an_odd_amount_is_rounded_down_per_unit() -> None:
    third = {"id": "T", "basis": "Nghị quyết", "discount_pct": 33.3}
    priced = cost("x-1", catalogue=catalogue_of(item(1_001), rules=[third], temporary_rules=["T"]), quantity=3)
    assert (priced.unit_price, priced.amount) == (667, 2_001)


def test_a_reduction_may_be_for_online_filing_alone() -> None:
    online = {"id": "O", "basis": "Nghị quyết", "discount_pct": 10, "channel": "online"}
    tariff = catalogue_of(item(), rules=[online], temporary_rules=["O"])
    assert cost("x-1", catalogue=tariff, channel="online").amount == 90_000
    assert cost("x-1", catalogue=tariff).amount == 100_000


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        (DueRequest("khong-co-1"), "due.fee_unknown", "fee_code"),
        (DueRequest("cc-doi"), "due.fee_unknown", "fee_code"),
        (DueRequest("cc-doi-2"), "due.fee_unknown", "fee_code"),
        (DueRequest("cc-doi-1", quantity=0), "due.quantity", "quantity"),
        (DueRequest("cc-doi-1", quantity=-1), "due.quantity", "quantity"),
        (DueRequest("cc-doi-1", quantity=100_001), "due.quantity", "quantity"),
        (DueRequest("cc-doi-1", quantity=True), "due.quantity", "quantity"),
        (DueRequest("cc-doi-1", value=3), "due.value_unneeded", "value"),
        (DueRequest("cc-doi-1", amount=50_000), "due.amount_unneeded", "amount"),
        (DueRequest("ct-saoy-1"), "due.value_missing", "value"),
        (DueRequest("ct-saoy-1", value=0), "due.value", "value"),
        (DueRequest("ct-saoy-1", value=3, amount=5_000), "due.amount_unneeded", "amount"),
        (DueRequest("dd-biendong-1", value=10**13), "due.value", "value"),
        (DueRequest("bhxh-1"), "due.amount_missing", "amount"),
        (DueRequest("bhxh-1", amount=0), "due.amount", "amount"),
        (DueRequest("bhxh-1", amount=10**13), "due.amount", "amount"),
        (DueRequest("bhxh-1", amount=1_000, quantity=2), "due.quantity", "quantity"),
        (DueRequest("cc-doi-1", entitlement=claim("TY_PHU")), "due.entitlement_unknown", "entitlement.code"),
        (DueRequest("cc-doi-1", entitlement=claim("TT117", " ")), "due.evidence_missing", "entitlement.evidence"),
        (
            DueRequest("cc-doi-1", entitlement=claim("TT117", asserted_by="")),
            "due.evidence_missing",
            "entitlement.asserted_by",
        ),
    ],
)
def test_each_flaw_has_its_own_code_and_field(request_: DueRequest, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        price(load_default(), request_, day=TODAY, channel="counter")
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_tariff_has_a_first_and_a_last_day() -> None:
    tariff = catalogue_of(item(), valid_from="2026-07-01", valid_to="2026-12-31")
    for day in (date(2026, 7, 1), date(2026, 12, 31)):
        assert cost("x-1", day=day, catalogue=tariff).amount == 100_000
    for day, code in ((date(2026, 6, 30), "due.not_yet_valid"), (date(2027, 1, 1), "due.expired")):
        with pytest.raises(Invalid) as refused:
            cost("x-1", day=day, catalogue=tariff)
        assert (refused.value.code, refused.value.field) == (code, "fee_code")


def test_an_amount_beyond_what_a_transfer_carries_is_refused() -> None:
    tariff = catalogue_of(item(9_999_999_999_999))
    with pytest.raises(Invalid) as refused:
        cost("x-1", catalogue=tariff, quantity=2)
    assert (refused.value.code, refused.value.field) == ("due.amount", "quantity")


def test_lines_that_replace_one_another_do_not_meet() -> None:
    def fields(*codes: str) -> list[str]:
        pairs = [(f"items[{n}]", code) for n, code in enumerate(codes)]
        return [problem.field for problem in check_alternatives(load_default(), pairs)]

    assert fields("dl-luhanh-1", "dl-luhanh-2") == ["items[1].fee_code"]
    assert fields("dl-luhanh-2", "dl-luhanh-3") == ["items[1].fee_code"]
    assert fields("lltp-1", "lltp-3", "lltp-1", "gplx-sh-a1-1", "gplx-sh-a1-2") == []


@given(
    st.sampled_from([line for _, line in load_default().lines()]),
    st.integers(1, 1_000),
    st.integers(1, 100_000),
    st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    st.sampled_from(["counter", "online"]),
    st.sampled_from(["", *(each.code for each in load_default().entitlements)]),
)
def test_every_price_is_whole_and_adds_up(
    line: Line, quantity: int, figure: int, day: date, channel: Channel, entitled: str
) -> None:
    needed = {"value": {"value": figure}, "amount": {"amount": figure}}
    figures = needed.get(needs(line.basis), {})
    try:
        priced = cost(
            line.fee_code,
            day=day,
            channel=channel,
            entitled=entitled,
            quantity=1 if "amount" in figures else quantity,
            **figures,
        )
    except Invalid as refused:
        assert refused.code in ("due.not_yet_valid", "due.entitlement_required")
        return
    off = priced.reduction.amount_off if priced.reduction else 0
    assert type(priced.amount) is int
    assert 0 <= priced.amount == priced.quantity * priced.unit_price == priced.base_amount - off
    assert off >= 0
    if not line.reserved_for:
        without = cost(line.fee_code, day=day, channel=channel, quantity=priced.quantity, **figures)
        assert priced.amount <= without.amount
