"""The counter by keyboard alone: from the scanned code to the receipt, at every fault of the terminal, for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.counter import places as places_of
from gateway.counter import queue, sale_undo, shift_store
from gateway.delivery.documents import sign_waiting
from gateway.officers import register as officers
from gateway.officers import session as sessions
from gateway.officers.model import Officer
from gateway.payments.store import PaymentRow
from receipts.life_tables import printing
from tests.browser.conftest import Site
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import SCREENS, sticks_out
from tests.gateway.counter.office import Office
from tests.town import AGENCY, LE_PHI, PHI

pytestmark = pytest.mark.browser

T = TypeVar("T")
MOST_KEYS = 8
PRINTS = """window.printed = 0;
const print = () => { window.top.printed = (window.top.printed ?? 0) + 1; };
Object.defineProperty(window, "print", { value: print, writable: false });"""


def apart(act: Callable[[], T]) -> T:
    """What needs an event loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


class Desk:
    """An officer before a screen, with a keyboard that counts."""

    def __init__(self, office: Office, site: Site, page: Page) -> None:
        self.office, self.site, self.page = office, site, page
        self.keys = 0

    def scan(self, code: str) -> None:
        """A wedge scanner: it types and presses Enter by itself; one act of the officer."""
        before = self.page.url
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")
        expect(self.page).not_to_have_url(before)
        self.keys += 1

    def press(self, key: str) -> None:
        """Once the page has come: an officer presses what is seen."""
        self.page.wait_for_load_state("load")
        self.page.keyboard.press(key)
        self.keys += 1

    def at(self, path: str) -> None:
        self.page.goto(f"{self.site.url}/vi{path}")

    def says(self, words: str) -> None:
        expect(self.page.locator("[data-part=status]")).to_contain_text(words)

    def work(self) -> None:
        """The worker and the terminal, in a thread of their own: Playwright has this one's event loop."""
        apart(self.office.till.work)

    def sign(self) -> None:
        sign_waiting(self.office.environment, self.office.town.keys)

    def receipt_is_there(self) -> None:
        expect(self.page.locator("[data-part=paper] a").first).to_contain_text("26TAA")


def enter(browser: Browser, site: Site, officer: Officer, complaints: list[str]) -> Page:
    """A window in which the officer is logged in."""
    with site.town.environment.begin(actor="test") as uow:
        secret = sessions.begin(uow, officer.id)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "thuphi", "value": secret, "url": site.url}])
    context.add_init_script(PRINTS)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    return page


@pytest.fixture
def office(site: Site, tmp_path: Path) -> Office:
    return Office(site.town.environment, site.clock, tmp_path / "till", site.town)


@pytest.fixture
def desk(browser: Browser, site: Site, office: Office, complaints: list[str]) -> Iterator[Desk]:
    page = enter(browser, site, office.clerk, complaints)
    yield Desk(office, site, page)
    page.context.close()
    assert complaints == []


@pytest.fixture
def working(desk: Desk) -> Desk:
    """With an open shift, waiting for the first payer."""
    desk.office.open()
    desk.at("/counter")
    return desk


def test_a_shift_opens_by_keyboard(desk: Desk) -> None:
    desk.at("/counter")
    desk.page.keyboard.type("Quầy 1")
    desk.press("Enter")
    expect(desk.page.locator(".bar")).to_contain_text("Quầy 1")
    expect(desk.page.locator("[data-scan]")).to_be_focused()


def test_from_scan_to_receipt_by_card_in_two_keys(working: Desk) -> None:
    dossier = working.office.town.dossier(LE_PHI, PHI)
    working.scan(dossier.dossier.code)
    expect(working.page.get_by_text("Nguyễn Thị Ánh")).to_be_visible()
    working.press("F4")
    working.says("Chờ khách quẹt thẻ")
    working.work()
    working.says("ĐÃ NHẬN TIỀN")
    working.sign()
    working.receipt_is_there()
    expect(working.page.locator("iframe[data-print]")).to_have_count(2)
    assert working.keys <= MOST_KEYS
    assert working.keys == 2
    expect(working.page.locator("[data-scan]")).to_be_focused()
    working.press("Escape")
    expect(working.page).to_have_url(f"{working.site.url}/vi/counter")


