"""The tariff over HTTP: searched with and without accents, by procedure, page by page."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from gateway.api.fees import Fee as FeeShape
from gateway.dues.catalogue import import_catalogue
from gateway.kernel.uow import Environment
from tests.gateway.api.conftest import Api
from tests.town import AGENCY, LE_PHI

PATH = "/api/v1/fees"


def test_a_line_of_the_tariff(api: Api) -> None:
    found = {fee["fee_code"]: fee for fee in api.get(PATH, q=LE_PHI).json()["data"]}
    assert (found[LE_PHI]["kind"], found[LE_PHI]["amount"], found[LE_PHI]["needs"]) == ("LE_PHI", 135_000, "")
    FeeShape.model_validate(found[LE_PHI], extra="forbid")


def test_it_is_searched_with_and_without_accents(api: Api) -> None:
    plain = api.get(PATH, q="giay phep lai xe", limit=200).json()["data"]
    assert plain
    assert plain == api.get(PATH, q="Giấy phép LÁI XE", limit=200).json()["data"]
    assert api.get(PATH, q="zzz không có").json()["data"] == []


def test_it_is_narrowed_to_a_procedure(api: Api) -> None:
    codes = {fee["procedure_code"] for fee in api.get(PATH, limit=200).json()["data"]} - {""}
    code = min(codes)
    found = api.get(PATH, procedure_code=code).json()["data"]
    assert {fee["procedure_code"] for fee in found} == {code}


def walked(api: Api, **wanted: Any) -> list[str]:
    """The codes of every page, one page after the other."""
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(PATH, **wanted, **cursor).json()
        seen += [fee["fee_code"] for fee in page["data"]]
        if not page["has_more"]:
            return seen
        cursor = {"cursor": page["next_cursor"]}


def test_pages_add_up_to_the_whole(api: Api) -> None:
    seen = walked(api, limit=100)
    assert seen == sorted(set(seen))
    assert LE_PHI in seen


def province(services: int) -> bytes:
    """A tariff as a province has it: one fee each, over a hundred procedures."""
    default = json.loads(resources.files("gateway.dues").joinpath("catalogue.json").read_bytes())
    fees = [
        {
            "id": f"dv-{number:04d}",
            "procedure_code": f"2.{number % 100:06d}",
            "procedure_code_confidence": "certain",
            "procedure_name": f"Cấp giấy chứng nhận loại {number % 100}",
            "items": [
                {
                    "kind": "phi",
                    "name": f"Phí thẩm định số {number:04d}, khu vực K{number // 100}K",
                    "amount_vnd": 1_000 + number,
                    "unit": "hồ sơ",
                }
            ],
            "legal_basis": "Nghị quyết của Hội đồng nhân dân tỉnh",
            "amount_confidence": "certain",
        }
        for number in range(services)
    ]
    made = {"meta": default["meta"] | {"count": services}, "fees": fees}
    return json.dumps(made, ensure_ascii=False).encode()


def test_four_thousand_services_are_searched_page_by_page(api: Api, environment: Environment) -> None:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        assert import_catalogue(uow, AGENCY, province(4_000)).lines == 4_000
    seen = walked(api, limit=200)
    assert (len(seen), seen) == (4_000, sorted(set(seen)))
    assert len(walked(api, q="tham dinh khu vuc k7k", limit=30)) == 100
    assert walked(api, q="LOẠI 42 chung nhan", limit=200) == [code for code in seen if "42" in code]
    assert [fee["amount"] for fee in api.get(PATH, q="thẩm định 3999").json()["data"]] == [4_999]
    assert len(walked(api, procedure_code="2.000007", limit=15)) == 40


def test_a_new_tariff_is_searched_from_its_first_moment(api: Api, environment: Environment) -> None:
    assert api.get(PATH, q=LE_PHI).json()["data"]
    with environment.begin(actor="test", agency=AGENCY) as uow:
        import_catalogue(uow, AGENCY, province(3))
    assert api.get(PATH, q=LE_PHI).json()["data"] == []
    assert len(api.get(PATH).json()["data"]) == 3


def test_any_key_of_an_agency_may_read_it(api: Api) -> None:
    assert api.client.get(PATH).status_code == 401
    assert api.get(PATH).status_code == 200
