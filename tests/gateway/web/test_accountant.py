"""The accountant's pages without script: import, work the queue, a second person, close, report, remit; and who may not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from fractions import Fraction

import openpyxl
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from connectors.files.write_camt import camt053
from gateway import agencies
from gateway.agencies import Agency
from gateway.api.limits import FILE, limit_of
from gateway.claims import make
from gateway.claims.model import Told
from gateway.closing import breaks
from gateway.closing.breaks import Break, Wanted
from gateway.closing.store import bank_file
from gateway.closing.suggestions import suggestions
from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from gateway.ledger.store import posting
from gateway.officers import register
from gateway.officers import session as sessions
from gateway.officers.model import Officer, Role
from gateway.remitting import rules
from gateway.remitting.model import Treasury
from gateway.settlement.refund.store import refund as refund_table
from gateway.web.accountant import charts, router
from tests.conftest import HandClock
from tests.gateway.web.serving import pages
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

KBNN = Treasury("KBNN Thanh Hóa", "7111.0.1050", "970415", "1054321", "Sở Xây dựng", "1012345", "38TTT", "monthly:5")
OTHER = "H56.99"
HOME = "/vi/accountant"


class Office:
    """Officers before their browsers."""

    def __init__(self, town: Town, client: TestClient, clock: HandClock) -> None:
        self.town, self.client, self.clock = town, client, clock
        with town.environment.begin(actor="test", agency=AGENCY) as uow:
            self.clerk = register.add(uow, AGENCY, "Lê Thị Toán", "toan", ["accountant"])
            self.boss = register.add(uow, AGENCY, "Hoàng Thị Duyệt", "duyet", ["approver"])
            self.till = register.add(uow, AGENCY, "Nguyễn Thị Quầy", "quay", ["counter"])
            self.auditor = register.add(uow, AGENCY, "Vũ Văn Tra", "tra", ["auditor"])
            rules.set_treasury(uow, AGENCY, KBNN)
            rules.set_rate(uow, AGENCY, "PHI", Fraction(7, 10), "QĐ 123/QĐ-UBND")
        with town.environment.begin(actor="test") as uow:
            agencies.add(uow, Agency(OTHER, "Sở khác", "2800000099", "Thanh Hóa"))
            self.stranger = register.add(uow, OTHER, "Trần Văn Lạ", "la", ["accountant", "approver", "auditor"])
        self.enter(self.clerk)

    def enter(self, officer: Officer) -> None:
        with self.town.environment.begin(actor="test") as uow:
            self.client.cookies.set("thuphi", sessions.begin(uow, officer.id))

    def tomorrow(self) -> None:
        """The day is over; sessions end overnight."""
        self.clock.advance(days=1)
        self.enter(self.clerk)

    def see(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, *, see: str = "", status: int = 303, **fields: str) -> str:
        """Send a form with the token of the page `see`."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.see(see or path))
        answer = self.client.post(path, data={"csrf": csrf[1] if csrf else "", **fields})
        assert answer.status_code == status, answer.text
        return answer.headers.get("location", "") if status == 303 else answer.text

    def do(self, what: str, subject: str, status: int = 303, **fields: str) -> str:
        return self.send(f"{HOME}/act", see=HOME, do=what, subject=subject, status=status, **fields)

    def statement(self, name: str = "s.xml") -> str:
        """Bring the day's statement, look at it, book it."""
        told = self.town.bank.statement(ACCOUNT, TODAY)
        data = camt053(told, message_id=name, created_at=self.town.environment.clock())
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.see(f"{HOME}/import"))
        assert csrf
        answer = self.client.post(f"{HOME}/import", data={"csrf": csrf[1]}, files={"file": (name, data)})
        assert answer.status_code == 200, answer.text
        digest = re.search(r'name="digest" value="([^"]+)"', answer.text)
        assert digest
        self.send(f"{HOME}/import/book", see=f"{HOME}/import", digest=digest[1], what="statement")
        return answer.text

    def breaks(self, **wanted: str) -> list[Break]:
        with self.town.environment.read() as connection:
            return breaks.breaks(connection, AGENCY, TODAY, Wanted(**wanted))


