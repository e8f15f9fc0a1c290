"""A town with a till."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.flows.till import Till
from tests.town import Town


@pytest.fixture
def till(environment: Environment, clock: HandClock, tmp_path: Path) -> Till:
    return Till(Town(environment, tmp_path), clock, tmp_path)
