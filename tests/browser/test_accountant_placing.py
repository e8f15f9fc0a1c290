"""A sum divided between payments by keyboard alone, evidence laid beside it, and the same without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accountant import HOME, Books, judged
from tests.town import LE_PHI, PHI

pytestmark = pytest.mark.browser


@pytest.fixture
def books(site: Site, browser: Browser, complaints: list[str], tmp_path: Path) -> Iterator[Books]:
    made = Books(site, browser, complaints, tmp_path)
    yield made
    for page in made.windows:
        page.context.close()
    assert complaints == []


def sum_came(books: Books) -> list[str]:
    """One transfer for two payments, which it does not name; their references."""
    town = books.site.town
    references = [town.payment(fee).reference for fee in (LE_PHI, PHI)]
    town.money_comes(town.payment(PHI), 250_000, memo="NOP PHI HAI HO SO")
    return references


def divide(page: Page, references: list[str]) -> None:
    """Typed from field to field, sent with Enter."""
    for text in (references[0], "135.000", references[1], "60.000"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.get_by_label("Lý do").and_(page.locator("#split-reason")).focus()
    page.keyboard.type("Người nộp mang ủy nhiệm chi, hai hồ sơ")


def test_a_sum_is_divided_and_evidence_attached_by_keyboard(books: Books) -> None:
    references = sum_came(books)
    page = books.window(books.clerk)
    books.brought(page)
    page.keyboard.press("e")
    page.locator("#evidence-file").set_input_files(
        {"name": "ủy nhiệm chi số 12.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}
    )
    page.locator("#evidence-text").fill("Người nộp xác nhận qua điện thoại")
    page.get_by_role("button", name="Đính kèm").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Đã đính kèm")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("s")
    expect(page.locator("[name=reference]:focus")).to_have_count(1)
    divide(page, references)
    judged(page, "accountant-split")
    page.locator("#split-reason").press("Enter")
    expect(page.get_by_role("status").filter(has_text="chờ người thứ hai")).to_be_visible()

    second = books.window(books.boss)
    second.goto(f"{books.site.url}{HOME}/second")
    judged(second, "accountant-second-split")
    second.keyboard.press("Enter")
    expect(second.get_by_role("status").filter(has_text="Đã duyệt")).to_be_visible()
    page.goto(f"{books.site.url}{HOME}")
    expect(page.locator(".side-detail")).to_contain_text("Lê Thị Toán đề nghị, Hoàng Thị Duyệt duyệt")
    judged(page, "accountant-placed")
    with page.expect_download() as handed:
        page.get_by_role("link", name="Tải về ủy nhiệm chi số 12.pdf").click()
    assert handed.value.path().read_bytes().startswith(b"%PDF")
    books.site.town.ties()


def test_the_same_without_script(books: Books) -> None:
    references = sum_came(books)
    page = books.window(books.clerk, script=False)
    books.brought(page)
    page.locator("summary", has_text="Chia cho nhiều khoản").click()
    page.get_by_role("link", name="Thêm dòng").click()
    expect(page.locator("[name=amount]")).to_have_count(10)
    page.locator(".parts [name=reference]").first.focus()
    divide(page, [references[0], "BLQ000000000"])
    page.locator("#split-reason").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Không có mã thanh toán")
    books.complaints.remove("Failed to load resource: the server responded with a status of 404 (Not Found)")
    expect(page.locator("[name=amount]").first).to_have_value("135.000")
    page.locator(".parts [name=reference]").nth(1).fill(references[1])
    page.locator("#split-reason").press("Enter")
    expect(page.get_by_text("Đã gửi đề nghị")).to_be_visible()
