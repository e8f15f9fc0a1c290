"""Payments over HTTP: begun for dues, a dossier or a basket; watched until paid."""

from __future__ import annotations

import pytest

from gateway.api.payments import Payment as PaymentShape
from tests.conftest import HandClock
from tests.gateway.api.conftest import Api, Dossier, sign
from tests.town import LE_PHI, PHI, Town

PATH = "/api/v1/payments"


@pytest.fixture
def made(api: Api, dossier: Dossier) -> dict[str, object]:
    found: dict[str, object] = api.post("/api/v1/dossiers", dossier(PHI, LE_PHI)).json()
    return found


def test_a_dossier_is_paid_by_one_payment(api: Api, made: dict[str, object]) -> None:
    answer = api.post(PATH, {"dossier_id": made["id"], "channel": "vietqr"})

    assert answer.status_code == 201
    body = answer.json()
    assert (body["amount"], body["received"], body["remaining"], body["status"]) == (195_000, 0, 195_000, "pending")
    assert body["reference"].startswith("BLQ")
    assert body["expires_at"] == "2026-11-24T03:30:00.000Z"
    assert body["pay_url"].startswith("http")
    assert body["reference"] in body["vietqr"]["payload"]
    assert body["vietqr"]["svg_url"].endswith(".svg")
    PaymentShape.model_validate(body, extra="forbid")
    assert api.get(f"{PATH}/{body['id']}").json() == body


def test_dues_may_be_paid_one_by_one(api: Api, made: dict[str, list[dict[str, str]]]) -> None:
    answer = api.post(PATH, {"due_ids": [made["dues"][1]["id"]], "channel": "bank_transfer"})
    assert (answer.status_code, answer.json()["amount"]) == (201, 135_000)


def test_a_basket_answers_with_a_payment_for_each_account(api: Api, made: dict[str, object]) -> None:
    answer = api.post(PATH, {"basket": [made["id"]], "channel": "vietqr"})
    assert answer.status_code == 201
    assert [payment["amount"] for payment in answer.json()["payments"]] == [195_000]


def test_dues_of_several_accounts_are_told_in_groups(api: Api, dossier: Dossier) -> None:
    postage = {"fee_code": "buu-chinh-1", "quantity": 1, "amount": 30_000}
    body = dossier(LE_PHI)
    body["items"].append(postage)
    registered = api.post("/api/v1/dossiers", body).json()
    answer = api.post(PATH, {"dossier_id": registered["id"], "channel": "vietqr"})

    assert (answer.status_code, answer.json()["code"]) == (409, "payment.several_accounts")
    assert sorted(group["amount"] for group in answer.json()["groups"]) == [30_000, 135_000]
    assert answer.json()["facts"]["groups"] == answer.json()["groups"]

    basket = api.post(PATH, {"basket": [registered["id"]], "channel": "vietqr"})
    assert sorted(payment["amount"] for payment in basket.json()["payments"]) == [30_000, 135_000]


def test_exactly_one_thing_is_paid(api: Api) -> None:
    bodies: list[dict[str, object]] = [
        {},
        {"dossier_id": "dos_1", "due_ids": ["due_1"]},
        {"due_ids": ["due_1"], "basket": ["dos_1"]},
    ]
    for body in bodies:
        answer = api.post(PATH, body | {"channel": "vietqr"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "field.exactly_one"), body


def test_what_cannot_be_paid(api: Api) -> None:
    refused: list[tuple[dict[str, object], int, str]] = [
        ({"dossier_id": "dos_unknown"}, 404, "due.missing"),
        ({"due_ids": ["due_unknown"]}, 404, "due.missing"),
        ({"due_ids": ["due_unknown"], "channel": "cheque"}, 422, "payment.channel"),
        ({"due_ids": ["a\x00b"]}, 422, "request.invalid"),
        ({"due_ids": []}, 422, "request.invalid"),
    ]
    for body, status, code in refused:
        answer = api.post(PATH, {"channel": "vietqr"} | body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


def test_a_due_that_is_paid_is_not_paid_again(api: Api, town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    (due_id,) = api.get(f"{PATH}/{payment.id}").json()["due_ids"]

    answer = api.post(PATH, {"due_ids": [due_id], "channel": "vietqr"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment.due_not_open")
    assert answer.json()["status"] == 409, "a fact named `status` must not hide the HTTP status"
    assert answer.json()["facts"]["status"] == "paid"


def test_a_repeat_does_not_begin_a_second_payment(api: Api, made: dict[str, object]) -> None:
    body = {"dossier_id": made["id"], "channel": "vietqr"}
    first = api.post(PATH, body, Idempotency_Key="pay-1")
    again = api.post(PATH, body, Idempotency_Key="pay-1")
    assert first.json()["id"] == again.json()["id"]
    assert len(api.get(PATH).json()["data"]) == 1


def test_the_payment_is_paid_when_its_money_came(api: Api, town: Town) -> None:
    payment = town.payment(PHI, LE_PHI)
    town.money_comes(payment)

    body = api.get(f"{PATH}/{payment.id}").json()
    assert (body["status"], body["received"], body["remaining"], body["vietqr"]) == ("paid", 195_000, 0, None)
    assert [(receipt["number"], receipt["symbol"], receipt["status"]) for receipt in body["receipts"]] == [
        (1, "26TAA", "numbered"),
        (2, "26TAA", "numbered"),
    ]
    assert all(len(receipt["lookup_code"]) == 12 for receipt in body["receipts"])
    sign(town)
    assert {r["status"] for r in api.get(f"{PATH}/{payment.id}").json()["receipts"]} == {"signed"}


def test_less_money_leaves_a_rest_to_pay(api: Api, town: Town) -> None:
    payment = town.payment(LE_PHI)
    before = api.get(f"{PATH}/{payment.id}").json()["vietqr"]["payload"]
    town.money_comes(payment, 100_000)

    body = api.get(f"{PATH}/{payment.id}").json()
    assert (body["status"], body["received"], body["remaining"]) == ("pending", 100_000, 35_000)
    assert body["vietqr"]["payload"] != before


def test_payments_are_listed_page_by_page(api: Api, town: Town, clock: HandClock) -> None:
    ids = []
    for _ in range(5):
        ids.append(town.payment(LE_PHI).id)
        clock.advance(seconds=1)

    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = api.get(PATH, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [payment["id"] for payment in page["data"]]
        cursor, pages = page["next_cursor"], pages + 1
        assert page["has_more"] is (cursor is not None)
    assert (seen, pages) == (ids, 3)


def test_a_page_has_bounds(api: Api) -> None:
    for query in ({"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "a b"}, {"cursor": "\x00"}):
        answer = api.get(PATH, **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), query
