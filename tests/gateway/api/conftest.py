"""The whole application over a small town, with a neighbour agency whose key opens nothing here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from connectors.simulators import bank_key
from gateway import access, agencies
from gateway.agencies import Account, Agency
from gateway.delivery import documents
from gateway.kernel.uow import Environment
from gateway.main import create_app
from receipts.pki import demo_pki
from tests.town import AGENCY, LE_PHI, Town

NEIGHBOUR = "H40.01"

Dossier = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Api:
    """A client that speaks with one key and gives each write a fresh Idempotency-Key."""

    client: TestClient
    key: str
    drawn: Iterator[int]

    def get(self, path: str, **params: Any) -> Response:
        return self.client.get(path, headers=self._headers(), params=params)

    def post(self, path: str, body: Any, **headers: str) -> Response:
        return self._write("POST", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Response:
        return self._write("PATCH", path, body, headers)

    def _write(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fresh = {"Idempotency-Key": f"key-{next(self.drawn)}", "Content-Type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.request(method, path, headers=self._headers() | fresh | named, content=content)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Demo keys and a bank's key: RSA takes its time, so they are made once."""
    directory = tmp_path_factory.mktemp("keys")
    demo_pki(directory, now=datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
    (directory / "bank.db.key.pem").write_text(bank_key.made())
    return directory


@pytest.fixture
def town(environment: Environment, tmp_path: Path, made_keys: Path) -> Town:
    shutil.copytree(made_keys, environment.settings.keys, dirs_exist_ok=True)
    (environment.settings.keys / "bank.db.key.pem").rename(tmp_path / "bank.db.key.pem")
    return Town(environment, tmp_path)


@pytest.fixture
def client(town: Town) -> Iterator[TestClient]:
    with TestClient(create_app(town.environment, bank=town.bank), follow_redirects=False) as client:
        yield client


@pytest.fixture
def drawn() -> Iterator[int]:
    return iter(range(1_000_000))


@pytest.fixture
def api(client: TestClient, town: Town, drawn: Iterator[int]) -> Api:
    """The town's own one-stop system."""
    return Api(client, town.api_key, drawn)


@pytest.fixture
def neighbour(client: TestClient, town: Town, drawn: Iterator[int]) -> Api:
    """Another agency on the same installation."""
    with town.environment.begin(actor="test", agency=NEIGHBOUR) as uow:
        agencies.add(uow, Agency(NEIGHBOUR, "Sở Tư pháp tỉnh Nghệ An", "2900000001", "Vinh"))
        account = Account(
            uow.mint("acc"), NEIGHBOUR, "970415", "111000", "SO TU PHAP", "VietinBank", ("*",), "vietinbank"
        )
        agencies.add_account(uow, account)
        key = access.create_key(uow, NEIGHBOUR, "test")
    return Api(client, key, drawn)


@pytest.fixture
def dossier() -> Dossier:
    """The body of a dossier with these fees, one each."""

    def build(*fee_codes: str, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "dossier_code": "H56.17-261124-9001",
            "procedure_code": "1.004616",
            "agency": AGENCY,
            "payer": {"name": "Nguyễn Thị Ánh", "id_number": "038090001234"},
            "items": [{"fee_code": code, "quantity": 1} for code in fee_codes or (LE_PHI,)],
        }
        return body | more

    return build


def sign(town: Town) -> None:
    """The worker's paper lane, once."""
    documents.sign_waiting(town.environment, town.keys)
    documents.render_waiting(town.environment, town.keys)
