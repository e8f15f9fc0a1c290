"""The payer's page in each state and language: what it says, what it offers, what it never shows."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient

from gateway.dues.amend import Changes
from gateway.payments.store import PaymentRow
from gateway.payments.store import payment as payment_table
from gateway.web.assets import PREFIX
from gateway.web.language import known
from gateway.web.screen import FINAL, SOON, State
from tests.conftest import HandClock
from tests.gateway.web.states import change, reach, sign
from tests.town import ACCOUNT, LE_PHI, PAYER, PHI, Town

TEXTS = known()
SAYS = {
    State.PENDING: ("Chờ thanh toán", "Waiting for payment"),
    State.PARTIAL: ("Đã nhận 100.000 ₫, còn thiếu 95.000 ₫", "Received 100.000 ₫, still due 95.000 ₫"),
    State.CHECKING: ("Tiền an toàn, đang đối chiếu", "Your money is safe, we are checking it"),
    State.SIGNING: ("Đã thanh toán, biên lai đang ký số", "Paid; the receipt is being signed"),
    State.PAID: ("Đã thanh toán", "Paid"),
    State.EXPIRED: ("tiền đến muộn vẫn được tính", "late money still counts"),
    State.EXPIRED_PARTIAL: ("đã nhận 100.000 ₫, còn thiếu 95.000 ₫", "received 100.000 ₫, still due 95.000 ₫"),
    State.FAILED: ("Thanh toán không thành công", "The payment did not succeed"),
    State.SETTLED_ELSEWHERE: ("Khoản này đã được nộp", "This has been paid already"),
    State.WITHDRAWN: ("Không còn khoản phải nộp", "There is nothing left to pay"),
    State.CHANGED: ("Khoản phải nộp đã thay đổi", "The amount due has changed"),
}
WITH_QR = {State.PENDING, State.PARTIAL}
RENEWABLE = {State.EXPIRED, State.FAILED, State.CHANGED}


@pytest.mark.parametrize("state", list(State))
def test_each_state_in_both_languages(state: State, town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(state, town, clock)
    for language, words in zip(("vi", "en"), SAYS[state], strict=True):
        page = read(client, payment, language)
        assert words in page
        assert f'<html lang="{language}">' in page
        assert "Sở Xây dựng tỉnh Thanh Hóa" in page
        assert 'role="status"' in page
        assert ('class="qr-image"' in page) == (state in WITH_QR)
        assert ("/again" in page) == (state in RENEWABLE)
        assert ("data-live" in page) == (state not in FINAL)
        assert ('<noscript><meta http-equiv="refresh"' in page) == (state in SOON)
        assert "{" not in page  # no fact left out of a text
        assert "Ng*** Th* Á**" in page
        assert PAYER.name not in page and PAYER.id_number not in page
    for kind in ("svg", "png"):
        assert client.get(f"/qr/{payment.token}.{kind}").status_code == (200 if state in WITH_QR else 404)


def test_amount_dues_and_transfer_details(town: Town, client: TestClient) -> None:
    payment = town.payment(PHI, LE_PHI)
    page = read(client, payment)
    assert '<span class="amount">195.000 ₫</span>' in page
    assert "60.000 ₫" in page and "135.000 ₫" in page
    assert town.view(payment).dues[0].name in page
    assert re.search(r"H56\.17-261124-\d{4}", page)
    for copied in (ACCOUNT, "SO XAY DUNG", "VietinBank", "195000", payment.reference):
        assert f'data-copy="{copied}"' in page
        shown = "195.000 ₫" if copied == "195000" else copied
        assert f">{shown}</span>" in page
    assert "Mã có hiệu lực đến 24/11/2026 10:30." in page


def test_the_qr_has_a_text_equivalent(town: Town, client: TestClient) -> None:
    payment = town.payment()
    (alt,) = re.findall(r'class="qr-image"[^>]* alt="([^"]*)"', read(client, payment, "en"))
    said = html.unescape(alt)
    assert said == (f"VietQR code: transfer 135.000 ₫ to account {ACCOUNT}, VietinBank, memo {payment.reference}")


def test_both_pictures_of_the_qr_can_be_scanned(town: Town, client: TestClient) -> None:
    from io import BytesIO

    payment = town.payment()
    svg = client.get(f"/qr/{payment.token}.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.startswith("<svg ")
    png = client.get(f"/qr/{payment.token}.png")
    assert png.headers["content-type"] == "image/png"
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(png.content)).convert("L"))
    assert found.text == town.view(payment).payload


def test_the_partial_payment_asks_for_the_rest(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.PARTIAL, town, clock)
    page = read(client, payment)
    assert '<span class="amount">95.000 ₫</span>' in page
    assert "trên tổng số 195.000 ₫" in page
    assert 'data-copy="95000"' in page


def test_a_code_is_over_on_time_even_before_the_worker_says_so(
    town: Town, client: TestClient, clock: HandClock
) -> None:
    payment = town.payment()
    clock.moment = payment.expires_at
    assert TEXTS["state.expired"][0] in read(client, payment)
    clock.moment -= timedelta(microseconds=1)
    assert TEXTS["state.pending"][0] in read(client, payment)


def test_paid_turns_into_the_receipts(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.SIGNING, town, clock)
    before = read(client, payment)
    assert "Đang ký số" in before and ".pdf" not in before
    sign(town)
    page = read(client, payment)
    for receipt in town.receipts():
        assert f"<strong>{receipt.number}</strong>" in page
        assert receipt.lookup_code in page
        assert f"/pay/{payment.token}/receipts/{receipt.id}.pdf" in page
        assert f"/pay/{payment.token}/receipts/{receipt.id}.xml" in page
    assert "26TAA" in page and "EBL01" in page
    assert "Ghi nhận lúc 24/11/2026 09:30." in page


def test_money_held_for_a_withdrawn_due_is_said_to_be_safe(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.PARTIAL, town, clock)
    change(town, payment, Changes(withdraw=tuple(due.id for due in town.view(payment).dues)))
    page = read(client, payment)
    assert TEXTS["state.withdrawn"][0] in page
    assert "Đã nhận 100.000 ₫ ngoài số phải nộp." in page and TEXTS["explain.safe"][0] in page


def test_the_language_switch_keeps_the_page(town: Town, client: TestClient) -> None:
    payment = town.payment()
    assert f'href="/en/pay/{payment.token}"' in read(client, payment, "vi")
    assert f'href="/vi/pay/{payment.token}"' in read(client, payment, "en")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_unknown_link_gets_a_friendly_page(language: str, town: Town, client: TestClient) -> None:
    answer = client.get(f"/{language}/pay/{'0' * 26}")
    assert answer.status_code == 404
    assert TEXTS["problem.unknown_payment"][language == "en"] in answer.text
    assert client.get(f"/{language}/pay/{'0' * 26}/events").status_code == 404
    assert client.get(f"/qr/{'0' * 26}.svg").status_code == 404


def test_headers_keep_the_link_private_and_scripts_out(town: Town, client: TestClient) -> None:
    payment = town.payment()
    for path in (f"/vi/pay/{payment.token}", f"/qr/{payment.token}.svg", "/vi/pay/unknown", "/vi/"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
    link = f"{town.environment.settings.base_url}/vi/pay/{payment.token}"  # the one to send on, as text
    page = read(client, payment).replace(link, "")
    assert not re.search(r"<style|style=| on[a-z]+=|javascript:|https?://", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == ["", ""]


def test_what_comes_from_outside_is_escaped(town: Town, client: TestClient) -> None:
    answer = client.get("/vi/", params={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text
    assert "<script>" not in client.get("/vi/receipts/%3Cscript%3E").text


def test_the_first_load_is_small(town: Town, client: TestClient) -> None:
    """HTML, CSS, scripts and QR together, before any compression; fonts come after the first paint."""
    page = read(client, town.payment())
    parts = [address for address in re.findall(r'(?:src|href)="([^"]+)"', page) if address.startswith((PREFIX, "/qr/"))]
    assert any(part.endswith(".css") for part in parts) and any(".svg?v=" in part for part in parts)
    total = len(page.encode()) + sum(len(client.get(html.unescape(part)).content) for part in set(parts))
    assert total <= 60_000


def test_again_starts_one_fresh_payment(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.EXPIRED, town, clock)
    first = client.post(f"/vi/pay/{payment.token}/again")
    second = client.post(f"/en/pay/{payment.token}/again")
    assert first.status_code == second.status_code == 303
    token = first.headers["location"].removeprefix("/vi/pay/")
    assert token != payment.token
    assert second.headers["location"] == f"/en/pay/{token}"
    assert TEXTS["state.pending"][0] in client.get(first.headers["location"]).text


def test_again_asks_for_todays_amount(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.CHANGED, town, clock)
    fresh = client.post(f"/vi/pay/{payment.token}/again").headers["location"]
    assert '<span class="amount">255.000 ₫</span>' in client.get(fresh).text


def test_again_is_refused_where_it_makes_no_sense(town: Town, client: TestClient, clock: HandClock) -> None:
    for state in sorted(set(State) - RENEWABLE):
        payment = reach(state, town, clock)
        before = len(town.rows(payment_table))
        answer = client.post(f"/en/pay/{payment.token}/again")
        assert answer.status_code == 409, state
        assert "This payment needs no new code." in answer.text
        assert len(town.rows(payment_table)) == before


def read(client: TestClient, payment: PaymentRow, language: str = "vi") -> str:
    answer = client.get(f"/{language}/pay/{payment.token}")
    assert answer.status_code == 200
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")
