"""The BIN is the key, names are data: who is known, and under which name today."""

from __future__ import annotations

import re

import pytest

from connectors.vietqr.banks import bank, banks


@pytest.mark.parametrize(
    ("bin", "short_name", "swift"),
    [
        ("970436", "Vietcombank", "BFTVVNVX"),
        ("970415", "VietinBank", "ICBVVNVX"),
        ("970414", "MBV", "OCBKUS3M"),  # was Oceanbank
        ("970406", "Vikki Bank", "EACBVNVX"),  # was DongA
        ("971011", "VNPTMoney", None),
    ],
)
def test_a_known_bin(bin: str, short_name: str, swift: str | None) -> None:
    found = bank(bin)
    assert found is not None
    assert (found.bin, found.short_name, found.swift) == (bin, short_name, swift)


def test_an_unknown_bin_is_none() -> None:
    assert bank("000000") is None


def test_every_entry_is_well_formed() -> None:
    assert len(banks()) == 72
    assert all(re.fullmatch("[0-9]{6}", bin) and entry.name and entry.code for bin, entry in banks().items())
    assert all(re.fullmatch("[A-Z]{6}[A-Z0-9]{2}", entry.swift) for entry in banks().values() if entry.swift)
