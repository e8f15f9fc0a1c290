"""An amount in words: the published pairs, and every other amount read back by an independent reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.words import words as command
from receipts.words import words

PAIRS = json.loads((Path(__file__).parents[1] / "golden" / "money_in_words.json").read_text())["pairs"]
UNITS = {"một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7, "tám": 8}
UNITS |= {"chín": 9, "không": 0}
SCALES = {"nghìn": 1_000, "triệu": 1_000_000}


def understood(text: str) -> int:
    """What a listener takes the words for; raises KeyError on a word that is no number word."""
    total = part = group = 0
    for word in text.lower().removesuffix(" đồng").split():
        if word == "tỷ":
            total, part, group = (total + part + group) * 10**9, 0, 0
        elif word in SCALES:
            part, group = part + group * SCALES[word], 0
        elif word == "trăm":
            group *= 100
        elif word == "mười":
            group += 10
        elif word == "mươi":
            group += 9 * (group % 10)
        elif word != "linh":
            group += UNITS[word]
    return total + part + group


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["amount_vnd"]))
def test_published_pairs(pair: dict[str, Any]) -> None:
    assert words(pair["amount_vnd"]) == pair["words"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (10_015, "Mười nghìn không trăm mười lăm đồng"),
        (1_000_005_000, "Một tỷ không trăm linh năm nghìn đồng"),
        (14, "Mười bốn đồng"),
        (104, "Một trăm linh bốn đồng"),
        (55_551, "Năm mươi lăm nghìn năm trăm năm mươi mốt đồng"),
        (2_000_000_000_000, "Hai nghìn tỷ đồng"),
        (1_000_000_000_015, "Một nghìn tỷ không trăm mười lăm đồng"),
        (10**15, "Một triệu tỷ đồng"),
    ],
)
def test_where_readers_go_wrong(amount: int, said: str) -> None:
    assert words(amount) == said


@given(st.integers(0, 10**15))
def test_every_amount_is_understood_as_itself(amount: int) -> None:
    said = words(amount)
    assert understood(said) == amount
    assert said[0].isupper()
    assert said.endswith(" đồng")
    assert "  " not in said


@given(st.integers(1, 999), st.sampled_from([10**3, 10**6, 10**9, 10**12]))
def test_round_amounts(group: int, size: int) -> None:
    assert understood(words(group * size)) == group * size


@pytest.mark.parametrize("amount", [-1, True, 1.0, "5", None])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        words(amount)


def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    return result.exit_code, result.stdout


def test_command_says_one_amount() -> None:
    assert run("1005000") == (0, "Một triệu không trăm linh năm nghìn đồng\n")
    code, out = run("5000", "--json")
    assert (code, json.loads(out)) == (0, {"amount": 5000, "words": "Năm nghìn đồng"})


@pytest.mark.parametrize("arguments", [["1.000"], ["٥"], ["abc"], [], ["5", "--jsonl"]])
def test_command_refuses_bad_usage(arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_command_answers_a_stream_line_by_line() -> None:
    asked = '{"id": "a", "amount": 0}\n\n{"id": 2, "amount": 24000}\n'
    code, out = run("--jsonl", stdin=asked)
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == [
        {"id": "a", "words": "Không đồng"},
        {"id": 2, "words": "Hai mươi tư nghìn đồng"},
    ]


def test_a_bad_line_is_named_and_the_rest_answered() -> None:
    asked = f'{{"id": 1, "amount": -5}}\n[1]\n{{"id": "\\ud800", "amount": 1.5}}\n{"[" * 100_000}\n{{"id": 4, "amount": 1}}\n'
    code, out = run("--jsonl", stdin=asked)
    assert code == 1
    assert [json.loads(line) for line in out.splitlines()] == [
        {"id": 1, "error": "amount.invalid"},
        {"id": None, "error": "line.not_an_object"},
        {"id": "\ud800", "error": "amount.invalid"},
        {"id": None, "error": "line.not_an_object"},
        {"id": 4, "words": "Một đồng"},
    ]


def test_command_loads_nothing_heavy() -> None:
    heavy = "{'lxml', 'signxml', 'cryptography', 'sqlalchemy', 'fastapi', 'pydantic', 'reportlab', 'fontTools'}"
    code = f"import gateway.cli.words, receipts.words, sys; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True)
