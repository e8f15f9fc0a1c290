"""The counter's forms and feeds: what a page does for whom, and what it refuses in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.counter import queue, shift_open, shift_store
from gateway.counter.cash_store import exemption, outage_slip
from gateway.kernel.uow import Environment
from gateway.messages.store import message
from gateway.officers import session as sessions
from gateway.officers.model import Officer
from tests.conftest import HandClock
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.gateway.web.serving import pages
from tests.town import AGENCY, LE_PHI, TODAY


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
    place = office.act(office.clerk, shift_open.add_counter, AGENCY, "Quầy 1")
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
