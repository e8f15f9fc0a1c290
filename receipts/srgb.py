"""The sRGB colour space as an ICC profile, version 2 (ICC.1:2001-04; IEC 61966-2-1), which PDF/A asks for.

Made here from the numbers of the standard: the primaries adapted to the D50 white of ICC by Bradford's matrix, and the
transfer curve at 1024 points.
"""

from __future__ import annotations

import struct
from functools import cache

WHITE = (0.9642, 1.0, 0.8249)  # D50
RED = (0.43607, 0.22249, 0.01392)
GREEN = (0.38515, 0.71687, 0.09708)
BLUE = (0.14307, 0.06061, 0.71410)
NAME = "sRGB IEC61966-2.1"
RIGHTS = "No copyright, use freely"
CURVE_POINTS = 1024
HEADER, ENTRY = 128, 12  # bytes


@cache
def profile() -> bytes:
    """The profile, about 2.7 kB."""
    curve = _curve()
    tags = {
        b"desc": _description(NAME),
        b"cprt": b"text\0\0\0\0" + RIGHTS.encode() + b"\0",
        b"wtpt": _xyz(WHITE),
        b"rXYZ": _xyz(RED),
        b"gXYZ": _xyz(GREEN),
        b"bXYZ": _xyz(BLUE),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, data = _laid_out(tags)
    size = HEADER + len(table) + len(data)
    return _header(size) + table + data


def _header(size: int) -> bytes:
    dated = struct.pack(">6H", 2001, 4, 1, 0, 0, 0)  # the day of the standard, so that the bytes never change
    white = _fixed(WHITE)
    return b"".join(
        (
            struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ "),
            dated,
            b"acsp",
            b"\0" * 28,  # no platform, flags, device; perceptual intent
            white,
            b"\0" * 48,
        )
    )


def _laid_out(tags: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """The tag table and the data behind it; tags with the same value share it."""
    start = HEADER + 4 + ENTRY * len(tags)
    table, data, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for tag, value in tags.items():
        if value not in places:
            places[value] = start + len(data)
            data += value + b"\0" * (-len(value) % 4)
        table += struct.pack(">4sII", tag, places[value], len(value))
    return table, data


def _curve() -> bytes:
    last = CURVE_POINTS - 1
    points = [round(_linear(place / last) * 0xFFFF) for place in range(CURVE_POINTS)]
    return struct.pack(f">4sII{CURVE_POINTS}H", b"curv", 0, CURVE_POINTS, *points)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _description(name: str) -> bytes:
    """textDescriptionType: ASCII, then an empty Unicode and an empty Macintosh text."""
    ascii_text = name.encode() + b"\0"
    return struct.pack(">4sII", b"desc", 0, len(ascii_text)) + ascii_text + b"\0" * (4 + 4 + 2 + 1 + 67)


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(colour)


def _fixed(numbers: tuple[float, float, float]) -> bytes:
    return struct.pack(">3i", *(round(number * 0x10000) for number in numbers))
