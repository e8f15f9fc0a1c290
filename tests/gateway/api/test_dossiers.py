"""Dossiers over HTTP: registered once, priced by us, amended until paid."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from httpx2 import Response

from gateway.api.dossiers import Dossier as DossierShape
from tests.gateway.api.conftest import NEIGHBOUR, Api, Dossier
from tests.town import LE_PHI, PHI

PATH = "/api/v1/dossiers"


def test_a_dossier_is_registered_with_our_amounts(api: Api, dossier: Dossier) -> None:
    answer = api.post(PATH, dossier(PHI, LE_PHI))

    assert answer.status_code == 201
    body = answer.json()
    assert body["amount"] == 195_000
    assert [(due["fee_code"], due["kind"], due["amount"], due["status"]) for due in body["dues"]] == [
        (PHI, "PHI", 60_000, "open"),
        (LE_PHI, "LE_PHI", 135_000, "open"),
    ]
    assert body["dues"][0]["agency"] == "H56.17"
    DossierShape.model_validate(body, extra="forbid")


def test_it_is_found_by_id_and_by_code(api: Api, dossier: Dossier) -> None:
    made = api.post(PATH, dossier()).json()

    assert api.get(f"{PATH}/{made['id']}").json() == made
    assert api.get(PATH, code=" H56.17-261124-9001 ").json() == {
        "data": [made],
        "has_more": False,
        "next_cursor": None,
    }
    assert api.get(PATH, code="H56.17-000000-0000").json()["data"] == []


def test_the_payer_is_never_given_back(api: Api, dossier: Dossier) -> None:
    made = api.post(PATH, dossier())
    for answer in (made, api.get(f"{PATH}/{made.json()['id']}")):
        assert "Ánh" not in answer.text
        assert "038090001234" not in answer.text


def test_dues_are_added_amended_and_withdrawn(api: Api, dossier: Dossier) -> None:
    made = api.post(PATH, dossier(PHI)).json()
    changes = {
        "add": [{"fee_code": LE_PHI, "quantity": 1, "phase": "return", "deadline": "2026-12-31"}],
        "amend": [{"due_id": made["dues"][0]["id"], "quantity": 2, "version": 1}],
    }

    amended = api.patch(f"{PATH}/{made['id']}", changes)
    assert amended.status_code == 200
    assert [(due["fee_code"], due["quantity"], due["version"]) for due in amended.json()["dues"]] == [
        (PHI, 2, 2),
        (LE_PHI, 1, 1),
    ]
    assert amended.json()["dues"][1]["deadline"] == "2026-12-31"

    withdrawn = api.patch(f"{PATH}/{made['id']}", {"withdraw": [made["dues"][0]["id"]]}).json()
    assert [due["status"] for due in withdrawn["dues"]] == ["withdrawn", "open"]
    assert withdrawn["amount"] == 135_000


def test_a_repeat_with_the_same_key_changes_nothing(api: Api, dossier: Dossier) -> None:
    first = api.post(PATH, dossier(), Idempotency_Key="abc")
    again = api.post(PATH, dossier(), Idempotency_Key="abc")

    assert (again.status_code, again.content) == (201, first.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_repeat_with_the_same_key_does_not_amend_twice(api: Api, dossier: Dossier) -> None:
    made = api.post(PATH, dossier(PHI)).json()
    adding = {"add": [{"fee_code": LE_PHI, "quantity": 1}]}

    first = api.patch(f"{PATH}/{made['id']}", adding, Idempotency_Key="add-1")
    again = api.patch(f"{PATH}/{made['id']}", adding, Idempotency_Key="add-1")
    assert len(first.json()["dues"]) == len(again.json()["dues"]) == 2
    assert len(api.get(f"{PATH}/{made['id']}").json()["dues"]) == 2


def test_a_key_with_another_body_is_refused(api: Api, dossier: Dossier) -> None:
    api.post(PATH, dossier(), Idempotency_Key="abc")
    answer = api.post(PATH, dossier(PHI), Idempotency_Key="abc")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")


def test_a_refusal_does_not_use_the_key_up(api: Api, dossier: Dossier) -> None:
    assert api.post(PATH, dossier("no-such-fee-1"), Idempotency_Key="abc").status_code == 422
    assert api.post(PATH, dossier(), Idempotency_Key="abc").status_code == 201


def test_a_key_is_visible_ascii(api: Api, dossier: Dossier) -> None:
    for key in ("", "a b", "x" * 256):
        answer = api.post(PATH, dossier(), Idempotency_Key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_malformed"), key


def test_of_a_storm_with_one_key_one_is_done(api: Api, dossier: Dossier) -> None:
    together = threading.Barrier(6)

    def call(_: int) -> Response:
        together.wait()
        return api.post(PATH, dossier(), Idempotency_Key="storm")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 5


def test_a_write_without_a_key_is_refused(api: Api, dossier: Dossier) -> None:
    for method, path in (("POST", PATH), ("PATCH", f"{PATH}/dos_1")):
        headers = {"Authorization": f"Bearer {api.key}"}
        answer = api.client.request(method, path, json=dossier(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_missing")


def test_the_dossier_must_be_the_keys_own_agencys(api: Api, dossier: Dossier) -> None:
    answer = api.post(PATH, dossier(agency=NEIGHBOUR))
    assert (answer.status_code, answer.json()["code"]) == (403, "access.agency")
    assert answer.json()["field"] == "agency"


def test_the_same_code_with_other_content_is_a_conflict(api: Api, dossier: Dossier) -> None:
    made = api.post(PATH, dossier()).json()
    answer = api.post(PATH, dossier(PHI))
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier.differs")
    assert answer.json()["facts"] == {"dossier_id": made["id"]}


def test_every_flaw_of_a_dossier_is_told_with_its_path(api: Api, dossier: Dossier) -> None:
    body = dossier("no-such-fee-1")
    body["items"].append({"fee_code": LE_PHI, "quantity": 0})
    answer = api.post(PATH, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "dossier.invalid")
    assert [(flaw["field"], flaw["code"]) for flaw in answer.json()["errors"]] == [
        ("items[0].fee_code", "due.fee_unknown"),
        ("items[1].quantity", "due.quantity"),
    ]


def _with(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The body with one member changed, added, or (None) left out."""
    target: Any = body
    *steps, last = path.split("/")
    for step in steps:
        target = target[int(step) if step.isdigit() else step]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return body


