"""The payment reference survives what banks and people do to a memo, and nothing else is taken for one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from connectors.reference import ALPHABET, PREFIX, check_character, find, holds, make, references
from gateway.cli.memo import memo_app

SAMPLES = json.loads((Path(__file__).parents[1] / "golden" / "memos.json").read_text(encoding="utf-8"))["samples"]

issued = st.integers(0, 2**32).map(lambda seed: make(Random(seed).randrange))
separator = st.sampled_from([" ", ".", "-", "\n", "\r\n", "_", "/", "?"])


def groups(reference: str, separator: str) -> str:
    return separator.join((reference[:3], reference[3:7], reference[7:]))


def wrong(reference: str, place: int) -> str:
    other = ALPHABET[(ALPHABET.index(reference[place]) + 7) % len(ALPHABET)]
    return reference[:place] + other + reference[place + 1 :]


MANGLE = {
    "split": lambda reference, n: f"{reference[:n]} {reference[n:]}",
    "nl": lambda reference, n: f"{reference[:n]}\n{reference[n:]}",
    "dash": lambda reference, n: groups(reference, "-"),
    "dots": lambda reference, n: groups(reference, "."),
    "cut": lambda reference, n: reference[:n],
    "tail": lambda reference, n: reference[n:],
    "sub": wrong,
    "swap": lambda reference, n: reference[:n] + reference[n + 1] + reference[n] + reference[n + 2 :],
    "conf": lambda reference, n: reference.replace("0", "O").replace("1", "I"),
}
CLOCK = {"ddmmyy": "241126", "yymmdd": "261124", "hhmmss": "093015", "hh": "09", "mi": "30", "ss": "15"}
CHARACTERS = {"n": "0123456789", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "h": "0123456789abcdef"}


def render(template: str, own: dict[str, str], random: Random) -> str:
    """A sample's template with our references and random numbers; the samples' own prefix word becomes ours."""

    def fill(match: re.Match[str]) -> str:
        name, _, act = match[1].partition("|")
        if name in CLOCK:
            return CLOCK[name]
        if name.upper() in own:
            reference = own[name.upper()] if name[0] == "R" else own[name.upper()].lower()
            act, _, place = act.partition(":")
            return str(MANGLE[act](reference, int(place or 0))) if act else reference
        return "".join(random.choices(CHARACTERS[name[0]], k=int(name[1:])))

    return re.sub(r"\{([^}]+)\}", fill, template.replace("DVC", PREFIX))


def confusable(random: Random) -> str:
    while True:
        reference = make(random.randrange)
        if {"0", "1"} <= set(reference[3:11]):
            return reference


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['id']}-{sample['class']}")
def test_memos_as_banks_deliver_them(sample: dict[str, Any]) -> None:
    random = Random(sample["id"])
    for _ in range(100):
        own = {name: confusable(random) if name == "RC" else make(random.randrange) for name in sample["references"]}
        memo = render(sample["template"], own, random)
        expected = [own[name] for name, value in sample["references"].items() if value in sample["expected"]]
        assert list(references(memo)) == expected, memo


def test_the_published_check_vector() -> None:
    assert check_character("A12425GABC1234002") == "M"


def test_a_check_over_anything_else_is_an_error() -> None:
    with pytest.raises(ValueError, match="substring"):
        check_character("BLQ-1234")


@given(st.integers(0, 2**32))
def test_a_new_reference_is_made_as_agreed(seed: int) -> None:
    reference = make(Random(seed).randrange)
    assert re.fullmatch("BLQ[0-9A-HJKMNP-TV-Z]{9}", reference)
    assert check_character(reference[:-1]) == reference[-1]
    assert sum(c.isdigit() for c in reference[3:11]) in range(2, 7)
    assert holds(reference)


@given(issued, st.integers(0, 11), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_one_wrong_character_never_holds(reference: str, place: int, character: str) -> None:
    spoilt = reference[:place] + character + reference[place + 1 :]
    assert holds(spoilt) == (spoilt == reference)


def test_swapped_neighbours_hardly_ever_hold() -> None:
    """The standard's hybrid systems miss a few pairs; a reference that is not open catches those."""
    random = Random(2026)
    swaps = [
        reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
        for reference in (make(random.randrange) for _ in range(1000))
        for place in range(3, 11)
        if reference[place] != reference[place + 1]
    ]
    assert sum(map(holds, swaps)) < len(swaps) / 200


