"""A bank without an API never calls, so nothing that calls in its name is believed."""

from __future__ import annotations

import pytest

from connectors.contract import (
    Connector,
    Desk,
    Forged,
    Inquirer,
    Malformed,
    Queryable,
    Refunder,
    Request,
    Standing,
    Starter,
)
from connectors.providers.statement_only import StatementOnly
from connectors.providers.statement_only.samples import samples

BANK = StatementOnly()
DESK: Desk = samples().desk
CALL = Request("POST", "/callbacks/demo/statement_only", b'{"amount":50000}')


def test_it_settles_by_statement_and_asks_for_nothing() -> None:
    assert isinstance(BANK, Connector)
    can = BANK.capabilities
    assert (can.issue_on, can.notifies, can.settings, can.secrets) == ("statement", False, (), ())
    assert not isinstance(BANK, Starter | Queryable | Refunder | Inquirer)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"amount":50000}'])
def test_whoever_calls_is_a_stranger(body: bytes) -> None:
    assert BANK.receive(Request("POST", CALL.path, body), DESK) == Forged("notice.not_expected")


@pytest.mark.parametrize("standing", list(Standing))
def test_there_is_nothing_at_its_address(standing: Standing) -> None:
    for received in (BANK.receive(CALL, DESK), Malformed("json.malformed")):
        reply = BANK.acknowledge(CALL, received, standing, DESK)
        assert (reply.status, reply.body) == (404, b"")
