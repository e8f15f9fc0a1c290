"""What is numbered is signed, what is signed has a PDF; one that cannot be never holds up the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from gateway.delivery.documents import render_waiting, sign_waiting
from gateway.kernel import outbox
from gateway.kernel.uow import Environment
from receipts import store
from receipts.verify import verify
from tests.conftest import HandClock
from tests.town import LE_PHI, PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def trust(town: Town) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate((town.environment.settings.keys / "ca.pem").read_bytes())]


def document(town: Town, receipt_id: str, kind: store.DocumentKind) -> bytes | None:
    with town.environment.read() as connection:
        return store.document(connection, receipt_id, kind, town.environment.vault)


def test_receipts_are_signed_and_verify_with_their_printed_token(town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(PHI, LE_PHI))
    assert sign_waiting(town.environment, town.keys) == 2
    assert sign_waiting(town.environment, town.keys) == 0

    for row in town.receipts():
        signed = document(town, row.id, "xml")
        assert signed is not None
        verified = verify(signed, trust=trust(town), at=clock())
        assert (verified.number, verified.amount, verified.lookup_code) == (row.number, row.amount, row.lookup_code)
        assert verified.warnings == ()
    signed_events = [e for e in town.rows(outbox.event) if e.kind == "receipt.signed"]
    assert len(signed_events) == 2


def test_the_pdf_is_made_once(town: Town) -> None:
    town.money_comes(town.payment(LE_PHI))
    assert render_waiting(town.environment, town.keys) == 0
    sign_waiting(town.environment, town.keys)
    assert render_waiting(town.environment, town.keys) == 1
    assert render_waiting(town.environment, town.keys) == 0
    pdf = document(town, town.receipts()[0].id, "pdf")
    assert pdf is not None and pdf.startswith(b"%PDF-")


def test_one_that_cannot_be_signed_does_not_hold_up_the_others(town: Town) -> None:
    for _ in range(3):
        town.money_comes(town.payment(LE_PHI))
    first = town.receipts()[0]
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(
            sa.update(store.receipt).where(store.receipt.c.id == first.id).values(facts=b"not what was sealed")
        )
    assert sign_waiting(town.environment, town.keys) == 2
    assert [row.state for row in town.receipts()] == ["numbered", "signed", "signed"]


def test_an_expired_certificate_signs_nothing_and_loses_nothing(town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(LE_PHI))
    clock.advance(days=365 * 6)
    assert sign_waiting(town.environment, town.keys) == 0
    assert [row.state for row in town.receipts()] == ["numbered"]
