"""Requests that meet in one batch: each is answered as if it had come alone, and the trail names its own caller."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from gateway import access
from gateway.api.dossiers import REGISTER
from gateway.api.payments import START
from gateway.dues import store as dues_store
from gateway.dues.register import DossierRequest
from gateway.kernel import audit, once
from gateway.kernel.errors import ThuPhiError
from gateway.payments.start import StartRequest, start_many
from gateway.payments.store import payment
from tests.conftest import HandClock
from tests.gateway.api.conftest import NEIGHBOUR, Api, Dossier
from tests.town import AGENCY, LE_PHI, PAYER, PHI, Town


def code(outcome: Any) -> str:
    assert isinstance(outcome, ThuPhiError)
    return outcome.code


def test_a_batch_of_starts_answers_one_by_one(town: Town, neighbour: Api) -> None:
    one, two = town.dossier(PHI, LE_PHI), town.dossier(LE_PHI)
    requests = [
        StartRequest(AGENCY, "vietqr", dossier_ids=(one.dossier.id,)),
        StartRequest(AGENCY, "vietqr", dossier_ids=("dos_unknown",)),
        StartRequest(AGENCY, "cheque", dossier_ids=(two.dossier.id,)),
        StartRequest(NEIGHBOUR, "vietqr", dossier_ids=(two.dossier.id,)),
        StartRequest(AGENCY, "bank_transfer", due_ids=(two.dues[0].id, two.dues[0].id)),
        StartRequest(AGENCY, "vietqr", due_ids=(two.dues[0].id, "due_unknown")),
        StartRequest(NEIGHBOUR, "vietqr", due_ids=(two.dues[0].id,)),
    ]
    with town.environment.begin(actor="test") as uow:
        outcomes = start_many(uow, requests)

    first, fifth = outcomes[0], outcomes[4]
    assert isinstance(first, list) and isinstance(fifth, list)
    assert ([row.amount for row in first], [row.amount for row in fifth]) == ([195_000], [135_000])
    refused = [code(outcomes[n]) for n in (1, 2, 3, 5, 6)]
    assert refused == ["due.missing", "payment.channel", "due.missing", "due.missing", "due.missing"]
    assert {row.id for row in town.rows(payment)} == {first[0].id, fifth[0].id}


def test_the_trail_names_each_caller(town: Town) -> None:
    made = town.dossier(LE_PHI)
    fresh = [
        DossierRequest(AGENCY, f"batch-{n}", "1.004616", PAYER, tuple(made_item() for _ in range(1))) for n in range(2)
    ]
    with town.environment.begin(actor="door") as uow:
        asks = [once.ask(uow.vault, AGENCY, f"k{n}", "POST", "/", n) for n in range(4)]
        started = [
            order(StartRequest(AGENCY, "vietqr", dossier_ids=(made.dossier.id,), actor=actor), actor, asks[n])
            for n, actor in enumerate(("key:A", "key:B"))
        ]
        assert all(isinstance(one, once.Answer) for one in START(uow, started))
        registered = [order(fresh[n], actor, asks[2 + n]) for n, actor in enumerate(("key:C", "key:D"))]
        assert all(isinstance(one, once.Answer) for one in REGISTER(uow, registered))

    leaves = [json.loads(row.body) for row in town.rows(audit.leaf)]
    told = [(leaf["kind"], leaf["actor"]) for leaf in leaves if leaf["actor"].startswith("key:")]
    assert sorted(told) == [
        ("dossier.registered", "key:C"),
        ("dossier.registered", "key:D"),
        ("payment.started", "key:A"),
        ("payment.started", "key:B"),
    ]
    versions = [row.actor for row in town.rows(dues_store.due_version)]
    assert {"key:C", "key:D"} <= set(versions)


def made_item() -> Any:
    from gateway.dues.model import DueRequest

    return DueRequest(LE_PHI)


def order(request: Any, actor: str, asked: once.Ask) -> Any:
    from gateway.api.deps import Order

    return Order(request, actor, asked)


def test_of_a_storm_with_one_key_one_payment_is_begun(api: Api, town: Town, dossier: Dossier) -> None:
    made = api.post("/api/v1/dossiers", dossier(PHI)).json()
    body = {"dossier_id": made["id"], "channel": "vietqr"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/api/v1/payments", body, Idempotency_Key="one"), range(16)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 15
    assert len(town.rows(payment)) == 1


def test_a_storm_of_many_requests_is_answered_to_each(api: Api, town: Town, dossier: Dossier) -> None:
    def register(n: int) -> str:
        flawed = {"dossier_code": f"flawed-{n}", "procedure_code": ""}
        answer = api.post(
            "/api/v1/dossiers", dossier(PHI, **(flawed if n % 4 == 0 else {"dossier_code": f"d-{n % 2}"}))
        )
        told: str = answer.json().get("dossier_code") or answer.json()["field"]
        return told

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(register, range(32)))
    assert heard == ["procedure_code" if n % 4 == 0 else f"d-{n % 2}" for n in range(32)]
    assert len(town.rows(dues_store.dossier)) == 2


def test_a_key_revoked_elsewhere_is_forgotten_within_seconds(api: Api, town: Town, clock: HandClock) -> None:
    assert api.get("/api/v1/payments").status_code == 200
    with town.environment.begin(actor="another process") as uow:
        ended = sa.update(access.api_key).where(access.api_key.c.id == town.api_key.split("_")[1])
        uow.connection.execute(ended.values(revoked_at=uow.now()))
    clock.advance(seconds=access.REMEMBERED.total_seconds())
    assert api.get("/api/v1/payments").status_code == 401


def test_a_key_that_is_remembered_still_lacks_its_scopes(api: Api, town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        only = access.create_key(uow, AGENCY, "only", ["payments"])
    caller = Api(api.client, only, api.drawn)
    for _ in range(2):
        assert caller.get("/api/v1/payments").status_code == 200
        assert caller.get("/api/v1/receipts").status_code == 403
