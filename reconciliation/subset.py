"""Which payments add up to a sum exactly: one set of them, several, none, or too much work to say (section 2.6).

A dictionary of reachable sums counts the sets that lead to each, up to two. It never prefers one set to another: a
first fit hands out a wrong set in one case of seven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

WORK_LIMIT = 400_000  # sums looked at: under a second


class Answer(StrEnum):
    """What is known of a sum."""

    NONE = "NONE"
    UNIQUE = "UNIQUE"
    AMBIGUOUS = "AMBIGUOUS"
    TOO_BIG = "TOO_BIG"


@dataclass(slots=True)
class _Way:
    """The first set that reached a sum: the payment it ends in, and the sum before."""

    last: str
    before: int
    sets: int  # 1, or 2 for more than one


def exact_subset(total: int, amounts: Mapping[str, int], limit: int = WORK_LIMIT) -> tuple[Answer, tuple[str, ...]]:
    """The payments, by id, that alone add up to `total` (đồng, above zero); their ids only where the answer is UNIQUE."""
    ways: dict[int, _Way] = {}
    work = 0
    for payment_id, amount in sorted(amounts.items()):
        if not 0 < amount <= total:
            continue
        work += len(ways) + 1
        if work > limit:
            return Answer.TOO_BIG, ()
        found = [(before + amount, before, way.sets) for before, way in ways.items() if before + amount <= total]
        for reached, before, sets in [(amount, 0, 1), *found]:
            known = ways.get(reached)
            if known is None:
                ways[reached] = _Way(payment_id, before, sets)
            else:
                known.sets = 2
    way = ways.get(total)
    if way is None:
        return Answer.NONE, ()
    return (Answer.UNIQUE, _members(ways, total)) if way.sets == 1 else (Answer.AMBIGUOUS, ())


def _members(ways: Mapping[int, _Way], total: int) -> tuple[str, ...]:
    members: list[str] = []
    while total:
        members.append(ways[total].last)
        total = ways[total].before
    return tuple(sorted(members))
