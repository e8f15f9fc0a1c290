"""The engines, for tests that every one of them has to pass: missing, one is a skip with its reason, and in CI a failure."""

from __future__ import annotations

import os

import pytest

from reconciliation.engines import DATABASE, ENGINES, EXTRAS, SPARK, installed

OTHERS = [engine for engine in ENGINES if engine != DATABASE]


def needed(engine: str) -> str:
    """The engine, if it can run here."""
    if not installed(engine):
        message = f"the engine {engine} needs the extra [{EXTRAS[engine][0]}]{' and Java' if engine == SPARK else ''}"
        if os.environ.get("THUPHI_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return engine


def opening(engine: str, request: pytest.FixtureRequest) -> str:
    """The engine, if it can run here, with the one Spark session that all tests of a process share."""
    if needed(engine) == SPARK:
        request.getfixturevalue("spark")
    return engine
