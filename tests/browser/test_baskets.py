"""Baskets in the browser: codes pasted or from a workbook, a transfer each, paper for the treasurer, one ZIP at the end."""

from __future__ import annotations

import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from openpyxl import Workbook
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gateway.delivery.documents import render_waiting, sign_waiting
from tests import town as town_module
from tests.browser.conftest import Site
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import SCREENS, WIDTHS, shoot
from tests.gateway.baskets.neighbour import COMPANY, deliver_to_both, dossier_of, settle_in
from tests.town import LE_PHI

pytestmark = pytest.mark.browser


@pytest.fixture
def forty(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Forty dossiers of a company at two agencies; their codes."""
    monkeypatch.setattr(town_module, "PAYER", COMPANY)
    settle_in(site.town)
    return [
        *(site.town.dossier(LE_PHI).dossier.code for _ in range(25)),
        *(dossier_of(site.town, number) for number in range(15)),
    ]


def filled(page: Page, site: Site, codes: list[str], language: str = "vi") -> None:
    """The form, sent with pasted codes."""
    page.goto(f"{site.url}/{language}/basket")
    page.locator("#codes").fill("\n".join(codes))
    page.locator("#payer").fill(COMPANY.tax_code)
    page.locator("form button").click()


@pytest.mark.parametrize(("language", "scripted"), [("vi", True), ("en", False)], ids=["vi", "en, no script"])
def test_from_forty_codes_to_one_zip(
    browser: Browser, site: Site, forty: list[str], language: str, scripted: bool
) -> None:
    """Each QR is read off the screen and paid; the page then counts, and gives every receipt in one file."""
    progress = {"vi": "Đã thanh toán {} trên 2", "en": "{} of 2 transfers paid"}[language]
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripted)
    page = context.new_page()
    filled(page, site, forty, language)
    expect(page.locator("[role=status]").first).to_contain_text(progress.format(0))
    assert page.locator(".copy").first.is_visible() == scripted
    for done in (1, 2):
        site.town.bank.pay(scanned(page))
        deliver_to_both(site.town)
        page.reload()
        expect(page.locator("[role=status]").first).to_contain_text(progress.format(done))
    while sign_waiting(site.town.environment, site.town.keys) or render_waiting(site.town.environment, site.town.keys):
        pass
    page.reload()
    with page.expect_download() as saved:
        page.locator("a.button.primary").click()
    names = zipfile.ZipFile(BytesIO(saved.value.path().read_bytes())).namelist()
    kinds = [name.rpartition(".")[2] for name in names]
    assert {kind: kinds.count(kind) for kind in kinds} == {"xml": 40, "pdf": 40, "xlsx": 1}
    context.close()


def scanned(page: Page) -> str:
    """The first QR on the page, as a phone reads it."""
    page.locator("img.qr-image").first.scroll_into_view_if_needed()
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(page.screenshot())).convert("L"))[:1]
    return str(found.text)


def test_a_workbook_is_taken_without_script(browser: Browser, site: Site, forty: list[str]) -> None:
    book, out = Workbook(), BytesIO()
    for code in ("Mã hồ sơ", *forty[-3:]):
        book.worksheets[0].append([code])
    book.save(out)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/vi/basket")
    page.locator("#file").set_input_files({"name": "a.xlsx", "mimeType": "application/xlsx", "buffer": out.getvalue()})
    page.locator("#payer").fill(COMPANY.tax_code)
    page.locator("form button").click()
    expect(page.locator("main .value").first).to_contain_text("180.000")
    context.close()


def test_the_form_by_keyboard_and_what_is_wrong_at_its_field(page: Page, site: Site, complaints: list[str]) -> None:
    page.goto(f"{site.url}/vi/basket")
    page.locator("#codes").focus()
    page.keyboard.type("H56.17-261124-9999")
    walked = []
    for _ in range(3):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if walked[-1] == "payer":
            page.keyboard.type("0100109107")  # its check digit is wrong
    assert walked == ["file", "payer", "BUTTON"]
    page.keyboard.press("Enter")
    expect(page.locator("#payer")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#codes")).to_have_value("H56.17-261124-9999")
    page.locator("#payer").fill(COMPANY.tax_code)
    page.locator("#payer").press("Enter")
    expect(page.locator("main")).to_contain_text("Không có hồ sơ này của người nộp")
    check(page)
    assert axe_violations(page) == []
    page.screenshot(path=SCREENS / "basket-refused-390.png", full_page=True)
    complaints[:] = [said for said in complaints if "422" not in said]


def test_every_state_fits_every_width(page: Page, browser: Browser, site: Site, forty: list[str]) -> None:
    """Nothing paid, one transfer paid, all paid; and a code that is not the payer's."""
    for language in ("vi", "en"):
        shoot(browser, f"{site.url}/{language}/basket", f"basket-form-{language}", WIDTHS)
    filled(page, site, [*forty, "H56.17-261124-9999"])
    url = page.url
    for done in range(3):
        if done:
            page.goto(url)
            site.town.bank.pay(scanned(page))
            deliver_to_both(site.town)
            sign_waiting(site.town.environment, site.town.keys)
        for language in ("en", "vi"):
            page.goto(url.replace("/vi/", f"/{language}/"))
            check(page)
            assert axe_violations(page) == []
        shoot(browser, url, f"basket-{done}-of-2-vi", WIDTHS)
        shoot(browser, url.replace("/vi/", "/en/"), f"basket-{done}-of-2-en", WIDTHS[1:2])


def test_the_request_on_paper(page: Page, site: Site, forty: list[str], tmp_path: Path) -> None:
    """A4: each transfer whole on one page, its QR readable beside the amount and memo it stands for."""
    filled(page, site, forty)
    expect(page.locator("[role=status]").first).to_contain_text("0 trên 2")  # the request is there, not the form
    pdf = tmp_path / "request.pdf"
    page.pdf(path=pdf, format="A4", print_background=False)
    subprocess.run(["pdftoppm", "-r", "150", "-png", str(pdf), str(tmp_path / "basket-paper")], check=True)
    found = []
    for number, sheet in enumerate(sorted(tmp_path.glob("basket-paper-*.png")), 1):
        wanted = ["pdftotext", "-f", str(number), "-l", str(number), "-layout", str(pdf), "-"]
        text = subprocess.run(wanted, capture_output=True, text=True, check=True).stdout
        for code in zxingcpp.read_barcodes(Image.open(sheet).convert("L")):
            payment = next(one for one in payments(site) if one.payload == code.text)
            assert payment.memo in text
            assert payment.account.number in text
            found.append(payment.row.id)
    assert sorted(found) == sorted(one.row.id for one in payments(site))


def payments(site: Site) -> list[town_module.PaymentView]:
    rows = site.town.rows(town_module.payments_store.payment)
    with site.town.environment.read() as connection:
        known = [town_module.payments_store.by_id(connection, row.agency_id, row.id) for row in rows]
        return town_module.views(connection, known)
