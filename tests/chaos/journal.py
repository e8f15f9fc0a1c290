"""What the outside world was told and may rely on: acknowledged dossiers, payments and notices, and what each errand is
owed. Kept apart from the product, in memory of the process that drives it.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Way(StrEnum):
    """How a citizen's errand goes."""

    PLAIN = "plain"
    TWICE = "twice"
    IN_TWO_PARTS = "in_two_parts"
    TOO_MUCH = "too_much"
    TWO_PAYMENTS = "two_payments"
    TOO_LITTLE = "too_little"
    NO_REFERENCE = "no_reference"
    WITHDRAWN = "withdrawn"
    NEVER = "never"


ENDS = {  # how the dues stand when everything, the bank's statement too, has been heard
    Way.PLAIN: "paid",
    Way.TWICE: "paid",
    Way.IN_TWO_PARTS: "paid",
    Way.TOO_MUCH: "paid",
    Way.TWO_PAYMENTS: "paid",
    Way.TOO_LITTLE: "open",
    Way.NO_REFERENCE: "open",
    Way.WITHDRAWN: "withdrawn",
    Way.NEVER: "open",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """A write that was acknowledged: asking again must give the same."""

    method: str
    path: str
    key: str
    told: dict[str, Any]
    body: dict[str, Any]


@dataclass(slots=True)
class Errand:
    """One dossier with its payments and the transfers made for them. Amounts in đồng."""

    way: Way
    dossier: dict[str, Any] = field(default_factory=dict)
    payments: list[dict[str, Any]] = field(default_factory=list)
    transfers: list[tuple[str, int]] = field(default_factory=list)  # the bank's reference, amount
    complete: bool = False  # it went its way to the end


class Journal:
    """Grows under many threads; read when they are done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.errands: list[Errand] = []
        self.answered: list[Answered] = []
        self.recorded: set[str] = set()  # ids of notices that were answered 00 or 05
        self.forged_accepted: set[str] = set()
        self.heard: Counter[str] = Counter()  # webhook ids
        self.counts: Counter[str] = Counter()
        self.flaws: list[tuple[str, str, str]] = []  # rule, subject, detail: seen to be wrong while running

    def begin(self, way: Way) -> Errand:
        with self._lock:
            self.errands.append(Errand(way))
            return self.errands[-1]

    def acknowledge(self, answered: Answered) -> None:
        with self._lock:
            self.answered.append(answered)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def flaw(self, rule: str, subject: str, detail: str = "") -> None:
        with self._lock:
            self.flaws.append((rule, subject, detail))
