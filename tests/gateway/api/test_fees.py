"""The tariff over HTTP: searched with and without accents, by procedure, page by page."""

from __future__ import annotations

from gateway.api.fees import Fee as FeeShape
from tests.gateway.api.conftest import Api
from tests.town import LE_PHI

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


def test_pages_add_up_to_the_whole(api: Api) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(PATH, limit=100, **cursor).json()
        seen += [fee["fee_code"] for fee in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(set(seen))
    assert LE_PHI in seen


def test_any_key_of_an_agency_may_read_it(api: Api) -> None:
    assert api.client.get(PATH).status_code == 401
    assert api.get(PATH).status_code == 200
