"""Nothing to show: such a bank sends no messages."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.conformance.sample import Samples
from connectors.contract import Desk


def samples() -> Samples:
    """A desk with nothing on it."""
    return Samples(Desk({}, datetime(2026, 11, 21, 2, 20, tzinfo=UTC)))
