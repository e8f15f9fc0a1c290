"""What the files of a period hold, beside the lines and payments that an engine was filled with: for the summary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciliation.chain import Span, ends, gaps
from reconciliation.outcome import natural_order

_LISTED = 20  # ids of receipts that need a look; the rest is counted


@dataclass(frozen=True, slots=True)
class Content:
    """The summary's parts that no pass changes."""

    lines: Mapping[str, int]  # count, credits, debits
    payments: Mapping[str, int]  # count, amount
    statements: Sequence[Mapping[str, Any]]  # by account
    receipts: Mapping[str, Any]
    warnings: Sequence[Mapping[str, str]]


def balance(account: str, moved: int, spans: Sequence[Span] = ()) -> dict[str, Any]:
    """Opening + lines = closing, and each statement continues the one before; None: no balances."""
    between, broken = (ends(spans), gaps(spans)) if spans else (None, frozenset[str]())
    return {
        "account": account,
        "opening": between[0] if between else None,
        "closing": between[1] if between else None,
        "moved": moved,
        "ties": (not broken and between[1] - between[0] == moved) if between else (False if broken else None),
        "gaps": sorted(int(number) for number in broken),
    }


def receipts_told(count: int, amount: int, strange: Collection[str], differing: Collection[str]) -> dict[str, Any]:
    """The receipts as a whole, those of no payment (`strange`), and the payments they differ from in amount."""
    return {
        "count": count,
        "amount": amount,
        "without_payment": {"count": len(strange), "receipt_nos": natural_order(strange)[:_LISTED]},
        "other_amount_than_payment": {"count": len(differing), "payment_ids": natural_order(differing)[:_LISTED]},
    }
