"""The engines that are installed here, for tests that every one of them has to pass."""

from __future__ import annotations

import os

from reconciliation.engines import ENGINES, installed

INSTALLED = [
    engine for engine in ENGINES if installed(engine) or (engine == "duckdb" and "THUPHI_REQUIRE_ALL" in os.environ)
]
