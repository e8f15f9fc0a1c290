"""The fair, and short time-outs: a test does not wait as long as a provider may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from tests.gateway.connecting.fair import Fair


@pytest.fixture
def fair(environment: Environment, tmp_path: Path) -> Iterator[Fair]:
    fair = Fair(environment, tmp_path)
    yield fair
    fair.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vnpay.calls.QUERY_TIMEOUT_S", "vnpay.calls.REFUND_TIMEOUT_S"):
        monkeypatch.setattr(f"connectors.providers.{name}", 1)
    for name in ("vnptpay.calls.QUERY_TIMEOUT_S", "vnptpay.calls.START_TIMEOUT_S"):
        monkeypatch.setattr(f"connectors.providers.{name}", 1)
