"""Amounts and days as banks print them; what may be two things is neither guessed nor zero."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.cells import UNREAD, Cell, amount, day
from connectors.files.reading import Unreadable


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.234.000", "1234000"),
        ("1,234,000", "1234000"),
        ("1 234 000,00", "1234000"),
        ("1\u00a0234\u202f000", "1234000"),
        ("1'234'000", "1234000"),
        ("(1.000)", "-1000"),
        ("-1.000", "-1000"),
        ("1.000-", "-1000"),
        ("+ 5", "5"),
        ("1.234", "1234"),  # đồng has no minor unit
        ("1,234.50", "1234.50"),
        ("1.234,5", "1234.5"),
        ("0.125", "0.125"),
        ("150.000đ", "150000"),
        ("VND 150,000", "150000"),
        (150_000, "150000"),
        (150_000.0, "150000"),
        (0.1, "0.1"),
    ],
)
def test_an_amount_is_read(cell: Cell, expected: str) -> None:
    assert amount(cell) == Decimal(expected)


@pytest.mark.parametrize("cell", ["", "  ", "-", "–", None])
def test_an_empty_cell_says_nothing(cell: Cell) -> None:
    assert amount(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "abc",
            "12,34,567",
            "1.23.456",
            "1.5.",
            "--5",
            "(-5)",
            "1.000.000.",
            "1 23",
            "½",
            "٣",
            "1e5",
            "#N/A",
            "5,",
            "1.,2",
        ),
        *(True, date(2026, 11, 20), 2.0**54, float("nan"), float("inf")),
    ],
)
def test_anything_else_is_refused(cell: Cell) -> None:
    with pytest.raises(Unreadable) as flaw:
        amount(cell)
    assert flaw.value.code == "amount.unreadable"


def test_another_currency_needs_to_be_told_its_decimal_separator() -> None:
    with pytest.raises(Unreadable) as flaw:
        amount("1.234", "USD")
    assert flaw.value.code == "amount.ambiguous"
    assert amount("1.234", "USD", ".") == Decimal("1.234")
    assert amount("1.234", "USD", ",") == 1234


def test_a_formula_without_a_stored_value_is_no_amount() -> None:
    with pytest.raises(Unreadable) as flaw:
        amount(UNREAD)
    assert flaw.value.code == "formula.unread"


@given(st.integers(-(10**15), 10**15), st.sampled_from([".", ",", " ", ""]))
def test_every_whole_amount_comes_back(value: int, separator: str) -> None:
    assert amount(f"{value:,}".replace(",", separator)) == value


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "24/11/2026",
            "24-11-2026 12:25:38",
            "24.11.2026",
            "2026-11-24",
            "2026-11-24T10:00:00",
            "10:00:00 24/11/2026",
        ),
        *("24/11/26", datetime(2026, 11, 24, 10), date(2026, 11, 24)),
    ],
)
def test_a_day_is_read(cell: Cell) -> None:
    assert day(cell) == date(2026, 11, 24)


@pytest.mark.parametrize("cell", ["31/02/2026", "11/24/2026", "24/11", "hôm qua", "46350", 46350, "24/11/2026 x"])
def test_no_day_is_guessed(cell: Cell) -> None:
    with pytest.raises(Unreadable) as flaw:
        day(cell)
    assert flaw.value.code == "date.unreadable"


def test_the_month_comes_first_only_where_a_profile_says_so() -> None:
    assert day("11/24/2026", ("MM/dd/yyyy",)) == date(2026, 11, 24)
