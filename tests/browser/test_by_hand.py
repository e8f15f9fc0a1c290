"""Keyboard, copy buttons, print and forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.web.screen import State
from tests.browser.conftest import Site
from tests.browser.test_screens import SCREENS
from tests.gateway.web.states import reach
from tests.town import ACCOUNT, LE_PHI, PHI

pytestmark = pytest.mark.browser


def test_the_keyboard_goes_from_top_to_bottom(page: Page, site: Site) -> None:
    payment = site.town.payment()
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    walked = []
    for _ in range(12):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    copies = [f"copy-{name}" for name in ("account", "holder", "bank", "amount", "memo")]
    assert walked[:9] == ["skip", "brand", "language", "save-qr", *copies]
    tops = page.evaluate("['save-qr', 'copy-account', 'copy-memo'].map((id) => document.getElementById(id).offsetTop)")
    assert tops == sorted(tops)


def test_the_skip_link_leads_to_the_content(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/vi/pay/{site.town.payment().token}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("secure", [True, False], ids=["clipboard", "old way"])
def test_each_fact_can_be_copied(secure: bool, browser: Browser, site: Site) -> None:
    payment = site.town.payment(PHI, LE_PHI)
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    if not secure:  # a plain http address on a commune's network
        page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    wanted = {
        "account": ACCOUNT,
        "holder": "SO XAY DUNG",
        "bank": "VietinBank",
        "amount": "195000",
        "memo": payment.reference,
    }
    for name, value in wanted.items():
        button = page.locator(f"#copy-{name}")
        button.press("Enter")
        expect(button).to_have_text("Đã chép")
        expect(page.locator("#said")).to_contain_text("Đã sao chép")
        assert page.evaluate("navigator.clipboard.readText()") == value
        expect(button).to_be_focused()
    expect(button).to_have_text("Sao chép")
    expect(page.locator("#said")).to_be_empty()
    context.close()


def test_paper_and_forced_colours(page: Page, site: Site) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    pending, paid = (reach(state, site.town, site.clock) for state in (State.PENDING, State.PAID))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    page.goto(f"{site.url}/vi/pay/{paid.token}")
    expect(page.locator(".copy").first).to_be_hidden()
    expect(page.locator(".language")).to_be_hidden()
    expect(page.locator("#print")).to_be_hidden()
    expect(page.locator(".receipt-number").first).to_be_visible()
    page.screenshot(path=SCREENS / "paper-paid.png", full_page=True)
    page.emulate_media(media="screen", forced_colors="active")
    page.goto(f"{site.url}/vi/pay/{pending.token}")
    page.screenshot(path=SCREENS / "forced-colours-pending.png", full_page=True)
    border = page.evaluate("getComputedStyle(document.querySelector('[role=status]')).borderTopStyle")
    assert border == "solid"


def test_text_at_twice_the_size_stays_in_the_window(page: Page, site: Site) -> None:
    from tests.browser.test_screens import sticks_out

    page.set_viewport_size({"width": 640, "height": 900})
    page.goto(f"{site.url}/vi/pay/{site.town.payment(PHI, LE_PHI).token}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sticks_out(page) == []
