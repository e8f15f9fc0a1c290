"""What leaves a sender that misbehaves: requests in an order, some late, some from somebody else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from connectors.contract import Request

Bits = Callable[[int], int]  # n -> a number of n random bits
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request, whether it is the sender's (a forged one is not sent again), and how long after the event it leaves."""

    request: Request
    genuine: bool = True
    after_s: int = 0


def known(faults: Collection[str], offered: Collection[str]) -> frozenset[str]:
    """The faults asked for. ValueError names those that do not exist."""
    if unknown := set(faults) - set(offered):
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
    return frozenset(faults)


def shuffled(things: Sequence[Thing], bits: Bits) -> list[Thing]:
    """Each at a drawn place; the bias of the modulus does not matter here."""
    found: list[Thing] = []
    for thing in things:
        found.insert(bits(16) % (len(found) + 1), thing)
    return found


def cut(request: Request) -> Request:
    """The first half of its body."""
    return replace(request, body=request.body[: len(request.body) // 2])
