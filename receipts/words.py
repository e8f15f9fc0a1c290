"""An amount of đồng in Vietnamese words, as a receipt must state it (Nghị định 254/2026/NĐ-CP, Điều 23 k2 đ)."""

from __future__ import annotations

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
THOUSAND_MILLION = 1_000_000_000  # tỷ: above it the reading starts anew


def words(amount: int) -> str:
    """`1_005_000` -> `Một triệu không trăm linh năm nghìn đồng`. Raises ValueError for anything but a whole 0 or more."""
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise ValueError("an amount of đồng is a whole number, 0 or more")
    spoken = " ".join(_number(amount)) if amount else DIGITS[0]
    return f"{spoken[0].upper()}{spoken[1:]} đồng"


def _number(number: int) -> list[str]:
    """The words of a number above 0."""
    spoken: list[str] = []
    above, rest = divmod(number, THOUSAND_MILLION)
    if above:
        spoken += [*_number(above), "tỷ"]
    for size, name in ((1_000_000, "triệu"), (1_000, "nghìn"), (1, "")):
        group, rest = divmod(rest, size)
        if group:  # a group 000 is silent
            spoken += _group(group, full=bool(spoken))
            spoken += [name] if name else []
    return spoken


def _group(group: int, *, full: bool) -> list[str]:
    """1 to 999; `full` says the hundreds even when there are none (`không trăm linh năm`)."""
    hundreds, below = divmod(group, 100)
    spoken = [DIGITS[hundreds], "trăm"] if hundreds or full else []
    if below == 0:
        return spoken
    tens, unit = divmod(below, 10)
    if tens == 0:
        return [*spoken, "linh", DIGITS[unit]] if spoken else [DIGITS[unit]]
    spoken += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    return [*spoken, _unit(tens, unit)] if unit else spoken


def _unit(tens: int, unit: int) -> str:
    """The unit after a ten, where 1, 4 and 5 change their sound."""
    if unit == 5:
        return "lăm"
    if tens > 1 and unit == 1:
        return "mốt"
    if tens > 1 and unit == 4:
        return "tư"
    return DIGITS[unit]
