"""Which kinds are breaks, and how long each may stay unexplained, in working days: data, in breaks.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from reconciliation.model import Kind
from reconciliation.workdays import next_working_day

INFORMATION = frozenset({"OPEN", "LATE_CUTOFF", "REFUND", "REMITTANCE", "INTERNAL_TRANSFER", "INTEREST", "BANK_FEE"})
BREAKS = tuple(kind.value for kind in Kind if not kind.closed and kind.value not in INFORMATION)


def term(kind: Kind, day: date) -> date:
    """The day by which a break of this kind and day is to be explained."""
    data = _data()
    for _ in range(int(data["working_days"].get(kind.value, data["otherwise"]))):
        day = next_working_day(day)
    return day


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(files(__package__).joinpath("breaks.json").read_text("utf-8"))
    return found
