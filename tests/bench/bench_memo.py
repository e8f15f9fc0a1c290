"""References found in memos a second, beside a plain expression and check in the same run, and how often they are right.

`pytest -m bench tests/bench/bench_memo.py -n 0 -s`. A false match is a reference that nobody wrote into the memo: how
many there are by form alone, and how many of those an agency with 100 000 open payments would take.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from random import Random

import pytest

from connectors.reference import ALPHABET, make, references

pytestmark = pytest.mark.bench

MEMOS = 20_000
OPEN = 100_000
VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
FORM = re.compile("BLQ[0-9A-HJKMNP-TV-Z]{9}")
LAYOUTS = (
    "MBVCB.{n}.{r}.CT tu 1073715164 NGUYEN VAN AN toi 113940093297 TT PHUC VU HCC",
    "CUSTOMER {r} FT65922167207131 Trace 10 7461",
    "312326.091126.160610.{r} nop le phi FT45659424573808",
    "QR VQRf7783e5a6b {r} Ma giao dich Trace966377 Trace 533599",
    "{r} GD 070143-060826 17:57:55",
)

Corruption = Callable[[str, Random], str]


def substituted(reference: str, random: Random) -> str:
    place = random.randrange(3, 12)
    return reference[:place] + random.choice(ALPHABET.replace(reference[place], "")) + reference[place + 1 :]


def swapped(reference: str, random: Random) -> str:
    place = random.choice([place for place in range(3, 11) if reference[place] != reference[place + 1]])
    return reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]


def missing(reference: str, random: Random) -> str:
    place = random.randrange(3, 12)
    return reference[:place] + reference[place + 1 :]


def twice(reference: str, random: Random) -> str:
    place = random.randrange(3, 12)
    return reference[:place] + reference[place] + reference[place:]


def two_substituted(reference: str, random: Random) -> str:
    return substituted(substituted(reference, random), random)


def broken(reference: str, random: Random) -> str:
    place = random.randrange(4, 12)
    return f"{reference[:place]} {reference[place:]}"


def lookalike(reference: str, random: Random) -> str:
    return reference[:3] + reference[3:].replace("0", "O").replace("1", random.choice("IL"))


READ_BACK: dict[str, Corruption] = {"as written": lambda r, _: r, "broken": broken, "O I L for 0 1": lookalike}
SPOILT: dict[str, Corruption] = {
    "one wrong": substituted,
    "neighbours swapped": swapped,
    "one missing": missing,
    "one doubled": twice,
    "two wrong": two_substituted,
}


def plain(memo: str) -> list[str]:
    """What one would write first: a regular expression and the check."""
    return [token for token in FORM.findall(memo.upper()) if product(token[:-1]) == VALUES[token[-1]]]


def product(body: str) -> int:
    result = 36
    for character in body:
        result = ((result + VALUES[character]) % 36 or 36) * 2 % 37
    return (1 - result) % 36


def memo_of(reference: str, random: Random) -> str:
    return random.choice(LAYOUTS).format(n=random.randrange(10**9, 10**10), r=reference)


def rate(work: Callable[[], object]) -> float:
    """Calls a second of CPU, the best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return 1 / best


def test_memos_against_a_plain_expression_and_check() -> None:
    random = Random(2026)
    memos = [memo_of(make(random.randrange), random) for _ in range(MEMOS)]
    assert [list(references(memo)) for memo in memos] == [plain(memo) for memo in memos]
    baseline = rate(lambda: [plain(memo) for memo in memos]) * MEMOS
    careful = rate(lambda: [references(memo) for memo in memos]) * MEMOS
    print(f"\nreferences {careful:,.0f} memos/s, plain {baseline:,.0f}/s, {careful / baseline:.2f}x")
    assert careful / baseline >= 1


@pytest.mark.parametrize("name", READ_BACK)
def test_what_banks_and_people_do_is_read_back(name: str) -> None:
    random = Random(7)
    written = [make(random.randrange) for _ in range(MEMOS)]
    memos = [memo_of(READ_BACK[name](reference, random), random) for reference in written]
    right, easily = 0, 0
    for reference, memo in zip(written, memos, strict=True):
        right += references(memo) == (reference,)
        easily += plain(memo) == [reference]
    print(f"\n{name}: {right / MEMOS:.4%} right; plain expression {easily / MEMOS:.4%}")
    assert right / MEMOS > 0.9999


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_hardly_ever_another_payment(name: str) -> None:
    random = Random(8)
    open_ones = {make(random.randrange) for _ in range(OPEN)}
    written = random.choices(sorted(open_ones), k=MEMOS)
    by_form, taken = 0, 0
    for reference in written:
        found = {*references(memo_of(SPOILT[name](reference, random), random))} - {reference}
        by_form += bool(found)
        taken += bool(found & open_ones)
    print(
        f"\n{name}: {by_form / MEMOS:.4%} have the form of another reference, {taken / MEMOS:.4%} are another open one"
    )
    assert by_form / MEMOS <= (0.0 if name == "one wrong" else 0.04)
    assert taken == 0
