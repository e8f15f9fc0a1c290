"""References that a memo misses by one character: wrong, lost, doubled, or two that changed places.

A repair is a suggestion and nothing more (reconciliation specification, section 2.4): the check character lets through
one wrong reference in thirty-six, so only those that were issued are worth showing to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.reference import ALPHABET, LENGTH, PREFIX, holds
from reconciliation.natures import folded

_RUN = re.compile(f"[0-9A-Z]{{{LENGTH - 1},}}")
_MOST_RUNS = 8  # of one memo: a hostile text costs no more than a long one


def near_references(memo: str) -> frozenset[str]:
    """Every well-formed reference that is one slip away from what the memo says."""
    runs = [piece for run in _RUN.findall(folded(memo)) for piece in _pieces(run)][:_MOST_RUNS]
    return frozenset(candidate for run in runs for candidate in _slips(run) if holds(candidate))


def _pieces(run: str) -> Iterator[str]:
    """The run itself, or what could be a reference inside a longer one."""
    if len(run) <= LENGTH + 1:
        if sum(letter in run[:4] for letter in PREFIX) > 1:
            yield run
        return
    for found in re.finditer(PREFIX, run):
        yield from (run[found.start() : found.start() + length] for length in (LENGTH - 1, LENGTH, LENGTH + 1))


def _slips(run: str) -> Iterator[str]:
    if len(run) == LENGTH:
        for at in range(LENGTH):
            yield from (run[:at] + letter + run[at + 1 :] for letter in _letters(at))
        yield from (run[:at] + run[at + 1] + run[at] + run[at + 2 :] for at in range(LENGTH - 1))
    elif len(run) == LENGTH - 1:
        for at in range(LENGTH):
            yield from (run[:at] + letter + run[at:] for letter in _letters(at))
    elif len(run) == LENGTH + 1:
        yield from (run[:at] + run[at + 1 :] for at in range(LENGTH + 1))


def _letters(at: int) -> str:
    return PREFIX[at] if at < len(PREFIX) else ALPHABET
