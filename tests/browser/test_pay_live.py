"""The pay page while money comes: without reload, without script, without a stream, and with the reader's place kept."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gateway.payments.store import PaymentRow
from gateway.web.screen import State
from tests.browser.conftest import Site
from tests.gateway.web.states import reach, sign
from tests.town import LE_PHI, PHI

pytestmark = pytest.mark.browser

PATIENCE = 20_000  # milliseconds; only how long a failure takes


def open_page(page: Page, site: Site, payment: PaymentRow, language: str = "vi") -> None:
    """The page, marked so that a reload would show."""
    page.goto(f"{site.url}/{language}/pay/{payment.token}")
    page.evaluate("window.sameDocument = true")


def expect_state(page: Page, words: str) -> None:
    expect(page.locator("[data-part=status]")).to_contain_text(words, timeout=PATIENCE)


def test_pending_turns_into_the_receipt_without_a_reload(page: Page, site: Site) -> None:
    payment = site.town.payment(PHI, LE_PHI)
    with page.expect_response("**/events"):
        open_page(page, site, payment)
    expect_state(page, "Chờ thanh toán")
    site.town.money_comes(payment)
    expect_state(page, "Đã thanh toán, biên lai đang ký số")
    expect(page.locator(".qr-image")).to_have_count(0)
    sign(site.town)
    expect(page.locator(".status-words")).to_have_text("Đã thanh toán", timeout=PATIENCE)
    expect(page.get_by_role("link", name="Xem biên lai (PDF)")).to_have_count(2)
    expect(page).to_have_title("Đã nộp 195.000 ₫ – Thu Phí")
    assert page.evaluate("window.sameDocument") is True


def test_a_part_payment_brings_a_new_code_and_keeps_the_focus(page: Page, site: Site) -> None:
    payment = site.town.payment(PHI, LE_PHI)
    with page.expect_response("**/events"):
        open_page(page, site, payment, "en")
    page.locator("#copy-memo").focus()
    site.town.money_comes(payment, 100_000)
    expect_state(page, "Received 100.000 ₫, still due 95.000 ₫")
    expect(page.locator("#copy-memo")).to_be_focused()
    assert scanned(page) == site.town.view(payment).payload
    assert page.evaluate("window.sameDocument") is True


def test_focus_on_what_is_gone_moves_to_the_content(page: Page, site: Site) -> None:
    payment = site.town.payment()
    with page.expect_response("**/events"):
        open_page(page, site, payment)
    page.locator("#save-qr").focus()
    site.town.money_comes(payment)
    expect_state(page, "Đã thanh toán")
    expect(page.locator("main")).to_be_focused()


def test_without_script_the_page_refreshes_itself(browser: Browser, site: Site) -> None:
    payment = site.town.payment()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    expect(page.locator(".copy").first).to_be_hidden()
    expect(page.locator("dd .value").first).to_have_text("110000012345")
    site.town.money_comes(payment)
    sign(site.town)
    expect_state(page, "Đã thanh toán")
    expect(page.get_by_role("link", name="Xem biên lai (PDF)")).to_have_count(1)
    context.close()


def test_without_a_stream_the_page_asks_every_four_seconds(browser: Browser, site: Site) -> None:
    payment = site.town.payment()
    page = deaf(browser, site, payment)
    site.town.money_comes(payment)
    page.clock.run_for(4_100)
    expect_state(page, "Đã thanh toán")
    page.context.close()


def test_coming_back_from_the_bank_app_looks_at_once(browser: Browser, site: Site) -> None:
    payment = site.town.payment()
    page = deaf(browser, site, payment)
    site.town.money_comes(payment)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect_state(page, "Đã thanh toán")
    page.context.close()


def deaf(browser: Browser, site: Site, payment: PaymentRow) -> Page:
    """A page that gets no stream, and whose clock stands still until told."""
    page = browser.new_context().new_page()
    page.clock.install()
    page.route("**/events", lambda route: route.fulfill(status=503))
    with page.expect_response("**/events"):
        page.goto(f"{site.url}/vi/pay/{payment.token}")
    expect_state(page, "Chờ thanh toán")
    page.clock.pause_at(page.evaluate("Date.now()") + 1)
    return page


def test_the_code_on_the_screen_can_be_scanned(page: Page, site: Site) -> None:
    payment = site.town.payment()
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        open_page(page, site, payment)
        box = page.locator(".qr-image").bounding_box()
        assert box is not None and box["width"] >= 240
        assert scanned(page) == site.town.view(payment).payload


def test_an_expired_page_leads_to_a_fresh_one(page: Page, site: Site) -> None:
    payment = reach(State.EXPIRED, site.town, site.clock)
    open_page(page, site, payment)
    page.get_by_role("button", name="Tạo mã mới").click()
    expect_state(page, "Chờ thanh toán")
    assert payment.token not in page.url


def test_late_money_reaches_an_expired_page(page: Page, site: Site) -> None:
    payment = reach(State.EXPIRED, site.town, site.clock)
    with page.expect_response("**/events"):
        open_page(page, site, payment)
    site.town.money_comes(payment)
    expect_state(page, "Đã thanh toán")


def scanned(page: Page) -> str:
    """What a phone reads off a picture of the whole screen."""
    page.locator(".qr-image").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.qr-image').complete")
    picture = Image.open(BytesIO(page.screenshot()))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(found.text)
