"""Receipts over HTTP: listed, read, fetched as XML and PDF as soon as they are signed."""

from __future__ import annotations

import threading

import pytest

from gateway.api import receipts
from gateway.api.receipts import Receipt as ReceiptShape
from tests.gateway.api.conftest import Api, sign
from tests.town import LE_PHI, PHI, Town

PATH = "/api/v1/receipts"


def test_a_numbered_receipt_is_listed_and_read(api: Api, town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)

    (listed,) = api.get(PATH).json()["data"]
    assert (listed["symbol"], listed["number"], listed["amount"], listed["status"]) == ("26TAA", 1, 135_000, "numbered")
    assert (listed["payment_id"], listed["day"]) == (payment.id, "2026-11-24")
    assert "Ánh" not in str(listed)
    assert api.get(f"{PATH}/{listed['id']}").json() == listed
    ReceiptShape.model_validate(listed, extra="forbid")


def test_the_xml_and_the_pdf_are_files(api: Api, town: Town) -> None:
    town.money_comes(town.payment(LE_PHI))
    sign(town)
    (listed,) = api.get(PATH).json()["data"]

    xml, pdf = api.get(f"{PATH}/{listed['id']}.xml"), api.get(f"{PATH}/{listed['id']}.pdf")
    assert (xml.status_code, xml.headers["Content-Type"]) == (200, "application/xml")
    assert b"<BLai" in xml.content
    assert (pdf.status_code, pdf.headers["Content-Type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"] == 'attachment; filename="EBL01-26TAA-00000001.pdf"'


def test_a_document_is_waited_for(api: Api, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "LOOK_EVERY", 0.01)
    looked = threading.Event()
    look = receipts._look

    def noted(*args: object) -> object:
        looked.set()
        return look(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(receipts, "_look", noted)
    town.money_comes(town.payment(LE_PHI))
    (listed,) = api.get(PATH).json()["data"]

    def work() -> None:
        assert looked.wait(10)
        sign(town)

    worker = threading.Thread(target=work)
    worker.start()
    answer = api.get(f"{PATH}/{listed['id']}.xml")
    worker.join()
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["xml", "pdf"])
def test_a_document_that_does_not_come_is_asked_for_again_later(
    api: Api, town: Town, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(receipts, "WAIT_SECONDS", 0.0)
    town.money_comes(town.payment(LE_PHI))
    (listed,) = api.get(PATH).json()["data"]

    answer = api.get(f"{PATH}/{listed['id']}.{kind}")
    assert (answer.status_code, answer.json()["code"]) == (503, "receipt.not_ready")
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize("suffix", ["", ".xml", ".pdf"])
def test_there_is_no_such_receipt(api: Api, suffix: str) -> None:
    answer = api.get(f"{PATH}/rct_unknown{suffix}")
    assert (answer.status_code, answer.json()["code"]) == (404, "receipt.missing")


def test_receipts_are_listed_page_by_page(api: Api, town: Town) -> None:
    town.money_comes(town.payment(PHI, LE_PHI))
    first = api.get(PATH, limit=1).json()
    second = api.get(PATH, limit=1, cursor=first["next_cursor"]).json()
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert {first["data"][0]["number"], second["data"][0]["number"]} == {1, 2}
