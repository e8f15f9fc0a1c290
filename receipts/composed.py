"""Letters that a face has only in parts, put together from a letter and a mark where the face's anchors say.

The names of Vietnam's peoples need them: Ê Đê, Gia Rai, Ba Na and M'Nông write ĕ ĭ ŏ ŭ, and ê̆ ơ̆ ư̆, which Unicode has no
single character for. A shaping engine would do the same (OpenType, GPOS lookup type 4); reportlab does no shaping.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Any

BREVE = "\u0306"
PRIVATE = 0xE000  # Private Use Area: one character of our own for a letter that Unicode writes with two
SPELLED = {chr(PRIVATE + place): letter + BREVE for place, letter in enumerate("ÂâÊêÔôƠơƯư")}
LATIN = (*range(0x100, 0x250), *range(0x1E00, 0x1F00))  # Extended-A, Extended-B, Extended Additional
DOTLESS = {"i": "ı"}  # the mark takes the place of the dot

MARK_TO_BASE = 4  # GPOS lookup type


def single(text: str) -> str:
    """The text with one character a letter."""
    if BREVE in text:
        for private, letter in SPELLED.items():
            text = text.replace(letter, private)
    return text


def compose(face: Any) -> None:
    """Add to a fontTools face the Latin letters it lacks but has the parts of, and those of `SPELLED`."""
    cmap = face.getBestCmap()
    wanted = chain(((chr(point), unicodedata.normalize("NFD", chr(point))) for point in LATIN), SPELLED.items())
    lookups = list(_lookups(face))
    for letter, spelled in list(wanted):
        base, mark = _parts(spelled)
        if ord(letter) in cmap or not {ord(base), ord(mark)} <= cmap.keys():
            continue
        glyphs = cmap[ord(base)], cmap[ord(mark)]
        if shift := next((shift for lookup in lookups if (shift := _shift(lookup, *glyphs))), None):
            _add(face, letter, *glyphs, shift)
    face.setGlyphOrder(face["glyf"].glyphOrder)


def _parts(spelled: str) -> tuple[str, str]:
    """The letter below and the last mark; twice the same for what has no mark, so that it is found in no anchor."""
    base = unicodedata.normalize("NFC", spelled[:-1]) if len(spelled) > 1 else spelled
    return DOTLESS.get(base, base) if len(base) == 1 else spelled[-1], spelled[-1]


def _lookups(face: Any) -> Iterator[Any]:
    for lookup in face["GPOS"].table.LookupList.Lookup:
        if lookup.LookupType == MARK_TO_BASE:
            yield from lookup.SubTable


def _shift(lookup: Any, base: str, mark: str) -> tuple[int, int] | None:
    """How far the mark moves to sit on the base, in units of the face."""
    marks, bases = lookup.MarkCoverage.glyphs, lookup.BaseCoverage.glyphs
    if mark not in marks or base not in bases:
        return None
    record = lookup.MarkArray.MarkRecord[marks.index(mark)]
    anchor, own = lookup.BaseArray.BaseRecord[bases.index(base)].BaseAnchor[record.Class], record.MarkAnchor
    return None if anchor is None else (anchor.XCoordinate - own.XCoordinate, anchor.YCoordinate - own.YCoordinate)


def _add(face: Any, letter: str, base: str, mark: str, shift: tuple[int, int]) -> None:
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(face.getGlyphSet())
    pen.addComponent(base, (1, 0, 0, 1, 0, 0))
    pen.addComponent(mark, (1, 0, 0, 1, *shift))
    glyph, name = pen.glyph(), f"uni{ord(letter):04X}.composed"
    face["glyf"][name] = glyph
    glyph.recalcBounds(face["glyf"])
    face["hmtx"][name] = face["hmtx"][base][0], glyph.xMin
    for table in face["cmap"].tables:
        if table.isUnicode():
            table.cmap[ord(letter)] = name
