"""Every refusal has one shape, in two languages, and says nothing that it should not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from connectors.contract import SettingMissing
from connectors.registry import ConnectorMissing
from gateway.api import problems
from gateway.main import create_app
from tests.gateway.api.conftest import Api, Dossier
from tests.town import Town

SECRET = "Nguyễn Thị Ánh 038090001234"


def test_a_problem_says_who_what_and_where(api: Api, dossier: Dossier) -> None:
    answer = api.post("/api/v1/dossiers", dossier("no-such-fee-1"))

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:thuphi:problem:due.fee_unknown"
    assert (body["status"], body["code"], body["field"]) == (422, "due.fee_unknown", "items[0].fee_code")
    assert body["detail"] == body["detail_vi"] == "Danh mục không có mã khoản thu này."
    assert body["detail_en"] == "The catalogue has no such fee code."


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0.4, vi;q=0.3", "en"),
        ("fr", "vi"),
        ("en;q=x", "vi"),
        ("*", "vi"),
        (";;;,,=", "vi"),
    ],
)
def test_the_language_asked_for(accepted: str, language: str) -> None:
    assert problems.preferred(accepted) == language


def test_detail_follows_accept_language(client: TestClient) -> None:
    answer = client.get("/api/v1/payments", headers={"Accept-Language": "en"})
    assert answer.json()["detail"] == answer.json()["detail_en"] == "A valid API key is required."
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]


def test_without_a_key_that_opens(client: TestClient) -> None:
    for authorization in ("", "Bearer", "Bearer x", "Basic dTpw", f"Bearer tp_{'A' * 10}_{'B' * 52}"):
        answer = client.get("/api/v1/payments", headers={"Authorization": authorization} if authorization else {})
        assert (answer.status_code, answer.json()["code"]) == (401, "access.unauthenticated"), authorization
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_was_revoked_opens_nothing(api: Api, town: Town) -> None:
    from gateway import access

    assert api.get("/api/v1/payments").status_code == 200
    with town.environment.begin(actor="test") as uow:
        assert access.revoke_key(uow, "H56.17", api.key.split("_")[1])
    assert api.get("/api/v1/payments").status_code == 401


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/dossiers?code=x", "dossiers"),
        ("/api/v1/payments", "payments"),
        ("/api/v1/receipts", "receipts"),
        ("/api/v1/reports/conservation", "reports"),
        ("/api/v1/events", "webhooks"),
    ],
)
def test_each_route_needs_its_scope(client: TestClient, town: Town, path: str, scope: str) -> None:
    from gateway import access

    with town.environment.begin(actor="test") as uow:
        only = access.create_key(uow, "H56.17", "only", [scope])
        others = access.create_key(uow, "H56.17", "others", access.SCOPES - {scope})
    assert client.get(path, headers={"Authorization": f"Bearer {only}"}).status_code == 200
    answer = client.get(path, headers={"Authorization": f"Bearer {others}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.scope")


def test_what_is_not_json(api: Api) -> None:
    for content in (
        b"{",
        b'{"a":1}x',
        b"\xff\xfe",
        b'{"dossier_code":"\xc3\x28"}',
        b"[" * 60_000,
        b"1" * 5_000,
        b"\x00",
    ):
        answer = api.post("/api/v1/payments", content)
        assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed"), content[:20]


def test_json_of_another_shape(api: Api) -> None:
    for content in (b"", b"null", b"[]", b'"x"', b"NaN", b'{"\\ud800":1}', b'{"channel":"\\ud800"}'):
        answer = api.post("/api/v1/payments", content)
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), content


def test_json_is_sent_as_json(api: Api) -> None:
    answer = api.post("/api/v1/payments", {"channel": "vietqr"}, Content_Type="text/plain")
    assert answer.status_code == 422


def test_nothing_at_an_address_and_a_method_it_does_not_take(client: TestClient) -> None:
    missing = client.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "route.missing")
    assert missing.headers["Content-Type"] == "application/problem+json"
    method = client.delete("/api/v1/fees")
    assert (method.status_code, method.json()["code"]) == (405, "route.method")
    assert method.headers["Allow"] == "GET"


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize(
    ("path", "most"), [("/api/v1/payments", 64 * 1024), ("/callbacks/H56.17/vietinbank", 1024 * 1024)]
)
def test_more_than_an_address_takes(api: Api, path: str, most: int) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json", "Idempotency-Key": "k"}
    for content in (b" " * (most + 1), _chunks(most + 1024)):
        answer = api.client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    for content in (b" " * most, _chunks(most)):
        assert api.client.post(path, content=content, headers=headers).status_code != 413


class Broken(Exception):
    """Not a refusal: a bug."""


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (ConnectorMissing("x"), 404, "connector.missing"),
        (SettingMissing("bank_public_key"), 503, "connector.setting_missing"),
        (sa.exc.OperationalError("INSERT", {"name": SECRET}, Exception("locked")), 503, "database.busy"),
        (sa.exc.TimeoutError(), 503, "database.busy"),
        (Broken(SECRET), 500, "internal"),
    ],
)
def test_what_a_route_raises(town: Town, raised: Exception, status: int, code: str) -> None:
    app = create_app(town.environment)

    def fail() -> None:
        raise raised

    app.add_api_route("/fail", fail)
    with TestClient(app) as client, capture_logs() as logs:
        answer = client.get("/fail")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert SECRET not in answer.text
    assert SECRET not in json.dumps(logs, ensure_ascii=False)
    assert len([entry for entry in logs if entry["event"] == "request.failed"]) == (1 if status >= 500 else 0)


def test_every_answer_carries_a_request_id_and_safe_headers(client: TestClient) -> None:
    for path in ("/healthz", "/api/v1/payments", "/api/v1/nothing"):
        headers = client.get(path).headers
        assert headers["X-Request-Id"].startswith("req_")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert client.get("/healthz", headers={"X-Request-Id": "one-stop-17"}).headers["X-Request-Id"] == "one-stop-17"
    assert client.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"].startswith("req_")
