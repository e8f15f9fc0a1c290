"""What a paper says when it is not the electronic receipt itself (Nghị định 254/2026/NĐ-CP, Điều 5 k4).

A paper converted for inspection or bookkeeping names itself, the person who converted it and when; a reprint says how
often the receipt was printed before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Conversion:
    """Who made a paper from the electronic receipt, and when (an aware datetime)."""

    name: str
    at: datetime


def marks(reprint: int = 0, conversion: Conversion | None = None) -> tuple[str, ...]:
    """The sentences to print below the receipt's name; none on the first print of the receipt itself."""
    said = [f"In lại lần {reprint}"] if reprint > 0 else []
    if conversion is not None:
        at = conversion.at.astimezone(VIETNAM)
        said.append("Bản giấy chuyển đổi từ biên lai điện tử")
        said.append(f"Người chuyển đổi: {conversion.name}, lúc {at:%H:%M} ngày {at:%d/%m/%Y}")
    return tuple(said)