def test_by_qr_the_payers_window_follows(working: Desk, browser: Browser, complaints: list[str]) -> None:
    shift = working.office
    with shift.environment.read() as connection:
        token = shift_store.counters(connection, AGENCY)[0].token
    window = browser.new_page(viewport={"width": 1280, "height": 900})
    window.goto(f"{working.site.url}/vi/counter/display/{token}")
    expect(window.get_by_role("status").first).to_contain_text("Quầy 1")
    dossier = shift.town.dossier(LE_PHI)
    working.scan(dossier.dossier.code)
    working.press("F2")
    expect(window.locator(".qr-image")).to_be_visible()
    expect(window.locator("main")).to_contain_text("SO XAY DUNG")
    shot(window, "counter-window-qr")
    payment = payment_of(working)
    shift.town.money_comes(payment)
    working.says("ĐÃ NHẬN TIỀN")
    expect(window.get_by_role("status").first).to_contain_text("Cảm ơn quý khách")
    expect(window.locator("main")).not_to_contain_text("Nguyễn Thị Ánh")
    shot(window, "counter-window-paid")
    assert axe_violations(window) == []
    window.close()


def test_cash_takes_exactly_what_is_due_with_three_keys(working: Desk) -> None:
    working.scan(working.office.town.dossier(LE_PHI).dossier.code)
    working.press("F8")
    expect(working.page.locator("#tendered")).to_be_focused()
    working.press("Enter")
    working.says("Đã nhận tiền mặt, đang ghi sổ")
    working.office.town.work()
    working.says("ĐÃ NHẬN TIỀN")
    working.sign()
    working.receipt_is_there()
    assert working.keys == 3


SAFE_AGAIN = {"declined": "Thẻ không thanh toán được", "wrong_pin": "Thẻ không thanh toán được"} | {
    "no_card": "Thẻ không thanh toán được",
    "cancel": "Thẻ không thanh toán được",
}
PAID_ANYWAY = (
    "cut_after_approve",
    "cut_before_answer",
    "duplicate",
    "power_loss_after",
    "totals_differ",
    "cut_before_send",
)


@pytest.mark.parametrize("fault", [*SAFE_AGAIN, *PAID_ANYWAY])
def test_each_fault_ends_in_what_is_true(fault: str, working: Desk) -> None:
    office = working.office
    dossier = office.town.dossier(LE_PHI)
    office.till.terminal.arm([fault])
    working.scan(dossier.dossier.code)
    working.press("F4")
    working.says("Chờ khách quẹt thẻ")
    working.work()
    if fault in SAFE_AGAIN:
        working.says(SAFE_AGAIN[fault])
        expect(working.page.locator("[data-part=action] [data-key=F4]")).to_be_visible()
        working.press("F4")
        working.says("Chờ khách quẹt thẻ")
        working.work()
    working.says("ĐÃ NHẬN TIỀN")
    assert len(office.town.receipts()) == 1
    office.town.ties()


@pytest.mark.parametrize("fault", ["line_dead", "power_loss", "host_silent", "late_approval"])
def test_while_nobody_knows_nothing_offers_to_try_again(fault: str, working: Desk) -> None:
    office = working.office
    office.till.terminal.arm([fault])
    working.scan(office.town.dossier(LE_PHI).dossier.code)
    working.press("F4")
    working.says("Chờ khách quẹt thẻ")
    working.work()
    state = office.till.sale(payment_of(working)).state
    if state in ("unknown", "reversing"):
        working.says("Kiểm tra máy POS")
        assert 'data-key="F4"' not in working.page.locator("[data-part=action]").inner_html()
        shot(working.page, f"counter-unknown-{fault}")
        office.till.line.repair()
        working.scan(office.town.dossier(PHI).dossier.code)  # the queue moves on
        expect(working.page.get_by_role("button", name="F2")).to_be_visible()


def test_a_printer_that_fails_blocks_nobody_and_a_second_print_says_so(working: Desk) -> None:
    office = working.office
    office.cash(office.town.dossier(LE_PHI), 135_000)
    working.sign()
    receipt = office.town.receipts()[0]
    working.scan(receipt.lookup_code)
    working.says("ĐÃ NHẬN TIỀN")
    expect(working.page.locator("iframe[data-print]")).to_have_count(1)
    first = working.page.request.get(f"{working.site.url}/vi/counter/receipt/{receipt.id}/print.pdf?nth=0")
    assert first.status in (200, 204)  # whichever asked first, the page or this test, has it
    assert [(row.kind, row.nth, row.printed_by) for row in office.town.rows(printing)] == [
        ("print", 0, office.clerk.actor)
    ]
    working.press("F9")
    expect(working.page.get_by_text("In lại lần 1")).to_be_visible()
    again = working.page.request.get(f"{working.site.url}/vi/counter/receipt/{receipt.id}/print.pdf?nth=1")
    assert again.status in (200, 204)
    assert [row.nth for row in office.town.rows(printing)] == [0, 1]


