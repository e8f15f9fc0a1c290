"""The counter's forms and feeds: what a page does for whom, and what it refuses in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from starlette.testclient import TestClient

from gateway.counter import places, queue, shift_store
from gateway.counter.cash_store import exemption, outage_slip
from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from gateway.messages.store import message
from gateway.officers import register as officers
from gateway.officers import session as sessions
from gateway.officers.model import Officer
from tests.conftest import HandClock
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.gateway.web.serving import pages
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    return Office(environment, clock, tmp_path)


@pytest.fixture
def client(environment: Environment, office: Office) -> Iterator[TestClient]:
    with TestClient(pages(environment), follow_redirects=False) as made:
        enter(made, office, office.clerk)
        yield made


def enter(client: TestClient, office: Office, officer: Officer) -> None:
    with office.environment.begin(actor="test") as uow:
        client.cookies.set("thuphi", sessions.begin(uow, officer.id))


def post(client: TestClient, path: str, **fields: object) -> tuple[int, str]:
    """A form of this session; status, and where it leads or what the page says."""
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/vi/counter?q=none").text)
    assert csrf
    answer = client.post(f"/vi{path}", data={"csrf": csrf[1], **fields})
    return answer.status_code, answer.headers.get("location") or answer.text


def test_without_a_shift_the_screen_leads_to_opening_one(client: TestClient, office: Office) -> None:
    assert client.get("/vi/counter").headers["location"] == "/vi/counter/shift"
    dossier = office.town.dossier(LE_PHI)
    status, page = post(client, f"/counter/dossier/{dossier.dossier.id}/ask", channel="vietqr")
    assert (status, "Hãy mở ca trước khi thu tiền" in page) == (409, True)
    assert post(client, "/counter/shift/open", counter="Quầy 1", terminal="POS-1") == (303, "/vi/counter")
    status, page = post(client, f"/counter/dossier/{dossier.dossier.id}/ask", channel="vietqr")
    assert (status, page.startswith("/vi/counter/payment/pay_")) == (303, True)
    assert post(client, f"/counter/dossier/{dossier.dossier.id}/ask", channel="gold")[0] == 422


def test_a_form_without_the_sessions_token_does_nothing(client: TestClient, office: Office) -> None:
    office.open()
    dossier = office.town.dossier(LE_PHI)
    path = f"/vi/counter/dossier/{dossier.dossier.id}/ask"
    assert client.post(path, data={"channel": "cash", "csrf": "0" * 40}).status_code == 403


def test_another_agencys_dossier_opens_and_says_whose_it_is(client: TestClient, office: Office) -> None:
    office.neighbour()
    office.open()
    dossier = office.neighbours_dossier(LE_PHI)
    found = client.get(f"/vi/counter?q={dossier.dossier.code}")
    page = client.get(found.headers["location"]).text
    assert "Thu hộ cơ quan khác" in page
    assert "Sở Y tế tỉnh Thanh Hóa" in page
    assert "Quầy không có máy POS thu cho cơ quan này" in page
    status, there = post(client, f"/counter/dossier/{dossier.dossier.id}/ask", channel="cash")
    assert status == 303
    assert office.town.environment is not None
    status, where = post(client, there.removeprefix("/vi") + "/cash", tendered="200.000")
    assert (status, where) == (303, there)
    office.town.work()
    assert [row.owner for row in office.town.receipts()] == [NEIGHBOUR]


def test_an_exemption_is_granted_on_the_page_and_listed_for_the_second_person(
    client: TestClient, office: Office
) -> None:
    office.open()
    dossier = office.town.dossier("lltp-1")
    path = f"/counter/dossier/{dossier.dossier.id}/exempt"
    status, page = post(client, path, due=dossier.dues[0].id, code="TRE_EM", evidence="")
    assert (status, "Ghi giấy tờ chứng minh" in page) == (422, True)
    done = post(client, path, due=dossier.dues[0].id, code="TRE_EM", evidence="Giấy khai sinh số 12")
    assert done == (303, f"/vi/counter/dossier/{dossier.dossier.id}")
    assert [row.amount_off for row in office.town.rows(exemption)] == [200_000]
    assert "Không còn khoản phải nộp" in client.get(done[1]).text


def test_the_outage_sheet_takes_a_slip_once(client: TestClient, office: Office) -> None:
    office.open()
    dossier = office.town.dossier(LE_PHI)
    slip = {"dossier": dossier.dossier.code, "terminal": "TID00009", "rrn": "632800000001"}
    slip |= {"approval_code": "a1b2c3", "sold_on": TODAY.isoformat()}
    status, page = post(client, "/counter/outage", **slip, amount="nhiều")
    assert (status, "Số tiền không hợp lệ" in page) == (422, True)
    assert post(client, "/counter/outage", **slip, amount="135.000") == (303, "/vi/counter/outage")
    assert "632800000001" in client.get("/vi/counter/outage").text
    assert post(client, "/counter/outage", **slip, amount="135.000")[0] == 409
    assert [row.state for row in office.town.rows(outage_slip)] == ["waiting"]


def test_a_receipt_is_sent_only_where_a_carrier_is(client: TestClient, office: Office) -> None:
    office.open()
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    status, page = post(client, f"/counter/payment/{money.id}/send", email="anh@vd.vn")
    assert (status, "Chưa gửi được" in page) == (422, True)
    assert office.town.rows(message) == []


def test_the_counter_remembers_its_paper(client: TestClient, office: Office) -> None:
    office.open()
    assert post(client, "/counter/paper", paper="slip")[0] == 303
    with office.environment.read() as connection:
        assert [one.paper for one in shift_store.counters(connection, AGENCY)] == ["slip"]


def test_one_key_swaps_the_terminal(client: TestClient, office: Office) -> None:
    office.till.add("POS-2", "POI-2")
    office.open()
    dossier = office.town.dossier(LE_PHI)
    back = f"dossier/{dossier.dossier.id}"
    assert post(client, "/counter/terminal", back=back) == (303, f"/vi/counter/{back}")
    assert "Máy POS POS-2" in client.get(f"/vi/counter/{back}").text


def test_the_hall_sees_numbers_and_nobody(client: TestClient, office: Office) -> None:
    office.open()
    number = office.act(office.guide, queue.give, AGENCY)
    assert post(client, "/counter/ticket", do="call") == (303, f"/vi/counter?ticket={number}")
    told = client.get(f"/queue/{AGENCY}.json").json()
    assert told["tickets"] == [{"number": number, "state": "called", "counter": "Quầy 1"}]
    money = office.ask(office.town.dossier(LE_PHI), "vietqr", ticket=number)
    assert number in client.get(f"/vi/counter/payment/{money.id}").text
    post(client, "/counter/finish", ticket=number)
    assert client.get(f"/queue/{AGENCY}.json").json()["tickets"][0]["state"] == "done"
    page = client.get(f"/vi/queue/{AGENCY}").text
    assert number in page
    assert "Nguyễn" not in page
    assert client.get("/vi/queue/NOBODY").status_code == 404
    assert client.get("/queue/NOBODY.json").status_code == 404


def test_the_payers_window_is_the_counters_own_secret(client: TestClient, office: Office) -> None:
    place = office.act(office.clerk, places.add_counter, AGENCY, "Quầy 1")
    client.cookies.clear()
    assert client.get(f"/vi/counter/display/{place.token}").status_code == 200
    assert client.get("/vi/counter/display/0000").status_code == 404
    assert client.get("/vi/counter").headers["location"].startswith("/vi/login")


def test_who_may_not_sees_no_counter(client: TestClient, office: Office) -> None:
    enter(client, office, office.boss)
    assert client.get("/vi/counter").status_code == 403
    assert client.get("/vi/counter/second").status_code == 200
    enter(client, office, office.clerk)
    assert client.get("/vi/counter/second").status_code == 403


def test_an_administrator_registers_and_retires_what_stands_at_the_counters(client: TestClient, office: Office) -> None:
    assert client.get("/vi/counter/places").status_code == 403
    admin = office.act(office.boss, officers.add, AGENCY, "Trần Thị Quản", "quantri", ["admin"])
    enter(client, office, admin)
    assert "Chưa có" in client.get("/vi/counter/places").text

    def do(what: str, **fields: object) -> tuple[int, str]:
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/vi/counter/places").text)
        assert csrf
        answer = client.post("/vi/counter/places", data={"csrf": csrf[1], "do": what, **fields})
        return answer.status_code, answer.headers.get("location") or answer.text

    there = (303, "/vi/counter/places")
    assert do("add_counter", name="Quầy 1", paper="a5") == there
    with office.environment.read() as connection:
        (place,) = shift_store.counters(connection, AGENCY)
    assert do("add_card", counter=place.id, serial="QR-001") == there
    status, page = do("add_card", counter=place.id, serial="QR-001")
    assert (status, "Đã đăng ký và đang dùng" in page) == (422, True)
    assert do("add_printer", counter=place.id, name="HP tầng 1", paper="slip") == there
    described = {"name": "POS-9", "acquirer": "vietinbank", "poi_id": "POI-9", "sale_id": "THUPHI", "model": "pull"}
    assert do("add_terminal", **described, counter=place.id, account=ACCOUNT) == there
    status, page = do("add_terminal", **described, counter=place.id, account=ACCOUNT)
    assert (status, 'value="POS-9"' in page) == (422, True)  # what was typed is still there
    page = client.get("/en/counter/places").text
    assert all(word in page for word in ("QR-001", "HP tầng 1", "POS-9", "The terminal comes for its bills", "80 mm"))
    for what, name in (("retire_card", "QR-001"), ("retire_printer", "HP tầng 1"), ("retire_terminal", "POS-9")):
        assert do(what, id=name) == there
    assert do("retire_counter", id=place.id) == there
    assert "QR-001" not in client.get("/vi/counter/places").text
    assert do("burn_down", id="1")[0] == 422


def test_a_shift_closes_by_the_terminals_own_word_and_then_settles_its_batch(
    client: TestClient, office: Office
) -> None:
    client.app.state.terminal_ways = office.till.ways  # type: ignore[attr-defined]
    office.open()
    office.card(office.town.dossier(LE_PHI))
    assert "hệ thống tự hỏi tổng từ máy POS: POS-1" in client.get("/vi/counter/shift").text
    status, where = post(client, "/counter/shift/close", end="close")
    assert status == 303
    page = client.get(where).text
    assert "máy POS tự báo" in page
    assert "Khớp đến từng đồng" in page
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert csrf
    assert client.post(f"{where}/settle", data={"csrf": csrf[1]}).status_code == 303
    page = client.get(where).text
    assert "POS-1: đã kết toán, khớp" in page
    assert f"{where}/settle" not in page


def test_cash_goes_back_on_the_page_once_a_second_person_agrees(client: TestClient, office: Office) -> None:
    office.open()
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    there = f"/counter/payment/{money.id}"
    assert post(client, f"{there}/undo", reason="Thu nhầm hồ sơ") == (303, f"/vi{there}")
    enter(client, office, office.boss)
    page = client.get("/vi/counter/second").text
    assert money.reference in page
    assert "trả tiền mặt từ ngăn kéo" in page
    asked = re.search(r"und_[0-9A-Z]+", page)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert asked
    assert csrf
    client.post("/vi/counter/second", data={"csrf": csrf[1], "about": "sale", "id": asked[0], "word": "yes"})
    enter(client, office, office.clerk)
    assert "Trả lại khách 135.000" in client.get(f"/vi{there}").text
    assert post(client, f"{there}/give-back", undoing=asked[0]) == (303, f"/vi{there}")
    page = client.get(f"/vi{there}").text
    assert "ĐÃ HOÀN LẠI KHÁCH" in page
    assert "ĐÃ NHẬN TIỀN" not in page
    status, page = post(client, f"{there}/give-back", undoing=asked[0])
    assert (status, "đã trả rồi" in page) == (409, True)


def test_the_next_officer_sees_the_hand_over_and_confirms_it(client: TestClient, office: Office) -> None:
    office.open()
    office.close(terminal_total=0, handed_to=office.colleague.id)
    office.clock.advance(minutes=1)
    assert "Nhận bàn giao" not in client.get("/vi/counter/shift").text
    enter(client, office, office.colleague)
    assert "Nhận bàn giao Quầy 1" in client.get("/vi/counter/shift").text
    status, page = post(client, "/counter/shift/open", counter="Quầy 1", terminal="POS-1")
    assert (status, "tự đếm tiền" in page) == (422, True)
    done = post(client, "/counter/shift/open", counter="Quầy 1", terminal="POS-1", counted="yes")
    assert done == (303, "/vi/counter")


def test_another_printer_prints_on_the_paper_that_is_in_it(client: TestClient, office: Office) -> None:
    shift = office.open()
    office.act(office.boss, places.add_printer, AGENCY, shift.counter.id, "HP tầng 1", "a5")
    office.act(office.boss, places.add_printer, AGENCY, shift.counter.id, "Máy cuộn", "slip")
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    sign_waiting(office.environment, office.town.keys)
    path = f"/vi/counter/payment/{money.id}/print"
    assert "HP tầng 1 · A5" in client.get(path).text
    page = client.get(f"{path}?printer=M%C3%A1y%20cu%E1%BB%99n").text
    frame = re.search(r'src="(/vi/counter/receipt/[^"]+)"', page)
    assert frame
    answer = client.get(frame[1].replace("&amp;", "&"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    with BytesIO(answer.content) as file:
        assert PdfFileReader(file).root["/Pages"]["/Kids"][0]["/MediaBox"][2] < 230  # 80 mm
