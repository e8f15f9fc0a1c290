"""Public look-ups: masked, forgiving about how a code is typed, and not for the curious."""

from __future__ import annotations

import html

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from gateway.agencies import Account, add_account
from gateway.payments.store import payment as payment_table
from gateway.web import rating
from gateway.web.limit import PER_MINUTE
from gateway.web.screen import State
from receipts import store
from tests.conftest import HandClock
from tests.gateway.web.states import reach
from tests.town import AGENCY, LE_PHI, PAYER, PHI, TODAY, Town


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_receipt_is_shown_masked(language: str, town: Town, client: TestClient, clock: HandClock) -> None:
    reach(State.PAID, town, clock)
    receipt = town.receipts()[0]
    page = client.get(f"/{language}/receipts/{receipt.lookup_code}")
    assert page.status_code == 200
    for shown in ("EBL01", "26TAA", "24/11/2026", "60.000 ₫", "Sở Xây dựng tỉnh Thanh Hóa", receipt.payer_masked):
        assert shown in page.text
    for secret in (PAYER.name, PAYER.id_number, "H56.17-261124", "Phí sát hạch"):
        assert secret not in page.text
    other = "en" if language == "vi" else "vi"
    assert f'href="/{other}/receipts/{receipt.lookup_code}"' in page.text


def test_a_code_may_be_typed_by_hand(town: Town, client: TestClient, clock: HandClock) -> None:
    reach(State.PAID, town, clock)
    code = town.receipts()[0].lookup_code
    printed = f"{code[:4]}-{code[4:8]} {code[8:]}".lower().replace("0", "o").replace("1", "l")
    for path, field in (("/vi/receipts", "code"), ("/vi/", "q")):
        for typed in (printed, f"https://thuphi.example.vn/vi/receipts/{code}"):
            answer = client.get(path, params={field: typed})
            assert (answer.status_code, answer.headers["location"]) == (303, f"/vi/receipts/{code}")


def test_a_replaced_receipt_names_its_successor(town: Town, client: TestClient, clock: HandClock) -> None:
    reach(State.PAID, town, clock)
    old, new = town.receipts()
    with town.environment.begin(actor="test") as uow:
        replaced = sa.update(store.receipt).where(store.receipt.c.id == old.id)
        uow.connection.execute(replaced.values(state="replaced", replaced_by=new.id))
    page = client.get(f"/vi/receipts/{old.lookup_code}").text
    assert "Đã bị thay thế" in page
    assert f'href="/vi/receipts/{new.lookup_code}"' in page
    assert "biên lai 26TAA số 2 ngày 24/11/2026" in page


def test_unknown_codes_get_friendly_pages(town: Town, client: TestClient) -> None:
    assert client.get("/en/receipts/0000AAAA0000").status_code == 404
    assert "There is no such receipt" in client.get("/en/receipts/0000AAAA0000").text
    assert client.get("/vi/receipts", params={"code": "!!"}).status_code == 404
    answer = client.get("/vi/", params={"q": "xin chào"})
    assert answer.status_code == 404
    assert "Không nhận ra mã này" in answer.text


def test_home_leads_on(town: Town, client: TestClient) -> None:
    payment = town.payment()
    assert client.get("/").headers["location"] == "/vi/"
    assert "Nộp phí và tra cứu biên lai" in client.get("/vi/").text
    assert "Pay fees and look up receipts" in client.get("/en").text
    memo = client.get("/en/", params={"q": f" {payment.reference.lower()} "})
    assert memo.headers["location"] == f"/en/payments/{payment.reference}"
    link = client.get("/vi/", params={"q": f"https://thuphi.example.vn/en/pay/{payment.token}"})
    assert link.headers["location"] == f"/vi/pay/{payment.token}"


def test_a_reference_shows_neither_dossier_nor_receipts(town: Town, client: TestClient, clock: HandClock) -> None:
    """Banks and statements hold the reference, so it opens less than the link does."""
    for state in State:
        payment = reach(state, town, clock)
        page = client.get(f"/vi/payments/{payment.reference}")
        assert page.status_code == 200
        assert "Sở Xây dựng tỉnh Thanh Hóa" in page.text
        assert ("data:image/svg+xml;base64," in page.text) == (state in (State.PENDING, State.PARTIAL))
        hidden = [payment.token, PAYER.name, "Ng*** Th*", "H56.17-261124", "/receipts/rct_"]
        for secret in hidden + [receipt.lookup_code for receipt in town.receipts()]:
            assert secret not in page.text
    assert client.get("/vi/payments/BLQ00000AA00").status_code == 404


def test_looking_up_has_a_limit(town: Town, client: TestClient, clock: HandClock) -> None:
    for _ in range(PER_MINUTE):
        assert client.get("/vi/receipts/0000AAAA0000").status_code == 404
    answer = client.get("/en/receipts/0000AAAA0000")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert "Too many look-ups" in answer.text
    assert client.get("/vi/").status_code == 200
    clock.advance(seconds=2)
    assert client.get("/vi/receipts/0000AAAA0000").status_code == 404
    assert client.get("/vi/receipts/0000AAAA0000").status_code == 429


def test_a_payers_own_page_has_no_limit(town: Town, client: TestClient) -> None:
    payment = town.payment()
    for _ in range(PER_MINUTE + 1):
        assert client.get(f"/vi/pay/{payment.token}").status_code == 200


