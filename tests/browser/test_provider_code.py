"""A provider's own QR on a phone: nothing sticks out, axe finds nothing, and the page turns to the receipt when it is paid."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway import providers
from gateway.kernel.uow import Environment
from gateway.main import create_app
from tests.browser.conftest import Site
from tests.browser.test_accessibility import axe_violations, check
from tests.browser.test_screens import sticks_out
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Fair
from tests.gateway.web.serving import serving
from tests.town import AGENCY, LE_PHI

pytestmark = pytest.mark.browser


@pytest.fixture
def site(environment: Environment, clock: HandClock, tmp_path: Path) -> Iterator[Site]:
    """A town whose VNPT Pay gives codes instead of pages."""
    fair = Fair(environment, tmp_path)
    settings, secrets = fair.setting("vnptpay")
    with environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, "vnptpay", settings | {"start_op": "pay_qrcode"}, secrets)
    with serving(create_app(environment)) as url:
        yield Site(fair, clock, url)
    fair.close()


def begin(fair: Fair) -> None:
    """In a thread of its own: the browser's has a loop already."""
    asking = threading.Thread(target=fair.speak)
    asking.start()
    asking.join()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_code_fits_and_is_paid(language: str, page: Page, site: Site) -> None:
    fair = site.town
    assert isinstance(fair, Fair)
    payment = fair.payment(LE_PHI, channel="vnptpay")
    begin(fair)
    page.goto(f"{site.url}/{language}/pay/{payment.token}")
    expect(page.locator(".qr-image")).to_be_visible()
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert sticks_out(page) == [], width
        check(page)
    assert axe_violations(page) == []
    fair.counters["vnptpay"].psp.pay(fair.view(payment).code or "")
    fair.hear("vnptpay")
    fair.work()
    expect(page.locator(".qr-image")).to_have_count(0)
    expect(page.locator("[data-part=receipts]")).to_contain_text("EBL01")