@pytest.mark.parametrize("change", [str.lower, lambda r: r + " ", lambda r: r[:-1], lambda r: "X" + r[1:]])
def test_only_a_whole_reference_as_issued_holds(change: Any) -> None:
    assert not holds(change("BLQ84G7ZWYRD"))
    assert holds("BLQ84G7ZWYRD")


@given(issued, st.lists(st.none() | separator, min_size=11, max_size=11), st.randoms(use_true_random=False))
def test_a_reference_survives_case_and_separators(reference: str, breaks: list[str | None], random: Random) -> None:
    cased = [random.choice((c, c.lower())) for c in reference]
    written = cased[0] + "".join((gap or "") + c for gap, c in zip(breaks, cased[1:], strict=True))
    memo = f"MBVCB.4250681407.{written}.CT tu 1073715164 toi 113940093297"
    assert references(memo) == (reference,)
    assert memo[find(memo)[0].start : find(memo)[0].end] == written


@given(issued, st.integers(0, 60), st.sampled_from([" ", "\n", "\r\n"]))
def test_a_reference_survives_a_break_every_35_characters(reference: str, before: int, line_end: str) -> None:
    memo = "NOP LE PHI HO SO " + "9" * before + " " + reference + " NGUYEN VAN AN CHUYEN TIEN"
    broken = line_end.join(memo[at : at + 35] for at in range(0, len(memo), 35))
    assert references(broken) == (reference,)


@given(issued, st.text(max_size=40), st.text(max_size=40))
def test_any_text_around_a_reference_leaves_its_place_right(reference: str, before: str, after: str) -> None:
    memo = f"{before} {reference} {after}"
    found = {f.reference: f for f in find(memo)}
    assert memo[found[reference].start : found[reference].end] == reference
    assert tuple(found) == references(memo)


@given(issued)
def test_lookalikes_are_read_back(reference: str) -> None:
    written = reference[:3] + reference[3:].replace("0", "O").replace("1", "L")
    assert references(f"nop {written}") == (reference,)


@pytest.mark.parametrize(
    ("memo", "reading"),
    [
        ("BLQ84G7ZWYRD nop phi", "plain"),
        ("nộp phí blq84g7zwyrd", "case"),
        ("BLQ.84G7.ZWYRD", "separated"),
        ("blq84g7\r\nzwyrd", "separated"),
        ("BLQ8470O7AXP", "folded"),
        ("BLQ８４G7ZWYRĐ", "folded"),
    ],
)
def test_how_it_had_to_be_read(memo: str, reading: str) -> None:
    memo = memo.replace("BLQ8470O7AXP", "BLQ8470O7AX" + check_character("BLQ847007AX"))
    assert [found.reading for found in find(memo)] == [reading]


def test_a_bank_may_break_a_reference_that_runs_into_the_next_word() -> None:
    assert references("BLQ84G7 ZWYRDCT tu 1083003277") == ("BLQ84G7ZWYRD",)


def test_words_and_numbers_behind_the_prefix_are_not_put_together() -> None:
    body = "BLQTRANFT58"
    chance = f"{body}{check_character(body)}"
    assert references(f"BLQ TRAN FT58{chance[-1]}83757167766") == ()
    assert references("BLQ NOP LE PHI HO SO") == ()


def test_several_come_in_order_and_without_repeats() -> None:
    first, second = "BLQHE6M1110G", "BLQ84G7ZWYRD"
    memo = f"{first[:5]} {first[5:]},{second};{first} {second}"
    assert references(memo) == (first, second)
    assert [(found.start, found.reading) for found in find(memo)] == [(0, "separated"), (14, "plain")]


