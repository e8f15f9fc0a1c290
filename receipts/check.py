"""A rule by its name and article, and what became of it in one file.

A rule names the places that break it; a rule that cannot be judged (its subject is absent or unreadable, which another
rule reports) neither holds nor is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_PLACES = 5  # named in a sentence


@dataclass(frozen=True, slots=True)
class Check:
    """`holds` is None where the rule could not be judged. The details quote tags, never what stands in them."""

    rule: str
    article: str
    holds: bool | None
    detail_vi: str
    detail_en: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """`broken` gives the places at fault in a subject, none if the rule holds, None if it cannot be judged."""

    name: str
    article: str
    vi: str
    en: str
    broken: Callable[[T], Iterable[str] | None]

    def check(self, subject: T | None) -> Check:
        """The rule over a subject; over none it cannot be judged."""
        found = None if subject is None else self.broken(subject)
        places = None if found is None else list(dict.fromkeys(found))
        named = f" ({', '.join(places[:MOST_PLACES])})" if places else ""
        holds = None if places is None else not places
        return Check(self.name, self.article, holds, self.vi + named, self.en + named)
