"""Count cash by notes and coins in circulation (Ngân hàng Nhà nước Việt Nam), so that a sum is counted and not guessed."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.kernel.errors import Invalid

DENOMINATIONS = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200)
MOST_PIECES = 100_000


class CountInvalid(Invalid):
    """No such note or coin, or no such number of them."""

    code = "cash.count"


def total(counts: Mapping[int, int]) -> int:
    """What so many pieces of each denomination are worth, đồng. CountInvalid."""
    for denomination, pieces in counts.items():
        if denomination not in DENOMINATIONS or not 0 <= pieces <= MOST_PIECES:
            raise CountInvalid(
                f"Không có mệnh giá {denomination} hoặc số tờ không hợp lệ.",
                f"There is no denomination {denomination}, or the number of pieces is impossible.",
                field=f"pieces_{denomination}",
            )
    return sum(denomination * pieces for denomination, pieces in counts.items())


def read(fields: Mapping[str, str]) -> dict[int, int]:
    """The pieces of a form's fields `pieces_500000` ...; an empty field is none. CountInvalid."""
    found: dict[int, int] = {}
    for denomination in DENOMINATIONS:
        text = fields.get(f"pieces_{denomination}", "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_PIECES))):
            raise CountInvalid("Số tờ phải là số.", "Pieces are a number.", field=f"pieces_{denomination}")
        found[denomination] = int(text)
    total(found)
    return found


def kept(counts: Mapping[int, int]) -> dict[str, int]:
    """As it is written down: no denomination without pieces."""
    return {str(denomination): pieces for denomination, pieces in sorted(counts.items(), reverse=True) if pieces}
