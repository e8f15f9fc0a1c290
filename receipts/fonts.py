"""Be Vietnam Pro (SIL Open Font License 1.1) in two weights, cut to the Latin letters of names when first used.

Every text of a PDF passes `refuse_unknown`: a letter the face cannot draw would print as an empty box, and a receipt
with a hole in a name is no receipt.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import chain
from typing import Any

from receipts.composed import LATIN, SPELLED, compose
from receipts.face import Face
from receipts.model import ReceiptError

REGULAR = "BeVietnamPro-Regular"
SEMI_BOLD = "BeVietnamPro-SemiBold"

SOFT_HYPHEN = 0xAD
PUNCTUATION = "–—‘’“”•…₫"
WANTED = frozenset(
    chain(
        range(0x20, 0x7F),
        range(0xA1, 0x100),  # Latin-1
        LATIN,  # as far as the face has the letters or their parts
        map(ord, SPELLED),
        map(ord, PUNCTUATION),
    )
) - {SOFT_HYPHEN}


class FontLacks(ReceiptError):
    """The text holds a character that the receipt's font cannot draw."""

    code = "receipt.font"


def refuse_unknown(text: str) -> None:
    """Raises FontLacks, naming the code points but not the text."""
    if unknown := set(text) - drawable():
        named = ", ".join(f"U+{ord(letter):04X}" for letter in sorted(unknown))
        raise FontLacks(f"the font has no {named}")


@cache
def drawable() -> frozenset[str]:
    """The letters both faces can draw."""
    return face(REGULAR).letters & face(SEMI_BOLD).letters


def width(text: str, font: str, size: float) -> float:
    """The width of a line in points. Raises FontLacks."""
    try:
        return face(font).stringWidth(text, size)
    except KeyError:
        refuse_unknown(text)
        raise


def register() -> None:
    """Make the faces known to reportlab."""
    drawable()


@cache
def face(name: str) -> Face:
    """The face, cut and known to reportlab under its name."""
    from reportlab.pdfbase import pdfmetrics

    made = Face(name, cut(name), SPELLED)
    pdfmetrics.registerFont(made)
    return made


def cut(name: str) -> Any:
    """The wanted glyphs as a fontTools face, without hints: what is printed needs none."""
    from fontpkg_be_vietnam_pro import ROOT
    from fontTools import subset

    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False, recalc_timestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=WANTED)
    whole = subset.load_font(BytesIO((ROOT / "files" / f"{name}.ttf").read_bytes()), options)
    compose(whole)
    cutter.subset(whole)
    return whole
