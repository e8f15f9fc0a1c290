"""A town with its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.kernel.uow import Environment
from tests.gateway.web.serving import pages
from tests.town import Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def client(environment: Environment) -> Iterator[TestClient]:
    with TestClient(pages(environment), follow_redirects=False) as client:
        yield client
