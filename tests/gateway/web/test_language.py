"""Every text says the same facts in both languages, and figures are written as Vietnamese readers expect."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

import gateway.web.words  # noqa: F401 - tells its texts
from gateway.web import language
from gateway.web.language import known, learn, text

TEXTS = known()


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_name_the_same_facts(key: str) -> None:
    vietnamese, english = ({name for _, name, _, _ in Formatter().parse(words) if name} for words in TEXTS[key])
    assert vietnamese == english
    assert all(words.strip() == words and words for words in TEXTS[key])


def test_a_missing_fact_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(KeyError):
        text("vi", "pay.title")


def test_a_key_means_one_thing_only() -> None:
    learn({"pay.amount": TEXTS["pay.amount"]})
    with pytest.raises(ValueError, match="pay.amount"):
        learn({"pay.amount": ("Khác", "Other")})


def test_figures() -> None:
    assert language.amount(1_234_000) == "1.234.000 ₫"
    assert language.moment(datetime(2026, 11, 24, 18, 5, tzinfo=UTC)) == "25/11/2026 01:05"
    assert language.day(date(2026, 11, 4)) == "04/11/2026"


def test_templates_hold_no_words_of_their_own() -> None:
    """Whatever stands between tags comes from the language module."""
    for template in sorted(Path(str(files("gateway.web"))).glob("templates/**/*.html")):
        source = template.read_text(encoding="utf-8")
        bare = re.sub(r"<[^>]*>", " ", re.sub(r'="[^"]*"', "", _values(source)))
        assert not re.search(r"[^\W\d_]{2,}", bare), template.name


def _values(source: str) -> str:
    """The template without its comments and expressions, whose quotes would hide where an attribute ends."""
    source = re.sub(r"\baria-[a-z]+", " ", source)  # macros that end a tag begun elsewhere
    source = re.sub(r"\{% block body_class %\}[^{]*", " ", source)
    return re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", source, flags=re.DOTALL)
