"""Anybody may fetch the signed list of replaced receipts; it is the worker's, as it was signed."""

from __future__ import annotations

from starlette.testclient import TestClient

from gateway.delivery import replaced_list
from receipts import replacement_list
from tests.town import Town


def test_the_list_is_served_as_it_was_signed(town: Town, client: TestClient) -> None:
    assert client.get("/verify/replaced").status_code == 404
    replaced_list.renew(town.environment, town.keys.token)
    answer = client.get("/verify/replaced")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=us-ascii")
    found = replacement_list.read(answer.text, town.keys.token.public, at=town.environment.clock())
    assert (found.number, found.names) == (1, frozenset())
