"""Every page in every state at four widths, for a person to look at, and what a machine can say of it: nothing sticks
out, nothing is cut, the QR can be scanned.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gateway.web.screen import State
from gateway.web.theme import ThemeChange, change
from tests.browser.conftest import Site
from tests.gateway.web.states import reach
from tests.town import AGENCY, LE_PHI, PHI

pytestmark = pytest.mark.browser

SCREENS = Path(__file__).parents[2] / ".artifacts" / "screens"
WIDTHS = (320, 390, 768, 1280)


@pytest.mark.parametrize("state", list(State))
def test_every_state_fits_every_width(state: State, site: Site, browser: Browser) -> None:
    payment = reach(state, site.town, site.clock)
    shoot(browser, f"{site.url}/vi/pay/{payment.token}", f"pay-{state}-vi", WIDTHS)
    shoot(browser, f"{site.url}/en/pay/{payment.token}", f"pay-{state}-en", WIDTHS[1:2])


def public_places(site: Site) -> dict[str, str]:
    """Every other page a citizen can open, by a name for its picture."""
    town, payment = site.town, reach(State.PAID, site.town, site.clock)
    receipt, pending = town.view(payment).receipts[0], reach(State.PENDING, site.town, site.clock)
    return {
        "home": "/vi/",
        "lookup": "/en/receipts",
        "dossier": "/vi/dossiers?code=H56.17-261124-0001",
        "verify": "/vi/receipts/verify",
        "verify-bad": "/en/receipts/verify?t=abc",
        "verify-vietqr": f"/vi/receipts/verify?t={town.view(pending).payload}",
        "receipt": f"/vi/receipts/{receipt.lookup_code}",
        "reference": f"/vi/payments/{pending.reference}",
        "sent": f"/vi/pay/{pending.token}/sent",
        "accessibility": "/en/accessibility",
        "privacy": "/vi/privacy",
        "unknown": "/vi/pay/unknown",
        "nowhere": "/vi/nowhere",
    }


def test_the_public_pages_fit_every_width(site: Site, browser: Browser) -> None:
    for name, path in public_places(site).items():
        shoot(browser, site.url + path, f"public-{name}", WIDTHS)


def test_trouble_fits_every_width(site: Site, browser: Browser) -> None:
    """Surplus with a refund on its way, an agency in its own colours, a series that is closed, a restricted dossier."""
    town = site.town
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        change(uow, AGENCY, ThemeChange(name="Xây dựng Thanh Hóa", accent="#7a1f5c", band="#00695c", bank_links=True))
    surplus = town.payment(PHI, LE_PHI)
    for _ in range(2):
        town.money_comes(surplus)
    shoot(browser, f"{site.url}/vi/pay/{surplus.token}", "trouble-surplus", WIDTHS)
    secret = town.pay_for(town.dossier(PHI, LE_PHI, restricted=True))
    shoot(browser, f"{site.url}/en/pay/{secret.token}", "trouble-restricted", WIDTHS[1:])
    site.clock.advance(days=60)  # into a year that has no series
    shoot(browser, f"{site.url}/vi/pay/{secret.token}", "trouble-closed", WIDTHS[1:2])


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
    """Elements beyond the window's right edge, or whose text is cut; what scrolls inside its own room does not count."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(.unseen, .skip)")]
            .filter((one) => !one.closest(".table-room, svg, input, select, textarea") && one.checkVisibility())
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
                || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"))
            .map((one) => `${one.tagName}.${one.className}`)"""
    )
    return found
