"""The application as a whole: it starts on its own database only, and its description is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.main import create_app
from gateway.migrations.history import NotMigrated
from tests.gateway.api.conftest import Api
from tests.town import LE_PHI, Town

GOLDEN = Path(__file__).parents[2] / "golden" / "openapi.json"
REGENERATE = "THUPHI_REGENERATE_GOLDEN"


def test_it_refuses_a_database_of_another_revision(database_url: str, tmp_path: Path) -> None:
    environment = Environment(Settings(data=tmp_path / "data", database_url=SecretStr(database_url)))
    with pytest.raises(NotMigrated), TestClient(create_app(environment)):
        pass
    environment.close()


def test_its_worker_works_beside_it(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment)
    with TestClient(create_app(town.environment, embedded_worker=True)) as client:
        api = Api(client, town.api_key, iter(range(9)))
        town.deliver()
        receipts: list[dict[str, Any]] = []
        while not receipts:
            receipts = api.get(f"/api/v1/payments/{payment.id}").json()["receipts"]
        assert api.get(f"/api/v1/receipts/{receipts[0]['id']}.pdf").status_code == 200


def _described(town: Town) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(json.dumps(create_app(town.environment).openapi()))
    return described


def test_the_description_is_the_one_kept(town: Town) -> None:
    """Set THUPHI_REGENERATE_GOLDEN=1 to keep a new one; clients are made from it, so look at what changed."""
    described = _described(town)
    if os.environ.get(REGENERATE):
        GOLDEN.write_text(json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert described == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_operation_says_what_it_may_refuse(town: Town) -> None:
    described = _described(town)
    assert described["openapi"].startswith("3.1")
    seen = set()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            seen.add(operation["operationId"])
            assert operation["tags"], (method, path)
            assert "500" in operation["responses"]
            if path.startswith("/api/v1"):
                assert {"401", "403", "422"} <= operation["responses"].keys(), (method, path)
                assert operation["security"] == [{"ApiKey": []}]
            for status, response in operation["responses"].items():
                if status >= "400" and not path.startswith("/readyz"):
                    schema = response["content"]["application/problem+json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}
    assert len(seen) == sum(len(operations) for operations in described["paths"].values())
    assert {"create_dossier", "start_payment", "get_receipt_pdf"} <= seen


def test_every_write_needs_a_key_of_its_own(town: Town) -> None:
    for path, operations in _described(town)["paths"].items():
        for method in operations.keys() & {"post", "patch", "put", "delete"}:
            names = {p["name"]: p["required"] for p in operations[method].get("parameters", [])}
            assert names.get("Idempotency-Key") is True, (method, path)


def test_there_are_no_pages_that_load_from_elsewhere(client: TestClient) -> None:
    assert client.get("/openapi.json").status_code == 200
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404


def test_the_citizens_pages_are_there(client: TestClient, town: Town) -> None:
    payment = town.payment(LE_PHI)
    assert client.get(f"/vi/pay/{payment.token}").status_code == 200