WRONG: list[tuple[str, object, str, str]] = [
    ("items/0/quantity", "1", "items[0].quantity", "field.type"),
    ("items/0/quantity", 1.0, "items[0].quantity", "field.type"),
    ("items/0/quantity", True, "items[0].quantity", "field.type"),
    ("items/0/quantity", None, "items[0].quantity", "field.missing"),
    ("items/0/quantity", 10**30, "items[0].quantity", "field.range"),
    ("items/0/amount", "135000", "items[0].amount", "field.type"),
    ("items/0/price", 1, "items[0].price", "field.unknown"),
    ("items/0/phase", "later", "items[0].phase", "field.choice"),
    ("items/0/deadline", "31/12/2026", "items[0].deadline", "field.format"),
    ("items/0/entitlement", {"code": "NCC"}, "items[0].entitlement.evidence", "field.missing"),
    ("items", [], "items", "field.length"),
    ("accepted_on", "2026-02-30", "accepted_on", "field.format"),
    ("accepted_on", 1_764_000_000, "accepted_on", "field.format"),
    ("payer/name", None, "payer.name", "field.missing"),
    ("payer/name", "x" * 501, "payer.name", "field.length"),
    ("payer/born", "1990", "payer.born", "field.unknown"),
    ("dossier_code", None, "dossier_code", "field.missing"),
    ("total", 1, "total", "field.unknown"),
]


def test_nothing_is_converted_and_nothing_unknown_let_through(api: Api, dossier: Dossier) -> None:
    for path, value, field, code in WRONG:
        answer = api.post(PATH, _with(dossier(), path, value))
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), path
        assert (field, code) in [(flaw["field"], flaw["code"]) for flaw in answer.json()["errors"]], (path, value)