@pytest.mark.parametrize("kind", ["pdf", "slip.pdf", "xml"])
def test_the_whole_receipt_needs_a_second_fact(kind: str, town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.PAID, town, clock)
    receipt = town.receipts()[0]
    path = f"/vi/receipts/{receipt.lookup_code}"
    for fact in (receipt.dossier_code, payment.reference.lower(), PAYER.id_number, " 038 090 001 234 "):
        answer = client.post(path, data={"fact": fact, "kind": kind})
        assert answer.status_code == 200, fact
        assert answer.headers["content-type"] == ("application/xml" if kind == "xml" else "application/pdf")
        assert f"bien-lai-26TAA-{receipt.number}.{kind}" in answer.headers["content-disposition"]
        assert answer.content.startswith(b"<?xml" if kind == "xml" else b"%PDF-")
    for fact in ("", "-", "H56.17-261124-9999", PAYER.name, "038090001235"):
        refused = client.post(path, data={"fact": fact, "kind": kind})
        assert refused.status_code == 422, fact
        assert "Thông tin này không khớp với biên lai." in refused.text
        assert b"DLBLai" not in refused.content


def test_the_second_fact_has_the_same_limit(town: Town, client: TestClient, clock: HandClock) -> None:
    reach(State.PAID, town, clock)
    path = f"/vi/receipts/{town.receipts()[0].lookup_code}"
    asked = [client.post(path, data={"fact": f"{n:012d}", "kind": "pdf"}).status_code for n in range(PER_MINUTE + 1)]
    assert asked == [422] * PER_MINUTE + [429]
    assert client.post("/vi/receipts/0000AAAA0000", data={"fact": "1", "kind": "pdf"}).status_code == 429


def test_a_dossier_leads_to_its_payment_with_a_second_fact(town: Town, client: TestClient) -> None:
    dossier = town.dossier(PHI, LE_PHI)
    code = dossier.dossier.code
    asked = client.get("/vi/", params={"q": f" {code.lower()} "}).headers["location"]
    assert asked == f"/vi/dossiers?code={code}"
    assert f'value="{code}"' in client.get(asked).text
    first = client.post("/vi/dossiers", data={"code": code, "fact": PAYER.id_number})
    again = client.post("/en/dossiers", data={"code": code, "fact": "038 090 001 234"})
    assert first.status_code == again.status_code == 303
    token = first.headers["location"].removeprefix("/vi/pay/")
    assert again.headers["location"] == f"/en/pay/{token}"
    (payment,) = town.rows(payment_table)
    assert (payment.token, payment.amount) == (token, 195_000)
    town.money_comes(payment)
    paid = client.post("/vi/dossiers", data={"code": code, "fact": PAYER.id_number})
    assert paid.headers["location"] == f"/vi/pay/{token}"
    assert len(town.rows(payment_table)) == 1


def test_a_dossier_of_two_accounts_offers_two_payments(town: Town, client: TestClient) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        account = Account(
            uow.mint("acc"), AGENCY, "970415", "110000055555", "SO XAY DUNG", "VietinBank", ("PHI",), "vietinbank"
        )
        add_account(uow, account)
    dossier = town.dossier(PHI, LE_PHI)
    for _ in range(2):
        answer = client.post("/vi/dossiers", data={"code": dossier.dossier.code, "fact": PAYER.id_number})
        assert answer.status_code == 200
        for row in town.rows(payment_table):
            assert f'href="/vi/pay/{row.token}"' in answer.text
        assert len(town.rows(payment_table)) == 2


def test_a_dossier_says_nothing_to_strangers(town: Town, client: TestClient) -> None:
    code = town.dossier().dossier.code
    wrong = ((code, "038090001235"), (code, ""), ("H56.17-261124-9999", PAYER.id_number), ("", ""), (code, PAYER.name))
    pages = [client.post("/en/dossiers", data={"code": told, "fact": fact}) for told, fact in wrong]
    assert {page.status_code for page in pages} == {404}
    for (told, _), page in zip(wrong, pages, strict=True):
        assert (
            html.unescape(page.text).replace(told or "%", "%") == html.unescape(pages[0].text).replace(code, "%")
            or told == ""
        )
        assert "No dossier fits both." in page.text
    assert town.rows(payment_table) == []
    for _ in range(PER_MINUTE):
        last = client.post("/en/dossiers", data={"code": code, "fact": "038090001235"})
    assert last.status_code == 429


def test_one_question_one_answer(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.PAID, town, clock)
    page = f"/vi/pay/{payment.token}"
    assert "Việc nộp phí hôm nay thế nào?" in client.get(page).text
    answer = client.post(f"{page}/rating", data={"score": "4"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}#rating")
    assert "Cảm ơn bạn đã trả lời" in client.get(page).text
    client.post(f"{page}/rating", data={"score": "5"})
    assert [(row.score, row.day, row.agency_id) for row in town.rows(rating.rating)] == [(5, TODAY, AGENCY)] * 2
    assert {column.name for column in rating.rating.c} == {"receipt_id", "agency_id", "score", "day"}
    for wrong in ("6", "0", "-1", "", "5.0", "x"):
        assert client.post(f"{page}/rating", data={"score": wrong}).status_code == 422
    with town.environment.read() as connection:
        assert rating.counts(connection, AGENCY, TODAY, TODAY) == {5: 2, 4: 0, 3: 0, 2: 0, 1: 0}


def test_nothing_paid_nothing_to_rate(town: Town, client: TestClient) -> None:
    payment = town.payment()
    client.post(f"/vi/pay/{payment.token}/rating", data={"score": "1"})
    assert town.rows(rating.rating) == []
    assert client.post(f"/vi/pay/{'0' * 26}/rating", data={"score": "1"}).status_code == 404