def test_an_assistant_looks_up_and_prints_but_takes_no_money(
    browser: Browser, site: Site, office: Office, complaints: list[str]
) -> None:
    page = enter(browser, site, office.guide, complaints)
    guide = Desk(office, site, page)
    guide.at("/counter")
    dossier = office.town.dossier(LE_PHI)
    guide.scan(dossier.dossier.code)
    expect(page.get_by_text(dossier.dossier.code).first).to_be_visible()
    expect(page.locator("[data-key=F4], [data-key=F2], [data-key=F8]")).to_have_count(0)
    csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    form = {"csrf": csrf, "channel": "cash"}
    answer = page.request.post(f"{site.url}/vi/counter/dossier/{dossier.dossier.id}/ask", form=form)
    assert answer.status == 403
    page.context.close()


def test_every_page_of_the_counter_is_for_everybody(working: Desk, browser: Browser, complaints: list[str]) -> None:
    office = working.office
    dossier, page = office.town.dossier(LE_PHI, PHI), working.page
    office.act(office.guide, queue.give, AGENCY)
    office.act(office.clerk, queue.call_next, AGENCY, "Quầy 1")
    card = apart(lambda: office.card(office.town.dossier(LE_PHI)))
    working.sign()
    cash = office.ask(office.town.dossier(PHI), "cash")
    transfer = office.ask(dossier, "vietqr")
    places = {
        "home": "/counter",
        "dossier": f"/counter/dossier/{dossier.dossier.id}",
        "paid": f"/counter/payment/{card.id}",
        "cash": f"/counter/payment/{cash.id}",
        "qr": f"/counter/payment/{transfer.id}",
        "bill": f"/counter/bill/{transfer.id}",
        "print": f"/counter/payment/{card.id}/print",
        "shift": "/counter/shift",
        "outage": "/counter/outage",
        "queue": f"/queue/{AGENCY}",
    }
    for name, path in places.items():
        working.at(path)
        judged(page, f"counter-{name}")
    office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, card.id, "Thu nhầm")
    boss = enter(browser, working.site, office.boss, complaints)
    boss.goto(f"{working.site.url}/vi/counter/second")
    expect(boss.get_by_text("Thu nhầm")).to_be_visible()
    judged(boss, "counter-second")
    boss.get_by_role("button", name="Không duyệt").press("Enter")
    expect(boss.get_by_text("Không có việc nào chờ bạn")).to_be_visible()
    boss.context.close()
    admin = enter(
        browser, working.site, office.act(office.boss, officers.add, AGENCY, "Vũ", "tri", ["admin"]), complaints
    )
    place = store_counter(office)
    office.act(office.boss, places_of.add_card, AGENCY, place, "QR-001")
    office.act(office.boss, places_of.add_printer, AGENCY, place, "HP tầng 1", "a5")
    admin.goto(f"{working.site.url}/vi/counter/places")
    for words in ("Thêm quầy", "Thêm thẻ QR", "Thêm máy in", "Thêm máy POS"):
        admin.locator("summary", has_text=words).press("Enter")
    judged(admin, "counter-places")
    admin.context.close()
    closed = office.close(counts={}, terminal_total=card.amount, handed_to=office.colleague.id)
    working.at(f"/counter/shift/{closed.shift_id}")
    expect(page.get_by_text("Khớp đến từng đồng")).to_be_visible()
    judged(page, "counter-closed")
    working.site.clock.advance(seconds=1)
    colleague = enter(browser, working.site, office.colleague, complaints)
    colleague.goto(f"{working.site.url}/vi/counter")
    expect(colleague.get_by_text("Nhận bàn giao Quầy 1")).to_be_visible()
    judged(colleague, "counter-take-over")
    colleague.locator("#cards").fill("QR-001")
    colleague.locator("#counted").press("Space")
    colleague.locator("#counted").press("Enter")
    expect(colleague.locator(".bar")).to_contain_text("Quầy 1")
    colleague.context.close()


def store_counter(office: Office) -> str:
    """The id of the only counter."""
    with office.environment.read() as connection:
        return shift_store.counters(connection, AGENCY)[0].id


def test_cash_goes_back_by_keyboard_once_another_agrees(working: Desk) -> None:
    office = working.office
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    working.sign()
    office.undo(money)
    working.at(f"/counter/payment/{money.id}")
    expect(working.page.get_by_role("button", name="Đã trả tiền cho khách")).to_be_focused()
    judged(working.page, "counter-give-back")
    working.press("Enter")
    working.says("ĐÃ HOÀN LẠI KHÁCH")
    judged(working.page, "counter-given-back")


def judged(page: Page, name: str) -> None:
    """Looked at by machines and kept for people, wide and narrow."""
    shot(page, name)
    assert sticks_out(page) == [], name
    assert axe_violations(page) == [], name
    check(page)


def shot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width in (768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)


def payment_of(desk: Desk) -> PaymentRow:
    """The payment on the screen."""
    expect(desk.page).to_have_url(re.compile("/payment/"))
    return desk.office.town.view(desk.page.url.rpartition("/")[2]).row
