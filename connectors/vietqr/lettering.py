"""Captions beside a code in Be Vietnam Pro (SIL Open Font License 1.1): every Vietnamese letter, drawn or measured.

A letter that the face lacks is written by its base letter, else left out: a caption is for the eye, and an empty box in
a name helps nobody. Payload and memo are never changed here.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Weight = Literal["Regular", "SemiBold", "Bold"]
WEIGHTS: tuple[Weight, ...] = ("Regular", "SemiBold", "Bold")


def file_of(weight: Weight) -> Path:
    """Where the face lies."""
    from fontpkg_be_vietnam_pro import ROOT

    return Path(ROOT) / "files" / f"BeVietnamPro-{weight}.ttf"


@cache
def face(weight: Weight, size: int) -> FreeTypeFont:
    """The face at `size` pixels an em, laid out letter by letter: the same picture whatever else is installed."""
    from PIL import ImageFont

    return ImageFont.truetype(file_of(weight), size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """The text on one line, composed (NFC), as far as the face can draw it."""
    letters = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(letter if letter in _letters() else _base_of(letter) for letter in letters)


def lines_of(text: str, weight: Weight, size: float, width: float) -> list[str]:
    """The drawable text broken into lines of at most `width`, in the unit of `size`; a word too long is broken too."""
    found, line = [], ""
    for word in drawable(text).split():
        if line and length_of(f"{line} {word}", weight, size) > width:
            found.append(line)
            line = ""
        line = f"{line} {word}".strip()
        while length_of(line, weight, size) > width and len(line) > 1:
            end = _fitting(line, weight, size, width)
            found.append(line[:end])
            line = line[end:]
    return [*found, line] if line else found


def length_of(text: str, weight: Weight, size: float) -> float:
    """How long a line of drawable text is, in the unit of `size`."""
    widths = _widths(weight)
    return sum(widths[letter] for letter in text) * size


def _fitting(line: str, weight: Weight, size: float, width: float) -> int:
    """How many characters of a line fit, at least one."""
    ends = range(1, len(line))
    return max(bisect_right(ends, width, key=lambda end: length_of(line[:end], weight, size)), 1)


def _base_of(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base in _letters() else ""


@cache
def _letters() -> frozenset[str]:
    """What every weight can draw."""
    return frozenset.intersection(*(frozenset(_widths(weight)) for weight in WEIGHTS))


@cache
def _widths(weight: Weight) -> Mapping[str, float]:
    """The width of each letter in ems."""
    from fontTools.ttLib import TTFont

    with TTFont(file_of(weight), lazy=True) as whole:
        widths, em = whole["hmtx"].metrics, whole["head"].unitsPerEm
        return {chr(code): widths[glyph][0] / em for code, glyph in whole.getBestCmap().items()}
