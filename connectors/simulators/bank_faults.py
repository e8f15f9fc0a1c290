"""When a transfer's notices leave the bank, and which of them lie: the faults as a plan, drawn from given bits.

Whatever is asked for, the first genuine notice leaves within 5 seconds of the transfer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from connectors.simulators.bank_refused import BankRefused

Bits = Callable[[int], int]  # n -> a number of n random bits

FAULTS = frozenset({"duplicate", "late", "reorder", "forged", "wrong_currency", "drop_notice", "memo_mangled", "slow"})
LONGEST_MS = 5_000

# How long each fault holds the first notice back, in milliseconds: from, to. A held notice is overtaken by the next
# transfer's, which leaves at once: that is all `reorder` needs.
HELD = {"late": (1_000, LONGEST_MS), "reorder": (500, 3_000), "slow": (2_000, 3_000)}
FORGED_AHEAD = (200, 1_000)  # the forged one leaves at once and the genuine one after it
REPEAT_AFTER = (200, 2_000)

Kind = Literal["genuine", "foreign_key", "altered_amount"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice to come."""

    after_ms: int  # from the moment of the transfer
    kind: Kind = "genuine"
    currency: str = "VND"

    @property
    def forged(self) -> bool:
        """Not from the bank: its sender does not try again."""
        return self.kind != "genuine"


def checked(faults: Collection[str]) -> frozenset[str]:
    """The faults as a set. Raises BankRefused naming those that do not exist."""
    asked = frozenset([faults] if isinstance(faults, str) else faults)
    if unknown := asked - FAULTS:
        raise BankRefused("bank.fault_unknown", field="faults", detail=", ".join(sorted(map(str, unknown))))
    return asked


def plan(faults: frozenset[str], bits: Bits) -> tuple[Planned, ...]:
    """The notices of one transfer in the order in which they are written to the book."""
    notices = []
    first = max((between(bits, *HELD[fault]) for fault in sorted(faults & HELD.keys())), default=0)
    if "forged" in faults:
        notices.append(Planned(0, "altered_amount" if bits(1) else "foreign_key"))
        first = max(first, between(bits, *FORGED_AHEAD))
    if "drop_notice" in faults:
        return tuple(notices)
    currency = "USD" if "wrong_currency" in faults else "VND"
    moments = [first, *_repeats(first, bits)] if "duplicate" in faults else [first]
    return (*notices, *(Planned(moment, "genuine", currency) for moment in moments))


def between(bits: Bits, least: int, most: int) -> int:
    """A whole number from `least` to `most`; the bias of the modulus does not matter here."""
    return least + bits(32) % (most - least + 1)


def _repeats(first: int, bits: Bits) -> list[int]:
    """One to four more, the first of them at the very same time."""
    more = between(bits, 1, 4)
    return [first, *(first + between(bits, *REPEAT_AFTER) for _ in range(more - 1))]
