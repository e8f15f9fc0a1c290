"""A profile that a person wrote: every flaw is named before a file is read by it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.files.profile import ProfileInvalid, folded, profile_of, read_profile

GOOD: dict[str, Any] = {
    "name": "mine",
    "kind": "statement",
    "columns": {"booking_date": ["Ngày"], "debit": ["Nợ"], "credit": ["Có"]},
}


def test_headings_are_compared_without_accents_case_and_signs() -> None:
    assert folded("Số tiền ghi nợ/\nDebit") == "so tien ghi no debit" == folded("SO TIEN GHI NO - DEBIT")
    assert profile_of(GOOD).columns["debit"] == ("no",)


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"name": "Của tôi"}, "name"),
        ({"kind": "invoice"}, "kind"),
        ({"colums": {}}, "colums: unknown member"),
        ({"columns": {"booking_date": ["Ngày"]}}, "one of amount or credit is needed"),
        ({"columns": {"booking_date": ["Ngày"], "credit": ["Có"]}}, "credit needs debit"),
        ({"columns": {"booking_date": ["Ngày"], "amount": ["Tiền"], "memo": ["tien"]}}, "means two fields"),
        ({"columns": {"booking_date": ["Ngày"], "amount": ["..."]}}, "without letters"),
        ({"columns": {"booking_date": "Ngày", "amount": ["Tiền"]}}, "lists of texts"),
        ({"columns": {"booking_date": ["Ngày"], "amount": ["Tiền"], "tax": ["Thuế"]}}, "columns.tax"),
        ({"labels": {"owner": ["Chủ"]}}, "labels.owner"),
        ({"dates": ["dd/yyyy"]}, "lacks dd, MM or yyyy"),
        ({"decimal": ";"}, "decimal"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"delimiter": "#"}, "delimiter"),
        ({"debit_negative": "yes"}, "true or false"),
        ({"direction": {"in": ["C"]}}, "credit or debit"),
        ({"totals": [1]}, "totals"),
    ],
)
def test_a_flaw_is_named(change: dict[str, Any], flaw: str) -> None:
    with pytest.raises(ProfileInvalid) as refusal:
        profile_of(GOOD | change)
    assert any(flaw in one for one in refusal.value.flaws)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 10_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ProfileInvalid):
        read_profile(text)
