"""Alive, ready, and what a monitoring system reads."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.conftest import HandClock
from tests.gateway.api.conftest import Api, sign
from tests.town import LE_PHI, Town


def test_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert set(answer.json()["checks"].values()) == {"ok"}
    assert set(answer.json()["checks"]) == {"database", "migrations", "keys", "clock"}


def test_an_old_outbox_is_told_and_no_reason(client: TestClient, town: Town, clock: HandClock) -> None:
    town.payment(LE_PHI)
    clock.advance(hours=1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["outbox_age_seconds"]) == (200, 3600.0)


def test_a_clock_that_went_back_is_a_reason(client: TestClient, town: Town, clock: HandClock) -> None:
    town.payment(LE_PHI)
    clock.advance(hours=-1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["clock: behind the newest event"])


def test_another_revision_is_a_reason(client: TestClient, town: Town) -> None:
    with town.environment.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"][0].startswith("migrations: at 0000")


def test_keys_that_cannot_be_reached_are_a_reason(client: TestClient, town: Town) -> None:
    town.environment.settings.keys.rename(town.environment.settings.data / "elsewhere")
    assert client.get("/readyz").json()["reasons"] == ["keys: the directory cannot be read"]


def _metrics(client: TestClient) -> dict[str, float]:
    lines = [line for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_books_as_metrics(client: TestClient, town: Town) -> None:
    town.money_comes(town.payment(LE_PHI))
    town.money_comes(town.payment(LE_PHI), 100_000)
    town.transfer(town.payment(LE_PHI))
    town.deliver()

    found = _metrics(client)
    assert found["thuphi_database_up"] == 1
    assert found["thuphi_inbox_waiting"] == 1
    assert found["thuphi_inbox_poison"] == 0
    assert found["thuphi_receipts_unsigned"] == 1
    assert found['thuphi_suspense_open{agency="H56.17"}'] == 1
    assert found['thuphi_suspense_open_dong{agency="H56.17"}'] == 100_000
    assert found['thuphi_conservation_difference_dong{agency="H56.17"}'] == 0
    sign(town)
    assert _metrics(client)["thuphi_receipts_unsigned"] == 0


def test_requests_are_counted_by_template_and_never_by_what_was_typed(api: Api, client: TestClient, town: Town) -> None:
    payment = town.payment(LE_PHI)
    api.get(f"/api/v1/payments/{payment.id}")
    api.get("/api/v1/payments/pay_unknown")
    client.get(f"/vi/pay/{payment.token}")
    client.get("/nothing/secret-text")
    client.request("BREW", "/coffee")

    text = client.get("/metrics").text
    found = _metrics(client)
    one = 'method="GET",route="/api/v1/payments/{payment_id}"'
    assert found[f'thuphi_http_requests_total{{{one},status="200"}}'] == 1
    assert found[f'thuphi_http_requests_total{{{one},status="404"}}'] == 1
    assert found[f"thuphi_http_seconds_count{{{one}}}"] == 2
    assert found['thuphi_http_requests_total{method="any",route="unmatched",status="404"}'] == 2
    assert payment.token not in text
    assert "secret-text" not in text
    assert "BREW" not in text


def test_metrics_answer_without_a_database(client: TestClient, town: Town, monkeypatch: object) -> None:
    with town.environment.writer.begin() as connection:
        connection.execute(sa.text("ALTER TABLE inbox RENAME TO inbox_lost"))
    assert _metrics(client)["thuphi_database_up"] == 0
