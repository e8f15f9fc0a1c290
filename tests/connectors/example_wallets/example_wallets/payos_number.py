"""Our reference as the number of an order: its eight characters are a number in base 32, its check follows from them."""

from __future__ import annotations

from connectors import reference
from connectors.contract import OrderRefused


def number_of(code: str) -> int:
    """Raises OrderRefused for what is no reference of ours."""
    if not reference.holds(code):
        raise OrderRefused("order.reference_unreadable", "reference")
    return sum(reference.ALPHABET.index(c) << (5 * place) for place, c in enumerate(reversed(code[3:11])))


def reference_of_number(number: str) -> str:
    """Ours again; a number that is none of ours stays as it is."""
    if not number.isdecimal() or not number.isascii() or len(number) > 13 or int(number) >= 1 << 40:
        return number
    body = reference.PREFIX + "".join(reference.ALPHABET[int(number) >> (5 * place) & 31] for place in range(7, -1, -1))
    code = body + reference.check_character(body)
    return code if reference.holds(code) and 2 <= sum(map(str.isdigit, body)) <= 6 else number
