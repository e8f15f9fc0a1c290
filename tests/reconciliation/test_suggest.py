"""Suggestions: what is near enough to show a person, how sure it is, and that a set of sums is never guessed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reference import holds, make
from reconciliation.near import near_references
from reconciliation.subset import Answer, exact_subset
from reconciliation.suggest import (
    ALIAS,
    NEAR,
    PAYER,
    SUBSET,
    SUBSET_AMBIGUOUS,
    OpenLine,
    OpenPayment,
    Suggestion,
    suggest,
)

DAY = date(2026, 11, 20)
REFERENCE = make(random.Random(3).randrange)
LINE = OpenLine("L1", "1900", DAY, 150_000, "nop phi")
PAYMENT = OpenPayment("P1", REFERENCE, "1900", 150_000, DAY)


def slips(reference: str) -> list[str]:
    """One character wrong, lost, doubled, or two that changed places, in body or prefix."""
    at = 6
    other = "2" if reference[at] != "2" else "3"
    return [
        reference[:at] + other + reference[at + 1 :],
        reference[:at] + reference[at + 1 :],
        reference[:at] + reference[at] * 2 + reference[at + 1 :],
        reference[:7] + reference[8] + reference[7] + reference[9:],
        "BIQ" + reference[3:],
        f"MBVCB{reference[:at]}{other}{reference[at + 1 :]}",
    ]


def found(lines: Iterable[OpenLine], payments: list[OpenPayment]) -> dict[str, list[Suggestion]]:
    def by_reference(wanted: Collection[str]) -> list[OpenPayment]:
        return [payment for payment in payments if payment.reference in wanted]

    return suggest(lines, payments, by_reference)


@pytest.mark.parametrize("slip", range(6))
def test_a_slip_leads_to_the_reference(slip: int) -> None:
    written = slips(REFERENCE)[slip]
    assert written != REFERENCE
    near = near_references(f"CT tu 012 {written} nop phi")
    assert REFERENCE in near
    assert all(map(holds, near))


def test_words_and_numbers_are_no_slips() -> None:
    assert near_references("MBVCB.3278907687.TRAN VAN B CHUYEN KHOAN NOP PHI 0123456789012") == frozenset()
    assert near_references("BLQ " * 1_000) == frozenset()


def test_only_issued_references_are_shown_and_an_equal_amount_is_surer() -> None:
    wrong = replace(LINE, memo=slips(REFERENCE)[0])
    [suggestion] = found([wrong], [PAYMENT])["L1"]
    assert (suggestion.rule, suggestion.candidates, suggestion.confidence) == (NEAR, ("P1",), "high")
    assert "bằng nhau" in suggestion.sentence_vi
    [other] = found([replace(wrong, amount=1)], [PAYMENT])["L1"]
    assert other.confidence == "medium"
    assert "different" in other.sentence_en
    assert found([wrong], [replace(PAYMENT, reference="BLQ00000000X")]) == {}


def test_amount_alone_is_no_reason() -> None:
    assert found([LINE], [PAYMENT, replace(PAYMENT, payment_id="P2", payer="other")]) == {}


def test_amount_payer_and_date() -> None:
    mine = replace(PAYMENT, payer="an")
    line = replace(LINE, payers=frozenset({"an"}))
    [suggestion] = found([line], [mine])["L1"]
    assert (suggestion.rule, suggestion.confidence) == (PAYER, "medium")
    assert "150.000 ₫" in suggestion.sentence_vi
    [several] = found([line], [mine, replace(mine, payment_id="P2")])["L1"]
    assert (several.candidates, several.confidence) == (("P1", "P2"), "low")
    assert found([line], [replace(mine, day=DAY - timedelta(days=8))]) == {}
    assert found([line], [replace(mine, account="1901")]) == {}


def test_a_known_sender_pays_for_another() -> None:
    line = replace(LINE, payers=frozenset({"con"}), aliases=frozenset({"me"}))
    [suggestion] = found([line], [replace(PAYMENT, payer="me")])["L1"]
    assert (suggestion.rule, suggestion.candidates) == (ALIAS, ("P1",))


def test_a_set_of_sales_is_shown_only_where_it_is_the_only_one() -> None:
    sales = [
        replace(PAYMENT, payment_id=f"P{n}", amount=amount, terminal="T1") for n, amount in enumerate((31, 47, 90))
    ]
    [only] = found([replace(LINE, amount=78)], sales)["L1"]
    assert (only.rule, only.candidates, only.confidence) == (SUBSET, ("P0", "P1"), "low")
    [many] = found([replace(LINE, amount=78)], [*sales, replace(sales[0], payment_id="P9")])["L1"]
    assert (many.rule, many.candidates) == (SUBSET_AMBIGUOUS, ())
    assert found([replace(LINE, amount=79)], sales) == {}
    apart = [replace(sale, terminal=f"T{n}") for n, sale in enumerate(sales)]
    assert found([replace(LINE, amount=78)], apart) == {}


@given(st.lists(st.integers(1, 12), max_size=9), st.integers(1, 40))
def test_the_answer_is_that_of_trying_all_sets(amounts: list[int], total: int) -> None:
    named = {f"P{n}": amount for n, amount in enumerate(amounts)}
    sets = [
        chosen
        for size in range(1, len(named) + 1)
        for chosen in itertools.combinations(sorted(named), size)
        if sum(named[one] for one in chosen) == total
    ]
    answer, members = exact_subset(total, named)
    expected = (Answer.NONE, Answer.UNIQUE, Answer.AMBIGUOUS)[min(len(sets), 2)]
    assert answer is expected
    assert members == (sets[0] if answer is Answer.UNIQUE else ())


def test_too_much_work_is_said() -> None:
    dice = random.Random(1)
    amounts = {f"P{n}": dice.randrange(1, 10**12) for n in range(60)}
    assert exact_subset(10**13, amounts) == (Answer.TOO_BIG, ())
