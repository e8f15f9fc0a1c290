"""What is handed out: a proof of a receipt that an auditor checks alone, and a page that says who did what and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.audit import verifier
from gateway.audit.checkpoints import NoCheckpoint
from gateway.audit.prove import OlderUnknown, of_payment, of_receipt, prove
from gateway.audit.timeline import SubjectMissing, timeline
from gateway.officers.store import officer
from gateway.payments.model import PaymentMissing
from tests.conftest import HandClock
from tests.gateway.audit.conftest import Archive
from tests.gateway.settlement.office import GROUND
from tests.town import AGENCY, LE_PHI, PHI


def proof_of(archive: Archive, receipt_id: str, older: str | None = None) -> dict[str, Any]:
    with archive.environment.read() as connection:
        about = of_receipt(connection, AGENCY, receipt_id)
        assert about is not None
        found = prove(connection, about, [archive.key.public], older)
    copied: dict[str, Any] = json.loads(json.dumps(found))  # as it lies in a file
    return copied


def test_every_receipt_of_the_day_has_its_proof(lived: tuple[Archive, str]) -> None:
    archive, first = lived
    archive.sign_receipts()
    archive.close()
    for row in archive.town.receipts():
        told = verifier.verify(proof_of(archive, row.id, first), [archive.key.public], first)
        kinds = [leaf["kind"] for leaf in told["leaves"]]
        assert kinds == ["payment.paid", "receipt.signed"]
        assert told["leaves"][1]["facts"]["number"] == row.number
        assert told["leaves"][1]["facts"]["amount"] == row.amount
        assert told["continues"] == verifier.read_checkpoint(first).size


def test_what_is_not_signed_yet_is_said_to_be_so(archive: Archive) -> None:
    payment = archive.town.payment(LE_PHI)
    archive.town.money_comes(payment)
    with pytest.raises(NoCheckpoint):
        proof_of(archive, archive.town.receipts()[0].id)
    archive.close()
    assert len(proof_of(archive, archive.town.receipts()[0].id)["leaves"]) == 1
    archive.sign_receipts()
    with pytest.raises(NoCheckpoint):  # the newest thing that happened to it is under no signature
        proof_of(archive, archive.town.receipts()[0].id)


def test_a_payment_is_proven_with_its_receipts(archive: Archive) -> None:
    payment = archive.town.payment(PHI, LE_PHI)
    archive.town.money_comes(payment)
    archive.sign_receipts()
    archive.close()
    with archive.environment.read() as connection:
        found = prove(connection, of_payment(connection, AGENCY, payment.id), [archive.key.public])
    told = verifier.verify(found, [archive.key.public])
    kinds = ["payment.started", "payment.paid", "receipt.signed", "receipt.signed"]
    assert [leaf["kind"] for leaf in told["leaves"]] == kinds


def test_nothing_is_proven_to_another_agency(lived: tuple[Archive, str]) -> None:
    archive, _ = lived
    receipt = archive.town.receipts()[0]
    with archive.environment.read() as connection:
        assert of_receipt(connection, "H40.01", receipt.id) is None
        with pytest.raises(PaymentMissing):
            of_payment(connection, "H40.01", receipt.payment)
        for subject in (receipt.id, receipt.payment):
            with pytest.raises(SubjectMissing):
                timeline(connection, "H40.01", subject)


@pytest.mark.parametrize("older", ["", "log\n5\n", "log\n999999\n" + "A" * 43 + "=\ntime x\n\n\u2014 log AAAAAAAA\n"])
def test_a_checkpoint_of_no_tree_of_ours_is_refused(lived: tuple[Archive, str], older: str) -> None:
    archive, _ = lived
    with pytest.raises(OlderUnknown):
        proof_of(archive, archive.town.receipts()[0].id, older)


def test_an_inspector_reads_who_did_what_when_and_why(archive: Archive, clock: HandClock) -> None:
    with archive.environment.begin(actor="test", agency=AGENCY) as uow:
        people = (("lan", "Lê Thị Lan"), ("minh", "Trần Văn Minh"))
        rows = [{"id": i, "agency_id": AGENCY, "name": n, "login": i, "created_at": uow.now()} for i, n in people]
        uow.connection.execute(sa.insert(officer), rows)
    due = archive.office.paid(LE_PHI)
    archive.sign_receipts()
    archive.close()
    payment = archive.town.receipts()[0].payment
    clock.advance(minutes=5)
    archive.office.approves("minh", archive.office.asks(due_id=due, ground=GROUND))

    with archive.environment.read() as connection:
        page = timeline(connection, AGENCY, payment)
        dossier = page[0].subject
        for subject in (archive.town.receipts()[0].id, dossier):
            assert timeline(connection, AGENCY, subject) == page
    assert [entry.kind for entry in page] == [
        "dossier.registered",
        "payment.started",
        "payment.paid",
        "notice.confirmed",
        "receipt.signed",
        "refund.requested",
        "refund.approved",
    ]
    asked, approved = page[-2:]
    assert (asked.who_vi, approved.who_vi) == ("Lê Thị Lan", "Trần Văn Minh")
    assert (asked.what_vi, asked.what_en, asked.amount) == ("Đề nghị hoàn trả", "Refund requested", 135_000)
    assert asked.reason == approved.reason == GROUND
    assert (page[2].who_vi, page[2].who_en) == ("Hệ thống (tự động)", "The system (automatic)")
    assert [entry.position is None for entry in page] == [False] * 5 + [True] * 2
    assert [entry.at for entry in page] == sorted(entry.at for entry in page)


def test_money_that_waits_says_why(archive: Archive) -> None:
    payment = archive.town.payment(LE_PHI)
    archive.town.money_comes(payment, 100_000)
    with archive.environment.read() as connection:
        waits = timeline(connection, AGENCY, payment.id)[-1]
    assert (waits.kind, waits.reason, waits.amount) == ("money.suspended", "under", 100_000)