@pytest.fixture
def client(environment: Environment) -> Iterator[TestClient]:
    with TestClient(pages(environment), follow_redirects=False) as client:
        yield client


@pytest.fixture
def office(town: Town, client: TestClient, clock: HandClock) -> Office:
    return Office(town, client, clock)


def slipped(town: Town) -> str:
    """A payment made with one letter of its reference wrong; the payment's reference."""
    payment = town.payment(LE_PHI)
    wrong = "2" if payment.reference[5] != "2" else "3"
    town.transfer(payment, memo=payment.reference[:5] + wrong + payment.reference[6:])
    return payment.reference


def test_a_day_from_the_statement_to_the_minutes(office: Office) -> None:
    town = office.town
    town.money_comes(town.payment(PHI))
    reference = slipped(town)
    preview = office.statement()
    assert ACCOUNT in preview and "195.000 ₫" in preview and "Khớp số dư" in preview
    queue = office.see(HOME)
    assert "Không rõ mã thanh toán" in queue and reference in queue and "Nhận gợi ý" in queue
    [found] = office.breaks(state="open")
    with town.environment.read() as connection:
        [offer] = suggestions(connection, AGENCY, found.lines)[found.lines[0]]
    where = office.do("take", found.subject, position="1", payment=offer.candidates[0], why=offer.sentence_vi)
    assert "done=asked" in where and "chờ người thứ hai" in office.see(where)
    office.enter(office.boss)
    waiting = office.see(f"{HOME}/second")
    assert reference in waiting and "Lê Thị Toán" in waiting
    chosen = re.search(r'name="id" value="(alc_[^"]+)"', waiting)
    assert chosen
    office.send(f"{HOME}/second", about="allocation", id=chosen[1], word="yes")
    assert office.breaks(state="open") == []
    sign_waiting(town.environment, town.keys)
    office.tomorrow()
    assert "Khóa sổ ngày này" in office.see(f"{HOME}/close?day={TODAY}")
    office.send(f"{HOME}/close", do="close", day=str(TODAY), see=f"{HOME}/close?day={TODAY}")
    minutes = office.client.get(f"{HOME}/close/{TODAY}/minutes.xml").text
    assert "<settled>195000</settled>" in minutes and "<receipts>2</receipts>" in minutes
    assert office.client.get(f"{HOME}/close/{TODAY}/minutes.pdf").content.startswith(b"%PDF")
    town.ties()


def test_a_closed_day_opens_again_by_two(office: Office) -> None:
    office.tomorrow()
    office.send(f"{HOME}/close", do="close", day=str(TODAY), see=f"{HOME}/close?day={TODAY}")
    office.send(f"{HOME}/close", do="reopen", day=str(TODAY), reason="", see=f"{HOME}/close?day={TODAY}", status=422)
    office.send(f"{HOME}/close", do="reopen", day=str(TODAY), reason="Sót", see=f"{HOME}/close?day={TODAY}")
    office.enter(office.boss)
    office.send(f"{HOME}/second", about="reopen", id=str(TODAY), word="yes")
    assert office.client.get(f"{HOME}/close/{TODAY}/minutes.xml").status_code == 404


def over(office: Office, by: int = 60_000) -> Break:
    payment = office.town.payment(LE_PHI)
    office.town.money_comes(payment, payment.amount + by)
    office.statement()
    [found] = office.breaks(state="open")
    return found


def test_a_refund_is_asked_for_at_the_row_and_agreed_to_by_another(office: Office) -> None:
    found = over(office)
    assert "done=refund" in office.do("refund", found.subject, key="k1", reason="Chuyển thừa")
    office.enter(office.boss)
    waiting = office.see(f"{HOME}/second")
    chosen = re.search(r'name="id" value="(rfd_[^"]+)"', waiting)
    assert chosen and "Chuyển thừa" in waiting
    office.send(f"{HOME}/second", about="refund", id=chosen[1], word="no", why="", status=422)
    office.send(f"{HOME}/second", about="refund", id=chosen[1], word="yes")
    assert "Không có việc nào chờ" in office.see(f"{HOME}/second")
    assert [one.way for one in office.breaks(state="asked")] == ["money"]
    office.enter(office.clerk)
    assert "Lập lệnh chi cho 1 khoản" in office.see(f"{HOME}/refunds")
    office.send(f"{HOME}/refunds")
    [order_id] = set(re.findall(r"/accountant/refunds/(rfo_[0-9A-Z]+).csv", office.see(f"{HOME}/refunds")))
    assert "60000" in office.see(f"{HOME}/refunds/{order_id}.csv")


