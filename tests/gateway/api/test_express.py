"""The short way to a payment's writer answers as the long one does: a content type with a parameter takes the long one."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.api.conftest import Api, Dossier
from tests.town import LE_PHI

PATH = "/api/v1/payments"
SHORT, LONG = "application/json", "application/json; charset=utf-8"


@pytest.fixture
def made(api: Api, dossier: Dossier) -> str:
    """A dossier's id; registering it has made the key known at the door."""
    found: dict[str, Any] = api.post("/api/v1/dossiers", dossier(LE_PHI)).json()
    return str(found["id"])


def test_a_repeat_on_the_other_way_is_the_first_answer(api: Api, made: str) -> None:
    body = {"dossier_id": made, "channel": "vietqr"}
    for n, (first, second) in enumerate(((SHORT, LONG), (LONG, SHORT))):
        told = api.post(PATH, body, Idempotency_Key=f"twice-{n}", Content_Type=first)
        again = api.post(PATH, body, Idempotency_Key=f"twice-{n}", Content_Type=second)
        assert (told.status_code, again.status_code) == (201, 201)
        assert again.content == told.content
        assert again.headers["Idempotency-Replayed"] == "true"
        assert {name: told.headers[name] for name in told.headers if name not in ("x-request-id",)} == {
            name: again.headers[name] for name in again.headers if name not in ("x-request-id", "idempotency-replayed")
        }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"dossier_id": "nobody", "channel": "vietqr"}, 404),
        ({"channel": "vietqr"}, 422),
        ({"dossier_id": 7, "channel": "vietqr"}, 422),
        ({"dossier_id": "nobody", "channel": "vietqr", "amount": 1}, 422),
        (b'{"dossier_id": "nobody", "channel": "viet', 400),
        (b'{"dossier_id": "\xff", "channel": "vietqr"}', 400),
        (b"", 422),
        (b"[]", 422),
    ],
)
def test_a_refusal_is_worded_alike(api: Api, made: str, body: Any, status: int) -> None:
    short, long = (api.post(PATH, body, Content_Type=way) for way in (SHORT, LONG))
    assert (short.status_code, short.json()) == (long.status_code, long.json())
    assert short.status_code == status


@pytest.mark.parametrize("key", ["", "with a blank", "k" * 256])
def test_a_key_that_is_none_is_refused_alike(api: Api, made: str, key: str) -> None:
    body = {"dossier_id": made, "channel": "vietqr"}
    short, long = (api.post(PATH, body, Idempotency_Key=key, Content_Type=way) for way in (SHORT, LONG))
    assert (short.status_code, short.json()) == (long.status_code, long.json())
    assert short.status_code == 400


def test_it_opens_to_nobody_else(client: TestClient, api: Api, made: str) -> None:
    headers = {"Idempotency-Key": "mine", "Content-Type": SHORT}
    content = b'{"dossier_id":"' + made.encode() + b'","channel":"vietqr"}'
    for authorization in ("", "Bearer ", f"Bearer {api.key}x", f"Basic {api.key}"):
        told = client.post(PATH, content=content, headers=headers | {"Authorization": authorization})
        assert (told.status_code, told.json()["code"]) == (401, "access.unauthenticated")


def test_what_it_serves_is_counted_by_its_route(client: TestClient, api: Api, made: str) -> None:
    for way in (SHORT, LONG):
        assert api.post(PATH, {"dossier_id": made, "channel": "vietqr"}, Content_Type=way).status_code == 201
    counted = f'thuphi_http_requests_total{{method="POST",route="{PATH}",status="201"}} 2.0'
    assert counted in client.get("/metrics").text
