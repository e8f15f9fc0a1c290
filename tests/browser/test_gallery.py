"""The officers' components before eyes, axe and keys: one page that uses each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import Response

from gateway.web import assets, pages
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import SCREENS, WIDTHS, sticks_out
from tests.gateway.web.serving import serving

pytestmark = pytest.mark.browser

NAV = [("Đối soát", "/vi/gallery", 5), ("Khóa ngày", "#day", None), ("Báo cáo", "#reports", None)]


class NoTailer:
    """There are no streams here to end."""

    def close(self) -> None: ...


@pytest.fixture
def gallery(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    templates = pages._templates()
    both = ChoiceLoader([templates.loader or FileSystemLoader([]), FileSystemLoader(Path(__file__).parent / "gallery")])
    monkeypatch.setattr(templates, "loader", both)
    app = FastAPI()
    app.state.tailer = NoTailer()
    app.add_route("/vi/gallery", _gallery)
    app.add_route("/static/{name}", assets.serve)
    with serving(app) as url:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/vi/gallery")
        yield page
        page.close()


def _gallery(request: Request) -> Response:
    now = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
    facts = {"officer": "Lê Thị Hoa, kế toán", "sign_out": "/vi/logout", "csrf": "x", "now": now}
    return pages.page(request, "gallery.html", nav=NAV, here="/vi/gallery", **facts)  # type: ignore[arg-type]


def test_components_fit_and_can_be_used_by_everybody(gallery: Page) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        gallery.set_viewport_size({"width": width, "height": 900})
        gallery.screenshot(path=SCREENS / f"gallery-{width}.png", full_page=True)
        assert sticks_out(gallery) == [], width
    assert axe_violations(gallery) == []
    check(gallery)
    gallery.emulate_media(forced_colors="active")
    gallery.screenshot(path=SCREENS / "gallery-forced-colours.png", full_page=True)
    chosen = gallery.locator("tr:has(:checked)")
    assert chosen.evaluate("(row) => getComputedStyle(row).outlineStyle") == "solid"


def test_rows_walk_by_arrows_without_script(gallery: Page) -> None:
    rows = gallery.get_by_role("radio", name=re.compile("BLQ|NGUYEN|HOAN"))
    rows.first.focus()
    gallery.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_checked()
    gallery.keyboard.press("ArrowUp")
    expect(rows.first).to_be_checked()


def test_the_dialog_opens_and_closes_by_keyboard(gallery: Page) -> None:
    dialog = gallery.get_by_role("dialog", name="Khóa ngày 24/11/2026?")
    expect(dialog).to_be_hidden()
    gallery.get_by_role("button", name="Khóa ngày").first.press("Enter")
    expect(dialog).to_be_visible()
    gallery.screenshot(path=SCREENS / "gallery-dialog.png")
    gallery.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(gallery.get_by_role("button", name="Khóa ngày").first).to_be_focused()


def test_keys_press_what_shows_them(gallery: Page) -> None:
    gallery.evaluate(
        "document.addEventListener('click', (event) => (window.pressed = event.target.textContent.trim()))"
    )
    gallery.locator("#amount").focus()
    gallery.keyboard.press("F4")
    assert gallery.evaluate("window.pressed") == "F4 QR"
    gallery.evaluate("window.pressed = null")
    gallery.locator("#why-text").focus()
    gallery.keyboard.press("Enter")  # a field keeps its own keys
    assert gallery.evaluate("window.pressed") is None
    gallery.get_by_role("radio").first.focus()
    gallery.keyboard.press("Enter")
    assert gallery.evaluate("window.pressed") == "Enter Nhận"
    gallery.get_by_role("button", name="Khóa ngày").first.click()
    gallery.evaluate("window.pressed = null")
    gallery.keyboard.press("F8")  # nothing behind an open dialog is pressed
    assert gallery.evaluate("window.pressed") is None


@pytest.mark.parametrize(
    ("paper", "millimetres"), [("", (210, 297)), ("paper-a5", (148, 210)), ("paper-slip", (80, 297))]
)
def test_papers_have_their_size(paper: str, millimetres: tuple[int, int], gallery: Page) -> None:
    gallery.evaluate("(paper) => paper && document.body.classList.add(paper)", paper)
    printed = gallery.pdf(prefer_css_page_size=True)
    sizes = {tuple(map(float, box)) for box in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)}
    ((width, height),) = sizes
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == millimetres
