"""Claims in the browser: told by keyboard, refused at the field, acknowledged, found; who is late is named."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.claims import make, store
from gateway.connecting.store import health
from gateway.payments.store import PaymentRow
from tests.browser.conftest import Site
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import SCREENS, WIDTHS, shoot
from tests.town import AGENCY, LE_PHI

pytestmark = pytest.mark.browser

PICTURE = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 50}


def told(page: Page, site: Site, payment: PaymentRow, language: str = "vi") -> None:
    """From the payment's own link to the acknowledgement, with nothing to type."""
    page.goto(f"{site.url}/{language}/claim?token={payment.token}")
    page.locator("form button").click()
    expect(page.locator("#number, #copy-number")).to_have_count(1)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_from_not_yet_to_found(browser: Browser, site: Site, language: str, scripted: bool) -> None:
    words = {"vi": ("Chưa thấy", "không phải là biên lai", "Đã tìm thấy"), "en": ("Not yet", "not a receipt", "Found")}
    payment = site.town.payment(LE_PHI)
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripted)
    page = context.new_page()
    page.goto(f"{site.url}/{language}/claim?token={payment.token}")
    expect(page.locator("#reference")).to_have_value(payment.reference)
    expect(page.locator("#amount")).to_have_value("135000")
    page.locator("#picture").set_input_files([PICTURE])  # type: ignore[list-item]
    page.locator("#note").fill("Chuyển lúc 8 giờ")
    page.locator("form button").click()
    not_yet, no_receipt, found = words[language]
    expect(page.locator("main")).to_contain_text(not_yet)
    expect(page.locator("main")).to_contain_text(no_receipt)
    expect(page.locator(".copy")).to_have_count(1)
    assert page.locator(".copy").is_visible() == scripted

    site.town.money_comes(payment)
    site.clock.advance(minutes=1)
    make.look_again(site.town.environment)
    page.get_by_role("link", name={"vi": "Xem lại", "en": "Look again"}[language]).click()
    expect(page.locator("main")).to_contain_text(found)
    context.close()


def test_the_form_is_filled_by_keyboard_and_refused_at_its_field(page: Page, site: Site, complaints: list[str]) -> None:
    payment = site.town.payment(LE_PHI)
    page.goto(f"{site.url}/vi/claim")
    page.locator("#reference").focus()
    page.keyboard.type(payment.reference)
    walked = ["reference"]
    for _ in range(12):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.tagName")
        if here != walked[-1]:  # a day has three parts
            walked.append(here)
        if here == "amount":
            page.keyboard.type("135.000")
        if here == "account":
            page.keyboard.type("x y")
        if here == "BUTTON":
            break
    names = ["reference", "amount", "paid_on", "bank_reference", "account", "picture", "email", "phone", "note"]
    assert walked == [*names, "BUTTON"]
    page.keyboard.press("Enter")
    wrong = page.locator("#account")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#account-error")).to_be_visible()
    expect(page.locator("#amount")).to_have_value("135.000")
    check(page)
    assert axe_violations(page) == []
    page.screenshot(path=SCREENS / "claim-refused-390.png", full_page=True)
    wrong.fill("")
    wrong.press("Enter")
    expect(page.locator("#copy-number")).to_be_visible()
    complaints[:] = [said for said in complaints if "422" not in said]


def hide(site: Site, how: str) -> PaymentRow:
    """A payment whose money is there in this way."""
    payment = site.town.payment(LE_PHI)
    if how == "held":
        site.town.money_comes(payment, 100_000)
    if how == "suspense":
        site.town.money_comes(payment, memo="nop phi")
    if how == "arriving":
        site.town.transfer(payment)
        site.town.deliver()
    if how == "paid":
        site.town.transfer(payment)
    return payment


@pytest.mark.parametrize("how", ["not_yet", "held", "suspense", "arriving", "not_ours", "paid", "ended"])
def test_every_finding(how: str, page: Page, site: Site, browser: Browser) -> None:
    payment = hide(site, how)
    page.goto(f"{site.url}/vi/claim?token={payment.token}")
    if how == "not_ours":
        page.locator("#account").fill("999999999999")
    page.locator("form button").click()
    expect(page.locator("#copy-number")).to_be_visible()
    if how == "paid":
        site.town.deliver()
        site.town.work()
        site.clock.advance(minutes=1)
        make.look_again(site.town.environment)
    if how == "ended":
        with site.town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
            row = store.by_token(uow.connection, page.url.rpartition("/")[2])
            make.end(uow, AGENCY, row.id, "Người nộp rút phản ánh")
    for language in ("en", "vi"):
        page.goto(page.url.replace("/vi/", f"/{language}/").replace("/en/", f"/{language}/"))
        check(page)
        assert axe_violations(page) == []
    shoot(browser, page.url, f"claim-{how}-vi", WIDTHS)
    shoot(browser, page.url.replace("/vi/", "/en/"), f"claim-{how}-en", WIDTHS[1:2])


def test_the_form_fits_every_width(site: Site, browser: Browser) -> None:
    payment = site.town.payment(LE_PHI)
    for language in ("vi", "en"):
        shoot(browser, f"{site.url}/{language}/claim?token={payment.token}", f"claim-form-{language}", WIDTHS)


@pytest.mark.parametrize(
    ("language", "words"),
    [("vi", "VietinBank: tin báo có chậm từ 08:12"), ("en", "VietinBank: notices late since 08:12")],
)
def test_a_bank_that_is_late_is_named_on_both_pages(page: Page, site: Site, language: str, words: str) -> None:
    payment = site.town.payment(LE_PHI)
    silent(site, "vietinbank")
    page.goto(f"{site.url}/{language}/pay/{payment.token}")
    expect(page.locator("main")).to_contain_text(words)
    page.screenshot(path=SCREENS / f"pay-provider-late-{language}-390.png", full_page=True)
    told(page, site, payment, language)
    expect(page.locator("main")).to_contain_text(words)
    check(page)
    assert axe_violations(page) == []
    page.screenshot(path=SCREENS / f"claim-provider-late-{language}-390.png", full_page=True)


def test_a_provider_of_somebody_elses_payment_is_not_named(page: Page, site: Site) -> None:
    payment = site.town.payment(LE_PHI)
    silent(site, "vnpay")
    page.goto(f"{site.url}/vi/pay/{payment.token}")
    expect(page.locator("main")).not_to_contain_text("VNPAY")
    told(page, site, payment)
    expect(page.locator("main")).not_to_contain_text("chậm từ")


def silent(site: Site, connector: str) -> None:
    """The worker has noticed at 08:12 that no notice came any more."""
    since = site.clock.moment.replace(hour=1, minute=12)
    row = {"agency_id": AGENCY, "connector": connector, "failures": 0, "silent_since": since}
    with site.town.environment.begin(actor="worker") as uow:
        uow.connection.execute(health.insert().values(**row))
