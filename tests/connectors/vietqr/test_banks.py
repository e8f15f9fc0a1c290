"""The BIN is the key, names are data: who is known, and under which name today."""

from __future__ import annotations

import re

import pytest

from connectors.vietqr.banks import bank, banks, named


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


@pytest.mark.parametrize(
    ("text", "bins"),
    [
        ("Oceanbank", ["970414"]),
        ("ngan hang tmcp dai duong", ["970414"]),
        ("Ngân hàng TMCP Đông Á", ["970406"]),
        ("lienviet post-bank", ["970449"]),
        ("LPBank", ["970449"]),
        ("PG Bank", ["970430"]),
        ("vcb", ["970436"]),
        ("MAFC", ["970468", "977777"]),  # one company, two BINs
        ("Ocean", []),
        ("", []),
    ],
)
def test_a_bank_is_found_under_any_name_it_has_had(text: str, bins: list[str]) -> None:
    assert [found.bin for found in named(text)] == bins


def test_the_old_names_stand_beside_the_new_one() -> None:
    found = bank("970414")
    assert found is not None
    assert [(name.short_name, name.name) for name in found.formerly] == [("Oceanbank", "Ngân hàng TMCP Đại Dương")]
    assert found.formerly[0].name not in found.name
