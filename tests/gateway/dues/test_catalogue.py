"""The tariff as a file, per agency, and as a list."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.agencies import AgencyEnded, AgencyMissing
from gateway.dues import store
from gateway.dues.catalogue import fees, import_catalogue, in_force, load_default, parse
from gateway.dues.reading import CatalogueFlawed
from gateway.kernel import outbox
from gateway.kernel.uow import Environment

TODAY = date(2026, 11, 24)


def document(**changes: Any) -> dict[str, Any]:
    """A small catalogue that is right, with `changes` made to its only fee."""
    line = {"kind": "phi", "name": "Phí chứng thực", "unit": "bản", "amount_vnd": 10_000}
    fee = {"id": "ct", "procedure_name": "Chứng thực", "legal_basis": "Thông tư 226/2016/TT-BTC", "items": [line]}
    return {"meta": {"count": 1, "currency": "VND"}, "fees": [fee | changes]}


def as_bytes(whole: Any) -> bytes:
    return json.dumps(whole).encode()


def flaws_of(data: bytes) -> list[str]:
    with pytest.raises(CatalogueFlawed) as refused:
        parse(data)
    flaws = refused.value.facts["flaws"]
    assert isinstance(flaws, list)
    return [flaw["path"] for flaw in flaws]


def test_the_default_catalogue_is_whole() -> None:
    tariff = load_default()
    assert len(tariff.fees) == 51
    assert {line.kind.value for _, line in tariff.lines()} == {"PHI", "LE_PHI", "OTHER"}
    assert tariff.procedure_name("1.004616.000.00.00.H56").startswith("Cấp Chứng chỉ hành nghề dược")
    assert tariff.procedure_name("1.002801") == "Đổi giấy phép lái xe"
    assert tariff.procedure_name("9.999999") == ""


def test_a_file_without_entitlements_uses_those_of_the_product() -> None:
    whole = json.loads(resources.files("gateway.dues").joinpath("catalogue.json").read_bytes())
    default = load_default()
    del whole["entitlements"]
    for rule in whole["temporary_rules"]:
        rule.pop("entitlement", None)
    tariff = parse(as_bytes(whole))
    assert tariff.discounts["TT117-4"].entitlement == "TT117"
    assert tariff.discounts["TT64-50"].entitlement == ""
    assert tariff.fees == default.fees


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"amount": 1}, "fees[0].amount"),
        ({"id": "CT_1"}, "fees[0].id"),
        ({"valid_from": "2026-02-30"}, "fees[0].valid_from"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "fees[0].valid_to"),
        ({"temporary_rules": ["TT999"]}, "fees[0].temporary_rules[0]"),
        ({"exempt": ["người giàu"]}, "fees[0].exempt[0]"),
        ({"history": [{"until": "2025", "amount_vnd": 1, "basis": "x"}]}, "fees[0].history[0].until"),
        ({"items": []}, "fees[0].items"),
    ],
)
def test_a_flaw_of_a_fee_is_named_by_its_path(changes: dict[str, Any], path: str) -> None:
    assert path in flaws_of(as_bytes(document(**changes)))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"kind": "thue"}, "kind"),
        ({"amount_vnd": None}, "amount_vnd"),
        ({"amount_vnd": "10000"}, "amount_vnd"),
        ({"amount_vnd": 10_000.5}, "amount_vnd"),
        ({"amount_vnd": -1}, "amount_vnd"),
        ({"amount_vnd": True}, "amount_vnd"),
        ({"alternative_of": 0}, "alternative_of"),
        ({"alternative_of": 7}, "alternative_of"),
        ({"amount_basis": "percent", "percent": "0.15"}, "amount_vnd"),
        ({"amount_basis": "percent", "percent": "101", "amount_vnd": None}, "percent"),
        ({"amount_basis": "formula", "amount_vnd": None, "formula": {}}, "formula.per_page_first_two"),
        ({"unit": ""}, "unit"),
        ({"price": 3}, "price"),
    ],
)
def test_a_flaw_of_a_line_is_named_by_its_path(changes: dict[str, Any], key: str) -> None:
    line = document()["fees"][0]["items"][0] | changes
    assert f"fees[0].items[0].{key}" in flaws_of(as_bytes(document(items=[line])))


def test_an_example_that_the_formula_does_not_give_is_a_flaw() -> None:
    line = {
        "kind": "phi",
        "name": "Phí",
        "unit": "bản",
        "amount_vnd": None,
        "amount_basis": "formula",
        "formula": {"per_page_first_two": 2_000, "per_page_from_third": 1_000, "cap_per_copy": 200_000},
        "examples": [{"pages": 3, "amount_vnd": 6_000}],
    }
    assert flaws_of(as_bytes(document(items=[line]))) == ["fees[0].items[0].examples[0].amount_vnd"]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"\xff\xfe", b"{" * 100_000, b'{"fees": NaN}', b'{"fees":[],"fees":[]}', b" " * 4_000_001],
    ids=["empty", "list", "not utf-8", "deep", "nan", "twice", "huge"],
)
def test_what_is_no_catalogue_is_refused_with_a_reason(data: bytes) -> None:
    assert flaws_of(data)


def test_a_file_that_was_cut_and_twin_ids_are_found() -> None:
    whole = document()
    whole["fees"] *= 2
    assert flaws_of(as_bytes(whole)) == ["meta.count", "fees[1].id"]


def test_an_agency_collects_by_its_own_catalogue_once_it_has_one(desk: Environment) -> None:
    with desk.begin(actor="cli") as uow:
        first = import_catalogue(uow, "th", as_bytes(document()))
        again = import_catalogue(uow, "th", as_bytes(document()))
    assert (first.changed, first.fees, first.lines, again.changed) == (True, 1, 1, False)
    with desk.read() as connection:
        assert in_force(connection, "th").find("ct-1") is not None
        assert in_force(connection, "hn") is load_default()
        kinds = list(connection.scalars(sa.select(outbox.event.c.kind)))
    assert kinds == ["catalogue.imported"]


def test_a_new_import_replaces_the_old_and_keeps_it(desk: Environment) -> None:
    line = document()["fees"][0]["items"][0] | {"amount_vnd": 12_000}
    for whole in (document(), document(items=[line])):
        with desk.begin(actor="cli") as uow:
            import_catalogue(uow, "th", as_bytes(whole))
    with desk.read() as connection:
        amounts = [view.amount for view in fees(in_force(connection, "th"), TODAY)]
        kept = connection.scalar(sa.select(sa.func.count()).select_from(store.catalogue))
    assert (amounts, kept) == ([12_000], 2)


def test_a_catalogue_is_for_an_agency_that_collects(desk: Environment) -> None:
    for agency, refusal in (("nobody", AgencyMissing), ("old", AgencyEnded)):
        with pytest.raises(refusal), desk.begin(actor="cli") as uow:
            import_catalogue(uow, agency, as_bytes(document()))


def test_the_list_shows_the_tariff_of_the_day() -> None:
    views = {view.fee_code: view for view in fees(load_default(), TODAY)}
    assert (views["cutru-thuongtru-1"].amount, views["cutru-thuongtru-1"].online_amount) == (20_000, 10_000)
    assert views["dd-biendong-1"].amount is None
    assert views["dd-biendong-1"].formula == "0,15% giá trị, tối đa 5.000.000 ₫"
    assert (views["ct-saoy-1"].needs, views["bhxh-1"].needs, views["cc-doi-1"].needs) == ("value", "amount", "")
    assert "200.000 ₫" in views["ct-saoy-1"].formula
    before = {view.fee_code: view for view in fees(load_default(), date(2025, 12, 31))}
    assert before["gplx-doi-1"].online_amount == 115_000
    assert "gplx-cap-1" not in before