def test_a_wish_to_refund_is_taken_back(office: Office) -> None:
    found = over(office)
    office.do("refund", found.subject, key="k1", reason="Chuyển thừa")
    office.do("undo", found.subject)
    assert [one.subject for one in office.breaks(state="open")] == [found.subject]
    office.do("undo", found.subject, status=409)


def test_a_payers_claim_is_looked_into_and_ended(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    with office.town.environment.begin(actor="payer", agency=AGENCY) as uow:
        row = make.make(uow, payment, Told(payment.amount, TODAY, bank_reference="FT123456"))
    assert row.number in office.see(f"{HOME}/claims")
    office.send(f"{HOME}/claims", id=row.id, reason="", status=422)
    office.send(f"{HOME}/claims", id=row.id, reason="Người nộp chuyển nhầm nơi khác")
    assert row.number not in office.see(f"{HOME}/claims")


def test_from_a_row_to_everything_that_happened(office: Office) -> None:
    found = over(office)
    page = office.see(f"{HOME}?at={found.subject}")
    assert f"/vi/accountant/traced/{found.payments[0]}" in page
    assert "195.000 ₫" in office.see(f"{HOME}/traced/{found.payments[0]}")
    office.see(f"{HOME}/traced/pay_nothing", status=404)


def test_accept_undo_assign_and_comment(office: Office) -> None:
    found = over(office)
    assert "chấp nhận" in office.do("accept", found.subject, reason="", status=422).lower()
    office.do("accept", found.subject, reason="Văn bản 12")
    assert len(office.breaks(state="asked")) == 1
    office.do("undo", found.subject)
    office.do("assign", found.subject, officer=office.clerk.id)
    office.do("note", found.subject, text="Đã gọi <b>ngân hàng</b>")
    page = office.see(f"{HOME}?at={found.subject}")
    assert "Đã gọi &lt;b&gt;ngân hàng" in page and page.count("Lê Thị Toán") >= 3
    assert "Bạn đã" not in page
    office.do("nonsense", found.subject, status=422)
    office.do("accept", "line:lin_none", reason="x", status=404)


def test_the_queue_filters_and_finds(office: Office) -> None:
    found = over(office)
    for query in (
        f"day={TODAY}",
        f"account={ACCOUNT}",
        "kind=AMOUNT_OVER",
        "owner=-",
        f"q={found.reference}",
        "q=195.000",
    ):
        assert found.reference in office.see(f"{HOME}?{query}"), query
    for query in ("kind=DUPLICATE", "day=2026-01-01", f"owner={office.boss.id}", "view=accepted", "q=%27%20OR%201"):
        assert f"at=line%3A{found.lines[0]}" not in office.see(f"{HOME}?{query}"), query
    office.see(f"{HOME}?day=nonsense", status=422)


def test_rows_of_one_rule_are_taken_together(office: Office) -> None:
    references = [slipped(office.town) for _ in range(2)]
    office.statement()
    queue = office.see(HOME)
    assert "Nhận cả 2 dòng" in queue
    office.do("take_rule", office.breaks()[0].subject, rule="reference.near")
    office.enter(office.boss)
    waiting = office.see(f"{HOME}/second")
    assert all(reference in waiting for reference in references)


def test_money_is_placed_on_a_payment_that_the_accountant_names(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    office.town.transfer(payment, memo="NOP LE PHI")
    office.statement()
    [found] = office.breaks(state="open")
    office.do("allocate", found.subject, reference="BLQ000000000", reason="x", status=404)
    office.do("allocate", found.subject, reference=payment.reference.lower(), reason="Người nộp báo")
    office.do("undo", found.subject)
    office.do("allocate", found.subject, reference=payment.reference, reason="Người nộp báo")
    office.enter(office.boss)
    chosen = re.search(r'name="id" value="(alc_[^"]+)"', office.see(f"{HOME}/second"))
    assert chosen
    office.send(f"{HOME}/second", about="allocation", id=chosen[1], word="yes")
    assert office.breaks(state="open") == [] and office.town.view(payment).status == "paid"
    office.town.ties()


def test_a_file_that_cannot_be_read_says_where(office: Office) -> None:
    csrf = re.search(r'name="csrf" value="([^"]+)"', office.see(f"{HOME}/import"))
    assert csrf
    bad = office.client.post(f"{HOME}/import", data={"csrf": csrf[1]}, files={"file": ("x.xml", b"<Document/>")})
    assert bad.status_code == 422 and "Lỗi trong tệp" in bad.text
    none = office.client.post(f"{HOME}/import", data={"csrf": csrf[1]})
    assert none.status_code == 422
    office.send(f"{HOME}/import/book", see=f"{HOME}/import", digest="0" * 64, status=404)


def test_every_table_of_the_day_leaves_as_a_file(office: Office) -> None:
    over(office)
    page = office.see(f"{HOME}/day")
    assert "195.000 ₫" in page and "<svg" in page
    for what in ("days", "channels", "units", "ages", "untouched", "owed_back", "breaks"):
        csv = office.client.get(f"{HOME}/day/export?what={what}&as=csv")
        assert csv.status_code == 200 and csv.content.startswith(b"\xef\xbb\xbf"), what
        xlsx = office.client.get(f"{HOME}/day/export?what={what}&as=xlsx")
        assert openpyxl.load_workbook(io.BytesIO(xlsx.content)).active is not None
    office.see(f"{HOME}/day/export?what=nothing", status=404)
    for link in re.findall(r'class="figure-box"><dt>[^<]+</dt><dd><a href="([^"]+)"', page):
        office.see(link.replace("&amp;", "&"))


@pytest.mark.parametrize(
    "what",
    [
        "collected",
        "outstanding",
        "forgone",
        "returned",
        "owed_back",
        "speed",
        "four_way",
        "register",
        "annual",
        "balance",
        "exempt",
        "receipts_used",
        "open_data",
    ],
)
def test_reports_of_a_period(office: Office, what: str) -> None:
    over(office)
    office.see(f"{HOME}/reports?what={what}")
    office.see(f"/en/accountant/reports?what={what}")


def test_the_journal_balances_and_knows_account_numbers(office: Office) -> None:
    over(office)
    rows = office.client.get(f"{HOME}/reports?what=journal&as=csv").text.splitlines()
    cells = [row.split(",") for row in rows[1:]]
    assert sum(int(row[3]) for row in cells) == sum(int(row[4]) for row in cells) > 0
    assert {row[1] for row in cells if row[2].startswith("bank:")} == {"112"}
    assert len(cells) == len(office.town.rows(posting))
    (office.town.environment.settings.data / "journal.json").write_text('{"accounts": {"bank": "1121"}}')
    assert ",1121,bank:" in office.client.get(f"{HOME}/reports?what=journal&as=csv").text
    assert "The period ends before" in office.see("/en/accountant/reports?from=2026-12-01&to=2026-01-01", status=422)


def test_money_goes_to_the_treasury_by_two_with_its_papers(office: Office) -> None:
    office.town.money_comes(office.town.payment(PHI))
    office.statement()
    office.tomorrow()
    assert "18.000 ₫" in office.see(f"{HOME}/remit")
    office.send(f"{HOME}/remit", do="prepare", until=str(TODAY))
    [remittance_id] = set(re.findall(r"/vi/accountant/remit/(rem_[0-9A-Z]+)", office.see(f"{HOME}/remit")))
    assert "KBNN Thanh Hóa" in office.see(f"{HOME}/remit/{remittance_id}")
    office.see(f"{HOME}/remit/{remittance_id}/pain001.xml", status=409)
    office.enter(office.boss)
    office.send(f"{HOME}/second", about="remittance", id=remittance_id, word="yes")
    office.enter(office.clerk)
    assert '<InstdAmt Ccy="VND">18000</InstdAmt>' in office.see(f"{HOME}/remit/{remittance_id}/pain001.xml")
    assert office.client.get(f"{HOME}/remit/{remittance_id}/order.xlsx").content.startswith(b"PK")
    office.send(f"{HOME}/remit", do="drop", id=remittance_id, status=409)


def _routes() -> list[tuple[str, str]]:
    found = [
        (route.path, method) for route in router.routes if isinstance(route, Route) for method in route.methods or ()
    ]
    return sorted((path, method) for path, method in found if method in ("GET", "POST") and path.startswith("/vi/"))


def test_no_page_opens_without_login_or_role(office: Office) -> None:
    office.enter(office.till)
    for path, method in _routes():
        answer = office.client.request(
            method, path.format(id="x", day=TODAY, kind="xml", name="order.xlsx"), data={"csrf": "x"}
        )
        assert answer.status_code == 403, (method, path)
    office.enter(office.auditor)
    for path, method in _routes():
        if method == "POST":
            address = path.format(id="x", day=TODAY, kind="xml", name="order.xlsx")
            assert office.client.post(address, data={"csrf": "x"}).status_code == 403, path
    office.client.cookies.clear()
    for path, method in _routes():
        if method == "GET":
            answer = office.client.get(path.format(id="x", day=TODAY, kind="xml", name="order.xlsx"))
            assert answer.status_code == 303 and "/login" in answer.headers["location"], path


def test_another_agencys_ids_do_not_exist(office: Office) -> None:
    found = over(office)
    office.do("accept", found.subject, reason="Văn bản 12")
    [asked] = office.breaks(state="asked")
    office.do("refund", found.subject, key="k1", reason="Chuyển thừa")
    digest = office.town.rows(bank_file)[0].sha256
    office.enter(office.stranger)
    assert found.reference not in office.see(HOME) + office.see(f"{HOME}?view=closed")
    assert found.subject not in office.see(f"{HOME}?q={found.reference}")
    for do, more in (
        ("accept", {"reason": "x"}),
        ("note", {"text": "x"}),
        ("undo", {}),
        ("assign", {"officer": office.stranger.id}),
        ("allocate", {"reference": found.reference, "reason": "x"}),
        ("refund", {"reason": "x", "key": "k2"}),
        ("take", {"position": "1", "payment": found.payments[0]}),
    ):
        office.do(do, found.subject, status=404, **more)
    [refund] = office.town.rows(refund_table)
    for about, chosen in (
        ("break", asked.ask_id),
        ("refund", refund.id),
        ("reopen", str(TODAY)),
        ("remittance", "rem_x"),
    ):
        office.send(f"{HOME}/second", about=about, id=chosen, word="yes", status=404, see=HOME)
    office.send(f"{HOME}/import/book", see=f"{HOME}/import", digest=digest, status=404)
    for path in ("/remit/rem_x", "/refunds/rfo_x.csv", f"/traced/{found.payments[0]}"):
        office.see(f"{HOME}{path}", status=404)


def test_the_door_takes_large_files_and_no_larger_ones_elsewhere() -> None:
    assert limit_of("/vi/accountant/import") == limit_of("/en/accountant/import/book") == FILE
    assert limit_of("/vi/accountant") < FILE


def test_an_officer_who_only_approves_does_not_ask(office: Office) -> None:
    found = over(office)
    office.enter(office.boss)
    office.do("accept", found.subject, reason="x", status=403)
    assert Role.ACCOUNTANT not in office.boss.roles


def test_a_chart_escapes_and_says_its_figures() -> None:
    drawn = str(charts.bars("A & B", [("<x>", 5), ("y", 0)]))
    assert "A &amp; B" in drawn and "&lt;x&gt;: 5" in drawn and "<x>" not in drawn
    assert "<rect" not in charts.bars("none", [])
