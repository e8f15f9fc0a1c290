"""When things are not plain the page says what happened, that the money is safe, and what comes next."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from gateway.connecting.store import health
from gateway.payments.store import PaymentRow
from gateway.payments.store import payment as payment_table
from gateway.settlement.refund.view import PayerRefund
from gateway.web import citizen, explain
from gateway.web.language import known
from gateway.web.screen import State
from gateway.web.theme import ThemeChange, change
from tests.conftest import HandClock
from tests.gateway.settlement.office import Office
from tests.gateway.web.states import reach
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, Town

TEXTS = known()
ENGLISH = {"vi": 0, "en": 1}


def read(client: TestClient, payment: PaymentRow, language: str = "vi", more: str = "") -> str:
    answer = client.get(f"/{language}/pay/{payment.token}{more}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_second_transfer_is_surplus_and_safe(language: str, town: Town, client: TestClient) -> None:
    payment = town.payment(PHI, LE_PHI)
    town.money_comes(payment)
    before = read(client, payment, language)
    town.money_comes(payment)
    page = read(client, payment, language)
    place = ENGLISH[language]
    assert TEXTS["explain.surplus"][place].format(amount="195.000 ₫") in page
    assert TEXTS["explain.safe"][place] in page and TEXTS["explain.surplus_next"][place] in page
    assert TEXTS["next.heading"][place] not in before
    assert version(before) != version(page)


def test_late_money_that_counted_says_so(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.EXPIRED, town, clock)
    town.money_comes(payment)
    assert "tiền vẫn được ghi nhận đầy đủ" in read(client, payment)


def test_checking_names_who_decides(town: Town, client: TestClient, clock: HandClock) -> None:
    page = read(client, reach(State.CHECKING, town, clock))
    assert TEXTS["explain.checking_next"][0] in page


def test_money_held_in_part_is_no_surplus(town: Town, client: TestClient, clock: HandClock) -> None:
    assert TEXTS["next.heading"][0] not in read(client, reach(State.PARTIAL, town, clock))


def test_a_silent_provider_is_named(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = town.payment()
    since = clock() - timedelta(minutes=5)
    row = {"failures": 3, "failing_since": since, "open_until": clock() + timedelta(minutes=1)}
    before = read(client, payment)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        uow.connection.execute(sa.insert(health).values(agency_id=AGENCY, connector="vietinbank", **row))
    for language, words in (
        ("vi", "VietinBank: không trả lời từ 09:25."),
        ("en", "VietinBank: not answering since 09:25."),
    ):
        page = read(client, payment, language)
        assert words in page and TEXTS["explain.if_sent"][ENGLISH[language]] in page
    assert version(before) != version(page)
    town.money_comes(payment)
    assert "VietinBank: " not in read(client, payment)


@pytest.mark.parametrize("state", ["reviewing", "processing", "returned", "refused"])
def test_the_state_of_a_refund_shows(
    state: str, town: Town, client: TestClient, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = reach(State.PAID, town, clock)
    told = PayerRefund(60_000, state, clock(), clock() if state == "returned" else None)
    monkeypatch.setattr(explain, "state_for_payer", lambda connection, payment_id: [told])
    for language, place in ENGLISH.items():
        page = read(client, payment, language)
        assert TEXTS[f"refund.{state}"][place] in page and "60.000 ₫" in page


def test_a_refund_asked_for_shows(town: Town, client: TestClient) -> None:
    from gateway.settlement.refund.model import RefundRequest
    from gateway.settlement.refund.request import request
    from gateway.settlement.store import suspense

    office, payment = Office(town), town.payment(PHI, LE_PHI)
    for _ in range(2):
        office.pays(payment)
    office.statement()  # proves whose account it goes back to
    (task,) = (row for row in town.rows(suspense) if row.closed_at is None)
    with office.act("lan") as uow:
        request(uow, RefundRequest(AGENCY, "k1", "trả hai lần", suspense_id=task.id))
    page = read(client, payment)
    assert "Đang xét hoàn trả" in page
    assert "ngoài số phải nộp" not in page  # the refund says it


def test_more_time(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = town.payment()
    assert "Còn 60 phút" in read(client, payment)
    clock.advance(minutes=59, seconds=30)
    assert "Còn chưa đầy 1 phút" in read(client, payment)
    answer = client.post(f"/vi/pay/{payment.token}/extend")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/vi/pay/{payment.token}")
    page = read(client, payment)
    assert "Còn 60 phút" in page and "Mã có hiệu lực đến 24/11/2026 11:29." in page


def test_time_has_an_end(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = town.payment()
    for _ in range(30):
        clock.advance(minutes=50)
        client.post(f"/vi/pay/{payment.token}/extend")
    (row,) = town.rows(payment_table)
    assert row.expires_at == payment.created_at + timedelta(hours=24)
    assert client.post(f"/en/pay/{payment.token}/extend").status_code == 409
    assert client.post(f"/en/pay/{'0' * 26}/extend").status_code == 404


def test_having_sent_the_money_changes_nothing(town: Town, client: TestClient) -> None:
    payment = town.payment()
    assert f'href="/vi/pay/{payment.token}/sent"' in read(client, payment)
    for language, place in ENGLISH.items():
        page = read(client, payment, language, "/sent")
        for key in ("sent.safe", "sent.nothing", "sent.no_more"):
            assert TEXTS[key][place] in page
        assert payment.reference in page and f'href="/{language}/pay/{payment.token}"' in page
    assert town.view(payment).status == "pending" and town.receipts() == []
    assert client.get(f"/vi/pay/{'0' * 26}/sent").status_code == 404


def test_the_claim_is_offered_where_there_is_one(
    town: Town, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(citizen, "CLAIM", "/somewhere")
    payment = town.payment()
    assert 'id="claim"' not in read(client, payment, "vi", "/sent")
    client.app.add_route("/vi/somewhere", lambda request: PlainTextResponse("claim"))  # type: ignore[attr-defined]
    assert f'href="/vi/somewhere?token={payment.token}"' in read(client, payment, "vi", "/sent")


def test_the_picture_to_save_says_what_the_code_says(town: Town, client: TestClient, clock: HandClock) -> None:
    from io import BytesIO

    payment = reach(State.PARTIAL, town, clock)
    for path in (f"/vi/pay/{payment.token}/qr.png", f"/en/payments/{payment.reference}/qr.png"):
        answer = client.get(path)
        assert answer.headers["content-type"] == "image/png"
        assert f'filename="vietqr-{payment.reference}.png"' in answer.headers["content-disposition"]
        (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(answer.content)).convert("L"))
        assert found.text == town.view(payment).payload
    town.money_comes(payment, 95_000)
    assert client.get(f"/vi/pay/{payment.token}/qr.png").status_code == 404
    assert client.get(f"/vi/payments/{payment.reference}/qr.png").status_code == 404
    assert client.get(f"/vi/pay/{'0' * 26}/qr.png").status_code == 404


def test_banks_apps_only_where_the_agency_wants_them(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = town.payment()
    assert "dl.vietqr.io" not in read(client, payment)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        change(uow, AGENCY, ThemeChange(bank_links=True))
    page = read(client, payment)
    links = re.findall(r'href="(https://dl\.vietqr\.io/[^"]+)"', page)
    assert links and all(ACCOUNT in link and payment.reference in link and "135000" in link for link in links)
    assert "bên đó sẽ thấy số tài khoản, số tiền và nội dung" in page
    assert "dl.vietqr.io" not in read(client, reach(State.EXPIRED, town, clock))


def test_large_print_stays_in_the_address(town: Town, client: TestClient) -> None:
    payment = town.payment()
    normal, large = read(client, payment), read(client, payment, more="?print=large")
    assert '<html lang="vi">' in normal and f'href="/vi/pay/{payment.token}?print=large"' in normal
    assert '<html lang="vi" class="large">' in large
    assert f'class="size" href="/vi/pay/{payment.token}"' in large
    assert f'href="/en/pay/{payment.token}?print=large"' in large
    ours = re.findall(r'(?:href|action)="(/(?:vi|en)/[^"]*)"', large)
    kept = [path for path in ours if "print=large" in path]
    assert {path for path in ours if path not in kept} == {
        f"/vi/pay/{payment.token}",
        f"/vi/pay/{payment.token}/qr.png",
    }
    assert (
        client.get("/vi/", params={"q": payment.reference, "print": "large"})
        .headers["location"]
        .endswith(f"/payments/{payment.reference}?print=large")
    )
    moved = client.post(f"/vi/pay/{payment.token}/extend?print=large").headers["location"]
    assert moved == f"/vi/pay/{payment.token}?print=large"
    assert "set-cookie" not in client.get(f"/vi/pay/{payment.token}?print=large").headers


def version(page: str) -> str:
    return re.findall(r'data-version="(\w+)"', page)[0]


def test_nothing_is_asked_that_the_bill_knows(town: Town, client: TestClient, clock: HandClock) -> None:
    for state in State:
        page = read(client, reach(state, town, clock))
        assert not re.search(r"<(input|textarea|select)\b", page), state


def test_time_runs_out_in_the_version_too(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = town.payment()
    before = version(read(client, payment))
    clock.advance(minutes=1)
    assert version(read(client, payment)) == before
    client.post(f"/vi/pay/{payment.token}/extend")
    assert version(read(client, payment)) != before


def test_a_restricted_dossier_is_named_nowhere(town: Town, client: TestClient, clock: HandClock) -> None:
    from gateway.delivery.documents import sign_waiting

    dossier = town.dossier(PHI, LE_PHI, restricted=True)
    payment = town.pay_for(dossier)
    secrets = [dossier.dossier.code, dossier.dossier.procedure_name, "Ng*** Th*", *(due.name for due in dossier.dues)]
    pending = read(client, payment)
    town.money_comes(payment)
    sign_waiting(town.environment, town.keys)
    pages = [pending, read(client, payment), client.get(f"/vi/payments/{payment.reference}").text]
    pages += [client.get(f"/vi/receipts/{row.lookup_code}").text for row in town.receipts()]
    assert all(secret for secret in secrets)
    for page in pages:
        assert [secret for secret in secrets if secret in page] == []
    assert "Khoản thu theo hồ sơ đã tiếp nhận" in pending
    assert town.view(payment).memo == payment.reference
    (kept,) = town.rows(sa.table("dossier", sa.column("id"), sa.column("restricted")))  # type: ignore[arg-type]
    assert kept.restricted


def test_restricted_is_part_of_what_was_registered(town: Town) -> None:
    from dataclasses import replace

    from gateway.dues.model import DueRequest
    from gateway.dues.problems import DossierDiffers
    from gateway.dues.register import DossierRequest, register
    from tests.town import PAYER

    asked = DossierRequest(AGENCY, "H56.17-261124-0777", "1.004616", PAYER, (DueRequest(LE_PHI),), restricted=True)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        assert register(uow, asked).dossier.id == register(uow, asked).dossier.id
        with pytest.raises(DossierDiffers):
            register(uow, replace(asked, restricted=False))


def test_a_busy_terminal_hides_the_code_and_says_why(town: Town, client: TestClient) -> None:
    from gateway.payments.busy import due_busy

    payment = town.payment()
    before = read(client, payment)
    row = {"due_id": town.view(payment).dues[0].id, "agency_id": AGENCY, "payment_id": payment.id}
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        uow.connection.execute(sa.insert(due_busy).values(since=uow.now(), **row))
    page = read(client, payment)
    assert TEXTS["explain.busy"][0] in page and 'class="qr-image"' not in page
    assert version(before) != version(page)
