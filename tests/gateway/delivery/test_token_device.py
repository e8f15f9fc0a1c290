"""The worker with a real PKCS#11 token (SoftHSM): pulled out and put back, it signs on, and what waited is signed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import structlog

from gateway.delivery import enrol
from gateway.delivery.documents import SigningKeys, sign_waiting
from gateway.kernel.uow import Environment
from receipts import store
from tests.receipts.test_hardware import Token, token
from tests.town import AGENCY, LE_PHI, Town

__all__ = ["token"]


def test_unplugged_and_plugged_in_again(environment: Environment, tmp_path: Path, token: Token) -> None:
    town = Town(environment, tmp_path)
    signer = token.signer()
    with environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.declare(uow, AGENCY, [signer.certificate], date(2026, 11, 1))
    keys = SigningKeys(signer, town.keys.token, demo=True)
    for _ in range(3):
        town.money_comes(town.payment(LE_PHI))
    signer.close()
    token.unplug()
    stuck: set[str] = set()
    with structlog.testing.capture_logs() as logs:
        assert sign_waiting(environment, keys, failed=stuck) == 0
    assert [(one["event"], one["code"], one["waiting"]) for one in logs] == [
        ("receipt.signer_down", "receipt.token_missing", 3)
    ]
    token.plug_in()
    stuck.clear()
    assert sign_waiting(environment, keys, failed=stuck) == 3
    with environment.read() as connection:
        assert store.unsigned(connection, 10) == []
