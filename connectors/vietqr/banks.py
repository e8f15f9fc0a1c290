"""Who stands behind a BIN in a VietQR: the key is the BIN, names are data and change (970414 was Oceanbank, is MBV)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank or payment intermediary that takes part in NAPAS247."""

    bin: str
    code: str
    short_name: str
    name: str  # Vietnamese, as registered
    swift: str | None


def bank(bin: str) -> Bank | None:
    """The bank of a BIN, None for one that is not listed: a valid code may name a newer member."""
    return banks().get(bin)


@cache
def banks() -> Mapping[str, Bank]:
    """All that are listed, by BIN."""
    data = json.loads(files(__package__).joinpath("banks.json").read_text(encoding="utf-8"))
    return MappingProxyType({bin: Bank(bin, **facts) for bin, facts in data.items()})
