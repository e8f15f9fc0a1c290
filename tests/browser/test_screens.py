"""Every page in every state at four widths, for a person to look at, and what a machine can say of it: nothing sticks
out, nothing is cut, the QR can be scanned.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gateway.web.screen import State
from tests.browser.conftest import Site
from tests.gateway.web.states import reach

pytestmark = pytest.mark.browser

SCREENS = Path(__file__).parents[2] / ".artifacts" / "screens"
WIDTHS = (320, 390, 768, 1280)


@pytest.mark.parametrize("state", list(State))
def test_every_state_fits_every_width(state: State, site: Site, browser: Browser) -> None:
    payment = reach(state, site.town, site.clock)
    shoot(browser, f"{site.url}/vi/pay/{payment.token}", f"pay-{state}-vi", WIDTHS)
    shoot(browser, f"{site.url}/en/pay/{payment.token}", f"pay-{state}-en", WIDTHS[1:2])


def test_the_public_pages_fit_every_width(site: Site, browser: Browser) -> None:
    payment = reach(State.PAID, site.town, site.clock)
    receipt = site.town.view(payment).receipts[0]
    places = {
        "home": "/vi/",
        "lookup": "/vi/receipts",
        "verify": "/vi/receipts/verify",
        "verify-bad": "/vi/receipts/verify?t=abc",
        "receipt": f"/vi/receipts/{receipt.lookup_code}",
        "reference": f"/vi/payments/{reach(State.PENDING, site.town, site.clock).reference}",
        "unknown": "/vi/pay/unknown",
    }
    for name, path in places.items():
        shoot(browser, site.url + path, f"public-{name}", WIDTHS)


def shoot(browser: Browser, url: str, name: str, widths: tuple[int, ...]) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page = browser.new_page()
    page.goto(url)
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.fonts.ready")
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
        assert sticks_out(page) == [], (name, width)
    page.close()


def sticks_out(page: Page) -> list[str]:
    """Elements beyond the window's right edge, or whose text is cut."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(.unseen, .skip)")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
                || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"))
            .map((one) => `${one.tagName}.${one.className}`)"""
    )
    return found
