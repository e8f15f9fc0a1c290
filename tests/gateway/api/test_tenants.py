"""No key opens what is another agency's: made from the description, so that no new route can be left out (OWASP API1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.files.write_camt import camt053
from gateway.audit import checkpoints, keys, sequencer
from gateway.settlement.store import notice
from tests.conftest import HandClock
from tests.flows.till import asked_card
from tests.gateway.api.conftest import NEIGHBOUR, Api, Dossier, sign
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

REFUSED = (403, 404)


@pytest.fixture
def theirs(api: Api, town: Town, dossier: Dossier, clock: HandClock, tmp_path: Path) -> dict[str, Any]:
    """Things of the town, by the names that paths and bodies have for them."""
    made = api.post("/api/v1/dossiers", dossier(PHI)).json()
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    sign(town)
    card = asked_card(town, tmp_path, clock)
    sequencer.number_all(town.environment)
    checkpoints.sign(town.environment, keys.make(town.environment.settings.keys), now_at_once=True)
    clock.advance(minutes=1)
    return {
        "dossier_id": made["id"],
        "due_id": made["dues"][0]["id"],
        "payment_id": card.id,
        "terminal_name": "POS-1",
        "receipt_id": town.receipts()[0].id,
    }


def _operations(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    described = api.client.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/"):
                yield method, path, operation


def _bodies(operation: str, theirs: dict[str, Any], dossier: Dossier) -> list[dict[str, Any]]:
    """What a neighbour might send to reach what is not its own."""
    return {
        "create_dossier": [dossier()],
        "amend_dossier": [{"withdraw": [theirs["due_id"]]}, {"amend": [{"due_id": theirs["due_id"], "quantity": 2}]}],
        "start_payment": [
            {"dossier_id": theirs["dossier_id"], "channel": "vietqr"},
            {"due_ids": [theirs["due_id"]], "channel": "vietqr"},
            {"basket": [theirs["dossier_id"]], "channel": "vietqr"},
        ],
        "ask_terminal": [{"terminal": "POS-1"}],
        "bring_answer": [{"number": 1, "message": "{}"}],
        "post_statement": [],  # names nothing of anybody's: see below
        "post_settlement": [],  # the same
    }[operation]


def _named(operation: dict[str, Any], theirs: dict[str, Any]) -> dict[str, str]:
    """What a query has to name, where it is the town's."""
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
    return {one["name"]: theirs[one["name"]] for one in asked if one["name"] in theirs}


def test_no_route_opens_to_a_neighbour(
    api: Api, neighbour: Api, town: Town, theirs: dict[str, Any], dossier: Dossier
) -> None:
    for method, template, operation in _operations(api):
        path = template.format(**theirs)
        where = f"{method} {template}"
        if method != "get":
            for body in _bodies(operation["operationId"], theirs, dossier):
                call = neighbour.post if method == "post" else neighbour.patch
                assert call(path, body).status_code in REFUSED, where
        elif path != template or _named(operation, theirs):
            named = _named(operation, theirs)
            assert api.get(path, **named).status_code == 200, where
            assert neighbour.get(path, **named).status_code in REFUSED, where
        elif not template.endswith(("/fees", "/audit/checkpoint")):  # these are nobody's own
            query = {"code": "H56.17-261124-9001"} if template.endswith("/dossiers") else {}
            assert api.get(path, **query).json()["data"], f"{where}: nothing there to be hidden"
            assert neighbour.get(path, **query).json()["data"] == [], where
    town.ties()


def test_a_neighbours_statement_moves_no_money_of_ours(neighbour: Api, town: Town) -> None:
    """It may send what it likes of our account; not a line of it is ours."""
    payment = town.payment(LE_PHI)
    town.transfer(payment, faults=["drop_notice"])
    day = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=town.environment.clock())
    neighbour.post("/api/v1/statements?name=x", day, Content_Type="application/octet-stream")

    assert town.view(payment).status == "pending"
    assert [row for row in town.rows(notice) if row.agency_id == AGENCY] == []
    town.ties()


def test_no_route_opens_without_a_key(api: Api, client: Any, theirs: dict[str, Any]) -> None:
    nobody = Api(client, "", iter(range(100)))
    for method, template, _ in _operations(api):
        path = template.format(**theirs)
        if method == "get":
            assert nobody.get(path, code="x").status_code == 401, template
        else:
            assert (nobody.post if method == "post" else nobody.patch)(path, {}).status_code == 401, template


def test_a_neighbour_may_use_the_same_idempotency_key(api: Api, neighbour: Api, dossier: Dossier) -> None:
    first = api.post("/api/v1/dossiers", dossier(), Idempotency_Key="same")
    second = neighbour.post("/api/v1/dossiers", dossier(agency=NEIGHBOUR), Idempotency_Key="same")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
