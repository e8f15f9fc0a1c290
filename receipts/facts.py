"""`ReceiptFacts` as bytes and back, exact in every field: what a receipt keeps sealed until it is signed."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from receipts.model import CollectingOrg, Delegate, DossierFacts, FeeLine, MoneyFacts, Payer, ReceiptFacts


def to_bytes(facts: ReceiptFacts) -> bytes:
    """UTF-8 JSON; days and moments in ISO 8601, amounts as integers."""
    return json.dumps(facts, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(data: bytes) -> ReceiptFacts:
    """The facts that `to_bytes` wrote."""
    saved: dict[str, Any] = json.loads(data)
    money, delegate = saved["money"], saved.get("delegate")
    return ReceiptFacts(
        **saved
        | {
            "org": CollectingOrg(**saved["org"]),
            "payer": Payer(**saved["payer"]),
            "dossier": DossierFacts(**saved["dossier"]),
            "lines": tuple(FeeLine(**line) for line in saved["lines"]),
            "day": date.fromisoformat(saved["day"]),
            "money": MoneyFacts(**money | {"paid_at": datetime.fromisoformat(money["paid_at"])}),
            "delegate": delegate and Delegate(**delegate),
        }
    )


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _plain(value: object) -> object:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: getattr(value, name) for name in _names(kind)}
    raise TypeError(f"{type(value).__name__} has no place in the facts of a receipt")
