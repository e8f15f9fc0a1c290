"""A provider's own QR (VNPT Pay's `pay_qrcode`) stands on the pay page with amount, reference and expiry in words."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient

from gateway import providers
from gateway.kernel.uow import Environment
from gateway.payments.view import as_contract
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Fair
from tests.town import AGENCY, LE_PHI


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Iterator[Fair]:
    """A town whose VNPT Pay gives codes instead of pages."""
    fair = Fair(environment, tmp_path)
    settings, secrets = fair.setting("vnptpay")
    with environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, "vnptpay", settings | {"start_op": "pay_qrcode"}, secrets)
    yield fair
    fair.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_code_is_shown_scanned_and_paid(client: TestClient, town: Fair, language: str) -> None:
    payment = town.payment(LE_PHI, channel="vnptpay")
    here = f"/{language}/pay/{payment.token}"
    assert "qr-image" not in client.get(here).text  # the worker has not asked yet
    town.speak()
    page = client.get(here).text
    assert all(said in page for said in ("VNPT Pay", "135.000 ₫", payment.reference, f"/qr/{payment.token}.svg"))
    assert f"{here}/go" not in page and "data-left" in page
    scanned = zxingcpp.read_barcode(Image.open(BytesIO(client.get(f"/qr/{payment.token}.png").content)))
    assert scanned is not None and scanned.text.startswith("VNPTQR.")
    assert client.get(f"{here}/go").headers["location"] == here  # nobody is sent to a code

    town.counters["vnptpay"].psp.pay(scanned.text)
    town.hear("vnptpay")
    town.work()
    assert town.view(payment).status == "paid"
    after = client.get(here).text
    assert "qr-image" not in after
    assert client.get(f"/qr/{payment.token}.svg").status_code == 404


def test_no_address_is_told_where_there_is_a_code(town: Fair) -> None:
    payment = town.payment(LE_PHI, channel="vnptpay")
    town.speak()
    assert as_contract(town.view(payment), "https://thuphi.example.vn")["redirect_url"] is None
    assert (town.view(payment).code or "").startswith("VNPTQR.")


def test_the_code_goes_with_its_time(client: TestClient, town: Fair, clock: HandClock) -> None:
    payment = town.payment(LE_PHI, channel="vnptpay")
    town.speak()
    clock.advance(hours=2)
    assert "qr-image" not in client.get(f"/vi/pay/{payment.token}").text
    assert client.get(f"/qr/{payment.token}.png").status_code == 404
