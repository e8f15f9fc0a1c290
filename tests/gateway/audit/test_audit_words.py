"""No inspector meets a code: everything that the product enters in the log has a sentence in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from connectors.contract import Outcome
from gateway.audit.words import HAPPENED, happened
from gateway.counter.shift_store import ShiftState
from gateway.counter.terminal_store import SaleState
from gateway.counter.terminal_tables import ReversalState
from gateway.taxing.model import TableState

STATES = [
    *(f"notice.{outcome.value}" for outcome in Outcome if outcome is not Outcome.PAID),
    *(f"shift.{state.value}" for state in ShiftState if state is not ShiftState.OPEN),
    *(f"terminal.{state.value}" for state in SaleState),
    *(f"terminal.reversal_{state.value}" for state in ReversalState),
    *(f"tax.{state.value}" for state in TableState),
    *(f"sale.undoing_{state}" for state in ("approved", "refused", "done", "failed")),
    *(f"break.{act}" for act in ("assigned", "noted", "asked", "accepted", "agreed", "declined", "undone")),
]


def written() -> Iterator[str]:
    """Every kind that stands in the source as a text with a dot, in the place of an event's kind."""
    for path in Path(gateway.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Event", "event", "due_event", "_tell"):
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield from (text for text in texts if isinstance(text, str) and "." in text)


@pytest.mark.parametrize("kind", sorted({*STATES, *written()}))
def test_every_kind_has_its_sentences(kind: str) -> None:
    vi, en = happened(kind)
    assert kind in HAPPENED and vi and en and vi != en


def test_an_unknown_kind_is_shown_as_it_is() -> None:
    assert happened("comet.seen") == ("comet.seen", "comet.seen")
