"""đồng as terminals write them: whole, or with two implied decimals (a setting of each terminal), and never a float.

VND has no minor unit (ISO 4217), yet many terminals count in hundredths, in nexo messages and in DE4 of ISO 8583 alike.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from connectors.exact_json import Unreadable

Implied = Literal[0, 2]

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


def told(amount: int, implied: Implied) -> int:
    """`amount` đồng as the number a terminal is told."""
    return amount * 100 if implied else amount


def understood(text: str, implied: Implied) -> int:
    """The đồng of a number as a terminal wrote it. Raises Unreadable for what is no whole, plain amount."""
    if not _NUMBER.fullmatch(text):
        raise Unreadable("amount.malformed", "AuthorizedAmount")
    value = Decimal(text).scaleb(-implied)
    if value != value.to_integral_value():
        raise Unreadable("amount.fraction", "AuthorizedAmount")
    return int(value)
