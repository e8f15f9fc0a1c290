"""Keyboard, copy buttons, print and forced colours."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gateway.web.screen import State
from tests.browser.conftest import Site
from tests.browser.test_screens import SCREENS, sticks_out
from tests.gateway.web.states import reach, sign
from tests.town import ACCOUNT, LE_PHI, PHI

pytestmark = pytest.mark.browser


def test_the_keyboard_goes_from_top_to_bottom(page: Page, site: Site) -> None:
    payment = site.town.payment()
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    walked = []
    for _ in range(12):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    copies = [f"copy-{name}" for name in ("account", "amount", "memo", "holder", "bank")]
    assert walked == ["skip", "brand", "size", "language", "save-qr", "extend", *copies, "other-payer"]
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


@pytest.mark.parametrize("state", [State.PENDING, State.PAID, State.EXPIRED_PARTIAL])
def test_text_at_twice_the_size_stays_in_the_window(state: State, page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 640, "height": 900})
    page.goto(f"{site.url}/vi/pay/{reach(state, site.town, site.clock).token}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.screenshot(path=SCREENS / f"zoom-200-{state}.png", full_page=True)
    assert sticks_out(page) == []


def test_large_print_fits_the_smallest_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{site.url}/vi/pay/{site.town.payment(PHI, LE_PHI).token}")
    page.get_by_role("link", name="Chữ lớn").click()
    assert page.url.endswith("?print=large")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    page.screenshot(path=SCREENS / "large-print-320.png", full_page=True)
    assert sticks_out(page) == []
    page.get_by_role("link", name="English").click()
    expect(page.locator("html.large")).to_have_count(1)
    page.get_by_role("link", name="Normal print").click()
    expect(page.locator("html.large")).to_have_count(0)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_three_taps_from_the_link_to_the_receipt(scripted: bool, browser: Browser, site: Site) -> None:
    """The link, the picture for the bank's app, and, the money being there, the receipt."""
    payment = site.town.payment()
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripted)
    page = context.new_page()
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    save = page.get_by_role("link", name="Lưu ảnh QR")
    expect(save).to_be_in_viewport()
    with page.expect_download() as saved:
        save.click()
    picture = Image.open(BytesIO(saved.value.path().read_bytes()))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    site.town.transfer(payment)
    assert found.text == site.town.view(payment).payload
    site.town.deliver()
    site.town.work()
    sign(site.town)
    pdf = page.get_by_role("link", name="Xem biên lai (PDF)")
    expect(pdf).to_be_visible(timeout=20_000)
    assert page.context.request.get(site.url + str(pdf.get_attribute("href"))).body().startswith(b"%PDF-")
    context.close()


def test_the_time_left_is_told_and_can_be_had_again(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto(f"{site.url}/vi/pay/{site.town.payment().token}")
    countdown = page.locator(".countdown")
    expect(countdown).to_have_text("Còn 60 phút")
    page.clock.fast_forward("54:30")
    page.clock.run_for(6_000)
    expect(countdown).to_have_text("Còn 5 phút")
    expect(page.locator("#said")).to_have_text("Còn 5 phút")
    site.clock.advance(minutes=55)
    page.get_by_role("button", name="Cần thêm thời gian").click()
    expect(page.locator(".until")).to_contain_text("24/11/2026 11:25")


def test_another_payer_gets_the_link(browser: Browser, site: Site) -> None:
    payment = site.town.payment()
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    page.get_by_text("Nhờ người khác nộp hộ").press("Enter")
    page.locator("#copy-link").press("Enter")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/vi/pay/{payment.token}")
    context.close()


def test_a_file_is_checked_without_script(browser: Browser, site: Site) -> None:
    payment = reach(State.PAID, site.town, site.clock)
    receipt = site.town.view(payment).receipts[0]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for kind in ("xml", "pdf"):
        body = context.request.get(f"{site.url}/pay/{payment.token}/receipts/{receipt.id}.{kind}").body()
        page.goto(f"{site.url}/vi/receipts/verify")
        page.locator("#file").set_input_files({"name": f"a.{kind}", "mimeType": f"application/{kind}", "buffer": body})
        page.get_by_role("button", name="Kiểm tra tệp").click()
        expect(page.locator(".status-words")).to_have_text("Biên lai nguyên vẹn, chữ ký đúng")
        page.screenshot(path=SCREENS / f"public-judged-{kind}.png", full_page=True)
    context.close()


def test_the_first_load_over_the_wire(browser: Browser, site: Site) -> None:
    """What the browser really fetched for the first time, headers apart: below 60 kB, and the fonts come later."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site.url}/vi/pay/{site.town.payment(PHI, LE_PHI).token}", wait_until="load")
    page.evaluate("document.fonts.ready")
    fetched = page.evaluate(
        """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
            .map((one) => [one.name, one.encodedBodySize, one.decodedBodySize])"""
    )
    first = [one for one in fetched if not one[0].endswith((".woff2", "/events"))]
    wire, whole = (sum(one[place] for one in first) for place in (1, 2))
    late = sum(one[1] for one in fetched if one[0].endswith(".woff2"))
    print(f"first load: {wire} bytes on the wire, {whole} unpacked; fonts after the first paint: {late}")
    assert len(first) >= 5 and 0 < wire <= whole <= 60_000
    context.close()
