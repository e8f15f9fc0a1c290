"""The accountant by keyboard alone: a day's statement, its breaks, a second person, the close; every page with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from connectors.files.write_camt import camt053
from gateway.closing import breaks, breaks_act, minutes
from gateway.delivery.documents import sign_waiting
from gateway.officers import register
from gateway.officers import session as sessions
from gateway.officers.model import Officer
from gateway.remitting import prepare, rules
from tests.browser.conftest import Site
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import SCREENS, sticks_out
from tests.gateway.web.test_accountant import KBNN
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY

pytestmark = pytest.mark.browser

HOME = "/vi/accountant"


class Books:
    """An accountant and an approver, and a day at the bank that needs both."""

    def __init__(self, site: Site, browser: Browser, complaints: list[str], directory: Path) -> None:
        self.site, self.browser, self.complaints, self.directory = site, browser, complaints, directory
        self.windows: list[Page] = []
        with site.town.environment.begin(actor="test", agency=AGENCY) as uow:
            self.clerk = register.add(uow, AGENCY, "Lê Thị Toán", "toan", ["accountant"])
            self.boss = register.add(uow, AGENCY, "Hoàng Thị Duyệt", "duyet", ["approver"])
            rules.set_treasury(uow, AGENCY, KBNN)

    def window(self, officer: Officer, *, script: bool = True, width: int = 1280) -> Page:
        with self.site.town.environment.begin(actor="test") as uow:
            secret = sessions.begin(uow, officer.id)
        context = self.browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        context.add_cookies([{"name": "thuphi", "value": secret, "url": self.site.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        self.windows.append(page)
        return page

    def day(self) -> None:
        """Two good payments, one with a slip of the pen, one too much, one a little too much, one of nobody."""
        town = self.site.town
        for fee in (LE_PHI, PHI):
            town.money_comes(town.payment(fee))
        for by in (60_000, 1_000):
            payment = town.payment(LE_PHI)
            town.money_comes(payment, payment.amount + by)
        slip = town.payment(LE_PHI)
        wrong = "2" if slip.reference[5] != "2" else "3"
        town.transfer(slip, memo=slip.reference[:5] + wrong + slip.reference[6:])
        self.named = town.payment(PHI)
        town.transfer(self.named, memo="NOP PHI HO SO")
        sign_waiting(town.environment, town.keys)

    def statement(self) -> Path:
        told = self.site.town.bank.statement(ACCOUNT, TODAY)
        file = self.directory / "saoke.xml"
        file.write_bytes(camt053(told, message_id="M1", created_at=self.site.town.environment.clock()))
        return file

    def asks(self) -> None:
        """One difference waits for a second person, and a remittance does."""
        town = self.site.town
        with town.environment.begin(actor=self.clerk.actor, agency=AGENCY) as uow:
            large = next(one for one in breaks.breaks(uow.connection, AGENCY, TODAY) if one.stake == 60_000)
            breaks_act.note(uow, AGENCY, large.subject, "Đã gọi người nộp")
            breaks_act.accept(uow, AGENCY, large.subject, "Người nộp có văn bản không nhận lại")
            prepare.prepare(uow, AGENCY, TODAY)

    def brought(self, page: Page) -> None:
        """The statement is booked."""
        page.goto(f"{self.site.url}{HOME}/import")
        page.locator("#file").set_input_files(self.statement())
        page.get_by_role("button", name="Xem trước").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("saoke.xml")
        page.get_by_role("button", name="Ghi sổ").press("Enter")
        expect(page.get_by_role("status").filter(has_text="Đã ghi sổ")).to_be_visible()


@pytest.fixture
def books(site: Site, browser: Browser, complaints: list[str], tmp_path: Path) -> Iterator[Books]:
    made = Books(site, browser, complaints, tmp_path)
    yield made
    for page in made.windows:
        page.context.close()
    assert complaints == []


def chosen(page: Page, words: str) -> None:
    expect(page.locator(".side-detail h2")).to_contain_text(words)


def go_to(page: Page, words: str, amount: str = "") -> None:
    """Arrow down until the chosen row is of this kind and amount."""
    for _ in range(10):
        heard = page.locator(".side-detail h2").inner_text()
        if words in heard and amount in heard:
            return
        page.keyboard.press("ArrowDown")
        expect(page.locator(".side-detail h2")).not_to_have_text(heard)
    raise AssertionError(words)


def test_an_accountant_clears_a_day_by_keyboard_alone(books: Books) -> None:
    books.day()
    page, town = books.window(books.clerk), books.site.town
    books.brought(page)
    expect(page.locator(".bar")).to_contain_text("Còn 4 chênh lệch")
    judged(page, "accountant-queue")

    go_to(page, "Không rõ mã", "135.000")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_contain_text("Còn 3 chênh lệch")
    page.keyboard.press("u")
    expect(page.locator(".bar")).to_contain_text("Còn 4 chênh lệch")
    go_to(page, "Không rõ mã", "135.000")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_contain_text("Còn 3 chênh lệch")

    go_to(page, "Chuyển thừa", "195.000")
    page.keyboard.press("r")
    page.keyboard.type("Chuyển thừa 60.000")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_contain_text("Còn 2 chênh lệch")

    go_to(page, "Chuyển thừa", "136.000")
    page.keyboard.press("m")
    expect(page.get_by_role("status").filter(has_text="Đã giao việc")).to_be_visible()
    go_to(page, "Chuyển thừa", "136.000")
    page.keyboard.press("x")
    page.keyboard.type("Người nộp không nhận lại")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_contain_text("Còn 1 chênh lệch")

    go_to(page, "Không rõ mã", "60.000")
    page.keyboard.press("p")
    page.keyboard.type(books.named.reference)
    page.keyboard.press("Tab")
    page.keyboard.type("Người nộp đưa ủy nhiệm chi")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Không còn chênh lệch nào ở đây.")).to_be_visible()

    second = books.window(books.boss)
    second.goto(f"{books.site.url}{HOME}/second")
    judged(second, "accountant-second")
    for _ in range(3):
        second.keyboard.press("Enter")
        expect(second.get_by_role("status").filter(has_text="Đã duyệt")).to_be_visible()
        second.goto(f"{books.site.url}{HOME}/second")
    expect(second.get_by_text("Không có việc nào chờ.")).to_be_visible()
    sign_waiting(town.environment, town.keys)
    town.ties()

    books.site.clock.advance(days=1)
    late = books.window(books.clerk)
    late.goto(f"{books.site.url}{HOME}/close")
    judged(late, "accountant-close")
    late.keyboard.press("Enter")
    expect(late.get_by_role("status").filter(has_text="Đã khóa sổ")).to_be_visible()
    with town.environment.read() as connection:
        totals = minutes.minutes(connection, AGENCY, TODAY).facts["totals"]
    assert totals["money_in"] == totals["settled"] + totals["suspense"] + totals["returned"] == 721_000
    assert totals["receipts"] == 6 and totals["suspense"] == 61_000


def test_the_search_and_the_rows_by_keyboard(books: Books) -> None:
    books.day()
    page = books.window(books.clerk)
    books.brought(page)
    first = page.locator(".side-detail h2").inner_text()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".side-detail h2")).not_to_have_text(first)
    expect(page.locator("[data-said]")).not_to_be_empty()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".side-detail h2")).to_have_text(first)
    page.keyboard.press("/")
    page.keyboard.type("136.000")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    chosen(page, "136.000")


def test_the_same_day_without_script(books: Books) -> None:
    books.day()
    page = books.window(books.clerk, script=False)
    books.brought(page)
    page.get_by_role("link", name="Không rõ mã thanh toán").first.click()
    page.goto(f"{books.site.url}{HOME}?q=135.000")
    page.get_by_role("link", name="Không rõ mã thanh toán").click()
    page.get_by_role("button", name="Nhận gợi ý").click()
    expect(page.get_by_text("Đã gửi đề nghị")).to_be_visible()
    page.get_by_role("button", name="Hoàn tác").first.click()
    expect(page.get_by_text("Đã hoàn tác")).to_be_visible()


PLACES = {
    "workspace": "",
    "waiting": "?view=asked",
    "import": "/import",
    "day": f"/day?day={TODAY}",
    "reports": f"/reports?what=collected&by=fee&from={TODAY}&to={TODAY}",
    "officers": f"/reports?what=collected&by=officer&from={TODAY}&to={TODAY}",
    "used": f"/reports?what=receipts_used&from={TODAY}&to={TODAY}",
    "journal": f"/reports?what=journal&from={TODAY}&to={TODAY}",
    "remit": "/remit",
    "closed": f"/close?day={TODAY}",
    "refunds": "/refunds",
    "second": "/second",
}


@pytest.mark.parametrize("name", PLACES)
def test_every_page_fits_and_is_for_everybody(books: Books, name: str) -> None:
    books.day()
    books.brought(books.window(books.clerk))
    books.asks()
    books.site.clock.advance(days=1)
    page = books.window(books.boss if name == "second" else books.clerk)
    page.goto(f"{books.site.url}{HOME}{PLACES[name]}")
    judged(page, f"accountant-{name}")
    page.goto(f"{books.site.url}/en/accountant{PLACES[name]}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert axe_violations(page) == []


def judged(page: Page, name: str) -> None:
    """Looked at by machines and kept for people, wide, tablet and phone."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
        assert sticks_out(page) == [], (name, width)
    assert axe_violations(page) == [], name
    check(page)
