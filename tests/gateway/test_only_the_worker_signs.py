"""Only the worker holds keys: no page and no API route can even reach the code that opens one."""

from __future__ import annotations

from functools import cache

import grimp
import pytest

CUSTODY = ("receipts.custody", "receipts.hardware", "receipts.remote", "gateway.delivery.signing_keys")


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("gateway", "receipts")


@pytest.mark.parametrize("door", ["gateway.web", "gateway.api"])
def test_no_door_leads_to_a_key(door: str) -> None:
    for custody in CUSTODY:
        assert not imports().find_shortest_chains(door, custody), f"{door} reaches {custody}"


def test_the_worker_does() -> None:
    """Else the test above would prove nothing."""
    for custody in CUSTODY:
        assert imports().find_shortest_chains("gateway.worker", custody), custody
