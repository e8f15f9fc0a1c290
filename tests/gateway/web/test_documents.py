"""The holder of the link gets the receipt's XML and PDF; nobody else does."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from gateway.web import papers
from gateway.web.screen import State
from receipts import store
from tests.conftest import HandClock
from tests.gateway.web.states import reach
from tests.town import Town


def test_signed_receipts_are_served_as_they_were_signed(town: Town, client: TestClient, clock: HandClock) -> None:
    payment = reach(State.PAID, town, clock)
    receipt = town.view(payment).receipts[0]
    for kind, type_ in (("xml", "application/xml"), ("pdf", "application/pdf")):
        answer = client.get(f"/pay/{payment.token}/receipts/{receipt.id}.{kind}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == type_
        assert answer.headers["cache-control"] == "no-store"
        assert f'bien-lai-26TAA-{receipt.number}.{kind}"' in answer.headers["content-disposition"]
        with town.environment.read() as connection:
            assert answer.content == store.document(connection, receipt.id, kind, town.environment.vault)


def test_another_payments_receipt_is_not_shown(town: Town, client: TestClient, clock: HandClock) -> None:
    mine, other = reach(State.PAID, town, clock), reach(State.PAID, town, clock)
    receipt = town.view(other).receipts[0]
    for token in (mine.token, "0" * 26):
        answer = client.get(f"/pay/{token}/receipts/{receipt.id}.xml")
        assert answer.status_code == 404
        assert b"DLBLai" not in answer.content
    assert client.get(f"/pay/{mine.token}/receipts/rct_0.pdf").status_code == 404


def test_an_unsigned_receipt_is_promised(
    town: Town, client: TestClient, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "PATIENCE", 1)
    payment = reach(State.SIGNING, town, clock)
    receipt = town.view(payment).receipts[0]
    for kind in ("xml", "pdf"):
        answer = client.get(f"/pay/{payment.token}/receipts/{receipt.id}.{kind}")
        assert answer.status_code == 202
        assert answer.headers["retry-after"] == "3"
        assert "Biên lai đang được ký số" in answer.text
        assert f"/vi/pay/{payment.token}" in answer.text