def test_a_beginning_that_fails_hides_nothing_behind_it() -> None:
    assert references("BLQ BLQ BLQ84G7ZWYRD") == ("BLQ84G7ZWYRD",)
    assert references("BLQ84G7BLQ84G7ZWYRD") == ("BLQ84G7ZWYRD",)


WORDS = """
    NOP LE PHI PHI HO SO CCCD GIAY PHEP XAY DUNG DAT DAI CAP DOI HO TICH NGUYEN THI VAN AN BINH LAN TRAN LE
    PHAM chuyen tien thanh toan dich vu cong BLQ BL Q blq DVC TT PHUC VU HCC CUSTOMER IBFT Trace MBVCB toi tu
    Nộp phí lệ hồ sơ đất đai QR BLQUOC BLQ. B L Q
"""


def without_a_reference(random: Random, count: int) -> Iterator[str]:
    """Words, the prefix among them, numbers, bank codes, references cut off or with a wrong character."""
    words = WORDS.split()
    for _ in range(count):
        parts = random.choices(words, k=random.randrange(2, 12))
        parts.insert(random.randrange(len(parts)), f"FT{random.randrange(10**14):014}")
        parts.append(random.choice(("SDT 09", "CCCD 038", "VQR", "GD ")) + f"{random.randrange(16**9):x}")
        if random.random() < 0.2:
            parts.append(wrong(make(random.randrange), random.randrange(3, 12)))
        elif random.random() < 0.2:
            parts.append(make(random.randrange)[: random.randrange(3, 12)])
        yield random.choice((" ", " ", ".")).join(parts)


def test_nothing_else_is_taken_for_a_reference() -> None:
    assert [memo for memo in without_a_reference(Random(2026), 20_000) if references(memo)] == []


@pytest.mark.bench
def test_nothing_else_is_taken_for_a_reference_at_full_size() -> None:
    assert [memo for memo in without_a_reference(Random(36), 200_000) if references(memo)] == []


def run(*arguments: str, given: str | bytes = "") -> Any:
    result = CliRunner().invoke(memo_app, ["extract", *arguments], input=given)
    assert not isinstance(result.exception, Exception), result.exception
    return result


def test_the_command_answers_line_by_line() -> None:
    asked = [
        {"id": 1, "memo": "CUSTOMER BLQ84G7ZWYRD FT65922167207131"},
        {"id": "b", "memo": "nộp lệ phí"},
        {"id": 3, "memo": 17},
        {"id": 4},
    ]
    given = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in asked)
    result = run("--jsonl", given=given)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"id": 1, "references": ["BLQ84G7ZWYRD"]},
        {"id": "b", "references": []},
        {"id": 3, "references": [], "error": "bad_memo"},
        {"id": 4, "references": [], "error": "bad_memo"},
    ]
    assert result.exit_code == 0


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff\xfe{}", b"\n7", b"[" * 100_000, b"null"])
def test_the_command_survives_a_bad_line(line: bytes) -> None:
    good = json.dumps({"id": "\ud83d", "memo": "BLQ84G7ZWYRD"}).encode()
    bad, after = (json.loads(answer) for answer in run("--jsonl", given=line + b"\n" + good).stdout.splitlines())
    assert bad == {"id": None, "references": [], "error": "bad_line"}
    assert after == {"id": "\ud83d", "references": ["BLQ84G7ZWYRD"]}


def test_the_command_reads_one_memo() -> None:
    assert run("nop blq84g7 zwyrd").stdout == "BLQ84G7ZWYRD\n"
    assert json.loads(run("nop blq84g7 zwyrd", "--json").stdout) == {"references": ["BLQ84G7ZWYRD"]}
    assert run("chuyen tien").exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["memo", "--jsonl"], ["--nothing"]])
def test_bad_usage_exits_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
