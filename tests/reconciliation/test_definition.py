"""The definition as text: plain enough for every engine, and every rule it can give has its words."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from reconciliation.definition import PASSES, SOURCES
from reconciliation.explain import explain
from reconciliation.model import Evidence, Item, Kind
from reconciliation.residual import components
from reconciliation.sentences import SENTENCES

STEPS = [step for steps in PASSES for step in steps]
# Functions that SQLite, PostgreSQL, DuckDB and Spark spell and mean alike.
COMMON = {"count", "sum", "min", "max", "coalesce", "cast", "row_number", "over", "in", "as", "from", "and", "on", "or"}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.file)
def test_no_step_needs_a_certain_engine(step: object) -> None:
    text = re.sub(r"--.*", "", step.text)  # type: ignore[attr-defined]
    bare = re.sub(r"'[^']*'", "''", text)
    called = {name.lower() for name in re.findall(r"([a-z_]+)\s*\(", bare)}
    assert called <= COMMON | {"with"} | set(re.findall(r"(\w+) as \(", bare)), called - COMMON
    for strange in ("::", "limit", "ilike", "%", ":", "?", "using", "qualify", "distinct on", "random", "now"):
        assert not re.search(rf"(?<!\w){re.escape(strange)}(?!\w)", bare.lower()), strange
    for window in re.findall(r"row_number\(\) over \((.*?)\n\s*\)", bare, re.DOTALL):
        assert re.search(r"(line_id|row_no)\s*$", window.strip()), "a window without a total order"


def test_every_text_is_a_step() -> None:
    stored = {path.name for path in files("reconciliation").joinpath("sql").iterdir()}
    assert stored == {f"{step.file}.sql" for step in STEPS}
    assert not {step.table for step in STEPS} & set(SOURCES)


def rules() -> set[str]:
    """Every rule that a step or the residual solver can give."""
    found = {rule for step in STEPS for rule in re.findall(r"'([a-z_]+\.[a-z_]+)'", step.text)}
    sums = {"equal": (5, 5), "unequal": (5, 6)}
    for amount, expected in sums.values():
        for proved, sound, batch in ((1, 1, 0), (1, 1, 1), (0, 1, 0), (1, 0, 1)):
            edge = ("l", "p:1", amount, expected, expected, proved, sound, batch, "k")
            found |= {row[4] for row in components([edge])}
    return found


def test_every_rule_has_its_sentences_and_no_sentence_is_idle() -> None:
    assert rules() | {"person.decided"} == set(SENTENCES)


@pytest.mark.parametrize("rule", sorted(SENTENCES))
@pytest.mark.parametrize("line", [True, False])
def test_sentences_name_what_they_speak_of(rule: str, line: bool) -> None:
    item = Item(
        line_id="x" if line else None,
        payment_id=None if line else "x",
        account="1",
        kind=Kind.OPEN,
        group_id="g",
        rule=rule,
        amount=-150_000,
        difference=0,
        evidence=Evidence("BLQ", 2, 1, 1, 150_000, 160_000, 160_000),
    )
    sentence = explain(item, ("12",), ("P003",))
    assert sentence.vi.startswith("Dòng 12 " if line else "Thanh toán P003 ")
    assert sentence.en.startswith("Line 12 " if line else "Payment P003 ")
    for text in (sentence.vi, sentence.en):
        assert text.endswith(".")
        assert "{" not in text
        assert "-" not in text.replace("POS-", "")


def test_amounts_are_written_as_each_language_does() -> None:
    item = Item("1", None, "1", Kind.BANK_FEE, "l:1", "fee.marked", -1_234_567, -1_234_567)
    sentence = explain(item, ("1",), ())
    assert sentence.vi == "Dòng 1 là phí ngân hàng 1.234.567 ₫."
    assert sentence.en == "Line 1 is a bank fee of 1,234,567 ₫."


def test_long_lists_are_counted() -> None:
    item = Item("1", None, "1", Kind.MATCH_ONE_TO_MANY, "l:1", "one_to_many.equal", 9, 0, Evidence(payment_count=9))
    vi = explain(item, ("1",), tuple(f"P{n}" for n in range(9))).vi
    assert vi.startswith("Dòng 1 khớp với các thanh toán P0, P1, P2, P3 và 5 khoản khác:")


def test_components_are_judged_apart() -> None:
    edges = [
        ("1", "p:A", 90, 40, 40, 1, 1, 0, "1"),
        ("1", "p:B", 90, 60, 60, 1, 1, 0, "1"),
        ("2", "p:B", 10, 60, 60, 1, 1, 0, "2"),
        ("3", "p:C", 70, 50, 50, 1, 1, 0, "3"),
        ("4", "p:C", 70, 50, 50, 1, 1, 0, "4"),
    ]
    rows = {row[0]: row[2:6] for row in components(edges)}
    assert rows["1"] == ("c:p:A", "MATCH_MANY_TO_MANY", "component.equal", 1)
    assert rows["2"] == rows["p:A"] == ("c:p:A", "MATCH_MANY_TO_MANY", "component.equal", 0)
    assert rows["3"] == ("c:p:C", "AMBIGUOUS", "component.unequal", 1)
    assert sorted(components(edges)) == sorted(components(edges[::-1]))
