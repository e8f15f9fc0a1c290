"""Public look-ups: masked, forgiving about how a code is typed, and not for the curious."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from gateway.web.limit import PER_MINUTE
from gateway.web.screen import State
from receipts import store, token
from receipts.keys import TokenKey
from tests.conftest import HandClock
from tests.gateway.web.states import reach
from tests.town import PAYER, Town

FACTS = token.TokenFacts(
    tax_code="2800000001",
    form="EBL01",
    symbol="26TAA",
    number=7,
    day=date(2026, 11, 24),
    amount=135_000,
    digest="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
)


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


def test_a_printed_token_is_checked_with_the_public_key_alone(town: Town, client: TestClient) -> None:
    key = TokenKey.from_pem(town.environment.settings.keys / "token.key")
    made = token.make(FACTS, key)
    for typed in (made, token.printed("https://thuphi.example.vn", made)):
        page = client.get("/vi/receipts/verify", params={"t": typed})
        assert page.status_code == 200
        assert "Mã QR đúng là do hệ thống này ký" in page.text
        for shown in ("EBL01", "26TAA", "24/11/2026", "135.000 ₫", "2800000001", "Sở Xây dựng tỉnh Thanh Hóa"):
            assert shown in page.text
    assert f'href="/en/receipts/verify?t={made}"' in client.get(f"/vi/receipts/verify?t={made}").text


def test_a_false_token_is_refused(town: Town, client: TestClient) -> None:
    key = TokenKey.from_pem(town.environment.settings.keys / "token.key")
    made = token.make(FACTS, key)
    forged = made[:40] + ("A" if made[40] != "A" else "B") + made[41:]
    for typed in (forged, "abc", "x" * 5_000):
        page = client.get("/en/receipts/verify", params={"t": typed})
        assert page.status_code == 422
        assert "This code cannot be confirmed" in page.text
        assert "135.000" not in page.text


def test_without_a_key_nothing_is_confirmed(town: Town, client: TestClient) -> None:
    made = token.make(FACTS, TokenKey.from_pem(town.environment.settings.keys / "token.key"))
    Path(town.environment.settings.keys / "token.pub.pem").unlink()
    page = client.get("/en/receipts/verify", params={"t": made})
    assert page.status_code == 503
    assert "Checking is not possible right now" in page.text
    assert client.get("/en/receipts/verify").status_code == 200
