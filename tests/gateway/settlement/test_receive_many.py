"""Messages that come together are stored together, and each is answered as if it had come alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Reply, Request
from gateway.kernel.uow import Environment
from gateway.providers import ConnectorNotSet
from gateway.settlement import inbox, store
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def _code(reply: object) -> str:
    assert isinstance(reply, Reply)
    return str(json.loads(reply.body)["errorCode"])


def test_each_hears_its_own_answer(town: Town) -> None:
    for _ in range(3):
        town.transfer(town.payment(LE_PHI))
    first, second, third = (outgoing.request for outgoing in town.bank.due_notices())
    forged = replace(third, body=third.body.replace(b"135000", b"995000"))
    assert forged != third
    told = _together(town, [first, forged, second, first, third, first])

    assert [_code(one) for one in told] == ["00", "01", "00", "00", "00", "00"]
    assert sorted(row.copies for row in town.rows(store.inbox)) == [1, 1, 3]
    assert {row.state for row in town.rows(store.inbox)} == {"waiting"}
    (refused,) = town.rows(store.inbox_refused)
    assert refused.reason.startswith("forged")
    town.work()
    assert {row.state for row in town.rows(store.inbox)} == {"done"}


def test_who_is_not_known_takes_nobody_along(town: Town) -> None:
    town.transfer(town.payment(LE_PHI))
    (outgoing,) = town.bank.due_notices()
    strange = inbox.Call("H99.99", "vietinbank", outgoing.request)
    with town.environment.begin(actor="door") as uow:
        told = inbox.receive_many(uow, [strange, inbox.Call(AGENCY, "vietinbank", outgoing.request), strange])
    assert [isinstance(one, ConnectorNotSet) for one in told] == [True, False, True]
    assert len(town.rows(store.inbox)) == 1


def _together(town: Town, requests: list[Request]) -> list[object]:
    with town.environment.begin(actor="door") as uow:
        return list(inbox.receive_many(uow, [inbox.Call(AGENCY, "vietinbank", one) for one in requests]))
