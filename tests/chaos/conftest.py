"""The loaded parent of all processes, once for the tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.processes import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote
