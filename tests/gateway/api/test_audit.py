"""The audit trail over HTTP: the signed head, a proof that checks alone, a page of who did what; typed refusals."""

from __future__ import annotations

import pytest

from gateway.audit import checkpoints, keys, sequencer, verifier
from tests.conftest import HandClock
from tests.gateway.api.conftest import NEIGHBOUR, Api, sign
from tests.town import AGENCY, LE_PHI, Town

CHECKPOINT, PROOF, TIMELINE = (f"/api/v1/audit/{name}" for name in ("checkpoint", "proof", "timeline"))


def seal(town: Town, clock: HandClock) -> None:
    """What the worker does within a minute."""
    sequencer.number_all(town.environment)
    clock.advance(minutes=1)
    assert checkpoints.sign(town.environment, keys.make(town.environment.settings.keys))


@pytest.fixture
def receipt_id(town: Town) -> str:
    town.money_comes(town.payment(LE_PHI))
    sign(town)
    return str(town.receipts()[0].id)


def test_a_receipt_is_proven_to_whoever_has_the_published_key(
    api: Api, town: Town, receipt_id: str, clock: HandClock
) -> None:
    refused = api.get(PROOF, receipt_id=receipt_id)
    assert (refused.status_code, refused.json()["code"]) == (404, "audit.not_signed_yet")
    seal(town, clock)
    told = verifier.verify(api.get(PROOF, receipt_id=receipt_id).json(), keys.trusted(town.environment.settings.keys))
    assert [leaf["facts"]["amount"] for leaf in told["leaves"]] == [135_000, 135_000]
    assert {leaf["agency"] for leaf in told["leaves"]} == {AGENCY}


def test_the_head_continues_the_one_that_was_kept(api: Api, town: Town, receipt_id: str, clock: HandClock) -> None:
    assert api.get(CHECKPOINT).json()["code"] == "audit.not_signed_yet"
    seal(town, clock)
    kept = api.get(CHECKPOINT).json()
    assert kept["consistency"] is None
    town.money_comes(town.payment(LE_PHI))
    seal(town, clock)
    head = api.get(CHECKPOINT, since=kept["size"]).json()
    path = [bytes.fromhex(step) for step in head["consistency"]["path"]]
    roots = bytes.fromhex(kept["root"]), bytes.fromhex(head["root"])
    verifier.check_consistency(kept["size"], head["size"], *roots, path)
    found = verifier.read_checkpoint(head["note"])
    signer = verifier.signer_of(found, verifier.read_keys("\n".join(head["keys"])), verifier.best_check())
    assert (found.size, found.time, signer.line()) == (head["size"], head["time"], head["keys"][0])
    beyond = api.get(CHECKPOINT, since=head["size"] + 1)
    assert (beyond.status_code, beyond.json()["code"]) == (422, "audit.checkpoint_unknown")
    assert api.get(CHECKPOINT, since=0).status_code == 422


def test_a_page_of_who_did_what(api: Api, town: Town, receipt_id: str) -> None:
    payment = town.receipts()[0].payment
    page = api.get(TIMELINE, payment_id=payment).json()
    kinds = ["dossier.registered", "payment.started", "payment.paid", "receipt.signed"]
    assert [entry["kind"] for entry in page["data"]] == kinds
    assert page["data"][2]["what_vi"].startswith("Ghi nhận đã nộp đủ")
    assert page["data"][2]["at"] == "2026-11-24T02:30:00.000Z"
    assert (page["data"][2]["amount"], page["data"][2]["position"], page["has_more"]) == (135_000, None, False)


def test_what_is_another_agencys_is_missing(neighbour: Api, town: Town, receipt_id: str, clock: HandClock) -> None:
    seal(town, clock)
    payment = town.receipts()[0].payment
    refused = neighbour.get(PROOF, receipt_id=receipt_id)
    assert (refused.status_code, refused.json()["code"]) == (404, "receipt.missing")
    refused = neighbour.get(TIMELINE, payment_id=payment)
    assert (refused.status_code, refused.json()["code"]) == (404, "audit.subject_missing")
    assert neighbour.get(CHECKPOINT).json()["size"] > 0  # the head is everybody's
    assert NEIGHBOUR not in neighbour.get(CHECKPOINT).text
