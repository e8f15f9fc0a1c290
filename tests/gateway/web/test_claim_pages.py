"""The pages of claims and baskets: tell, be acknowledged; paste codes, pay, and take every receipt along."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from gateway.claims.store import claim
from gateway.delivery.documents import sign_waiting
from gateway.dues.payer import PayerFacts
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from tests import town as town_module
from tests.town import LE_PHI, TODAY, Town

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
COMPANY = PayerFacts(name="Công ty TNHH Thử Nghiệm", tax_code="0100109106", address="Hà Nội")


def told(payment: PaymentRow, **more: str) -> dict[str, str]:
    return {"reference": payment.reference, "amount": "135.000", "paid_on": TODAY.isoformat(), **more}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_claim_is_taken_numbered_and_found(client: TestClient, town: Town, language: str) -> None:
    payment = town.payment(LE_PHI)
    form = client.get(f"/{language}/claim?token={payment.token}")
    assert (form.status_code, payment.reference in form.text) == (200, True)
    sent = client.post(f"/{language}/claim", data=told(payment), files={"picture": ("a.png", PNG, "image/png")})
    assert sent.status_code == 303
    page = client.get(sent.headers["location"])
    [row] = town.rows(claim)
    assert row.number in page.text
    assert {"vi": "không phải là biên lai", "en": "not a receipt"}[language] in page.text
    assert payment.token not in page.text  # whoever files a claim need not be the payer
    assert town.view(payment).status == "pending"


def test_a_paid_payment_needs_no_claim(client: TestClient, town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    assert client.get(f"/vi/claim?token={payment.token}").headers["location"] == f"/vi/pay/{payment.token}"


@pytest.mark.parametrize(
    ("field", "value"),
    [("reference", "BLQ000000000"), ("amount", "rất nhiều"), ("paid_on", "hôm qua"), ("email", "a@b"), ("phone", "x")],
)
def test_what_is_wrong_is_said_at_its_field(client: TestClient, town: Town, field: str, value: str) -> None:
    refused = client.post("/vi/claim", data=told(town.payment(LE_PHI), **{field: value}))
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert town.rows(claim) == []


def test_an_unknown_claim_is_not_found(client: TestClient) -> None:
    assert client.get("/vi/claim/" + "0" * 26).status_code == 404


@pytest.fixture
def company(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(town_module, "PAYER", COMPANY)
    return Town(environment, tmp_path)


def test_a_basket_from_a_workbook_to_the_zip(client: TestClient, company: Town) -> None:
    typed = [company.dossier(LE_PHI).dossier.code for _ in range(3)]
    book = openpyxl.Workbook()
    for code in ("Mã hồ sơ", *typed, "H56.17-999999-0001"):
        book.worksheets[0].append([code])
    out = BytesIO()
    book.save(out)
    made = client.post("/vi/basket", data={"payer": COMPANY.tax_code}, files={"file": ("a.xlsx", out.getvalue())})
    assert made.status_code == 303, made.text
    page = client.get(made.headers["location"])
    assert "405.000 ₫" in page.text
    assert "H56.17-999999-0001" in page.text
    token = re.search(r"/pay/([0-9A-Z]{26})", page.text)
    assert token is not None

    [payment] = [one for one in company.rows(town_module.payments_store.payment) if one.token == token[1]]
    company.money_comes(company.view(payment.id).row)
    sign_waiting(company.environment, company.keys)
    packed = client.get(made.headers["location"] + "/receipts.zip")
    assert packed.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(BytesIO(packed.content)).namelist()
    assert len([name for name in names if name.endswith(".xml")]) == 3
    assert "1 trên 1" in client.get(made.headers["location"]).text


def test_what_is_left_out_is_said_when_nothing_is_left(client: TestClient, company: Town) -> None:
    dossier = company.dossier(LE_PHI)
    company.money_comes(company.pay_for(dossier))
    refused = client.post("/vi/basket", data={"payer": COMPANY.tax_code, "codes": dossier.dossier.code})
    assert refused.status_code == 422
    assert (dossier.dossier.code in refused.text, "Đã nộp" in refused.text) == (True, True)


def test_somebody_elses_number_shows_nothing(client: TestClient, company: Town) -> None:
    code = company.dossier(LE_PHI).dossier.code
    refused = client.post("/vi/basket", data={"payer": "0100112437", "codes": code})
    assert (refused.status_code, "135.000" in refused.text) == (422, False)
    assert client.get("/vi/basket/" + "0" * 26).status_code == 404
