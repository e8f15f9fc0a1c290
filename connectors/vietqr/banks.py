"""Who stands behind a BIN in a VietQR: the key is the BIN, names are data and change (970414 was Oceanbank, is MBV).

Old statements, old cards and people keep the old names, so those are data too and are found like the new ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from connectors.vietqr.unaccented import unaccented


@dataclass(frozen=True, slots=True)
class Name:
    """What a bank was called before."""

    short_name: str
    name: str  # Vietnamese, as registered then


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank or payment intermediary that takes part in NAPAS247."""

    bin: str
    code: str
    short_name: str
    name: str  # Vietnamese, as registered
    swift: str | None
    formerly: tuple[Name, ...] = ()  # newest first


def bank(bin: str) -> Bank | None:
    """The bank of a BIN, None for one that is not listed: a valid code may name a newer member."""
    return banks().get(bin)


def named(text: str) -> tuple[Bank, ...]:
    """The banks of exactly this code, short or full name, now or before, whatever its case, blanks and accents."""
    return _by_name().get(_folded(text), ())


@cache
def banks() -> Mapping[str, Bank]:
    """All that are listed, by BIN."""
    data = json.loads(files(__package__).joinpath("banks.json").read_text(encoding="utf-8"))
    return MappingProxyType({bin: _bank(bin, **facts) for bin, facts in data.items()})


def _bank(bin: str, *, formerly: list[dict[str, str]] | None = None, **facts: Any) -> Bank:
    return Bank(bin, **facts, formerly=tuple(Name(**name) for name in formerly or ()))


@cache
def _by_name() -> Mapping[str, tuple[Bank, ...]]:
    found: dict[str, tuple[Bank, ...]] = {}
    for known in banks().values():
        names = {known.code, known.short_name, known.name}
        names |= {text for former in known.formerly for text in (former.short_name, former.name)}
        for key in sorted(map(_folded, names)):
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), known)))
    return found


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, unaccented(text).upper()))
