"""Money is int đồng; VND has no minor unit (ISO 4217)."""

from __future__ import annotations

MAX_AMOUNT = 9_999_999_999_999  # thirteen digits: the widest amount a VietQR can carry


def dong(amount: int) -> str:
    """`1.234.000 ₫`, as Vietnamese readers expect it."""
    return f"{amount:,}".replace(",", ".") + " ₫"
