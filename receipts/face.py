"""One TrueType face as a composite PDF font whose codes are its glyph numbers (ISO 32000-1, 9.7; ISO 19005-3, 6.2.11).

Nothing of a document stays on the face, so that many threads may draw with it; reportlab's own TrueType fonts number
their glyphs anew in each document and serve one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from receipts.objects import packed, put
from receipts.outlines import Outlines

SUBSET_TAG = "THUPHI"  # six capitals say that the embedded face is a part of the named one
UNITS = 1000  # per em, in every width of a PDF
SHOWN = re.compile(r"(/F[0-9]+) \S+ Tf|\(((?:\\[0-7]{3}){2,})\) Tj")  # what reportlab and `_literal` write
CODE = re.compile(r"\\([0-7]{3})\\([0-7]{3})")


class Face:
    """A cut face: measures text and writes it for reportlab's canvas, whose fonts have these attributes."""

    _multiByte = 1  # noqa: N815
    _dynamicFont = 0  # noqa: N815
    builtIn = 0  # noqa: N815

    def __init__(self, name: str, cut: Any, spelled: dict[str, str]) -> None:
        """`cut` is a fontTools TTFont with a cmap; `spelled` has the text of characters that only we know."""
        self.fontName = name
        self.face = self
        glyphs = {chr(point): cut.getGlyphID(glyph) for point, glyph in cut.getBestCmap().items()}
        self.letters = frozenset(glyphs)
        self._advances = [_advance(cut, glyph) for glyph in range(len(cut.getGlyphOrder()))]
        self._widths = {letter: self._advances[glyph] for letter, glyph in glyphs.items()}
        self._codes = {ord(letter): _literal(glyph) for letter, glyph in glyphs.items()}
        self._texts = {glyph: spelled.get(letter, letter) for letter, glyph in glyphs.items()}
        self._descriptor = _descriptor(name, cut)
        self._outlines = Outlines(cut)

    def stringWidth(self, text: str, size: float, encoding: str = "") -> float:  # noqa: N802
        """The width of a line in points."""
        units: int = sum(map(self._widths.__getitem__, text))
        return units * size / UNITS

    def formatForPdf(self, text: str) -> str:  # noqa: N802
        """The inside of a literal string: two bytes a glyph."""
        return text.translate(self._codes)

    def addObjects(self, document: Any) -> None:  # noqa: N802
        """Give the font a name in a reportlab document; `embed` says later what it is."""
        short = f"F{len(document.fontMapping) + 1}"
        document.fontMapping[self.fontName] = f"/{short}"
        document.idToObject["BasicFonts"].dict[short] = put(document, short, b"null")

    def embed(self, document: Any, shown: set[int]) -> None:
        """Put what the document shows of the face into it."""
        short = document.fontMapping[self.fontName].removeprefix("/")
        program = self._outlines.program(shown)
        file = put(document, f"{short}.program", packed(program, f"/Length1 {len(program)}"))
        descriptor = put(document, f"{short}.descriptor", f"<< {self._descriptor} /FontFile2 {file} >>".encode())
        widths = " ".join(f"{glyph} [{self._advances[glyph]}]" for glyph in sorted(shown))
        cid_font = f"""<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{SUBSET_TAG}+{self.fontName}
/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /CIDToGIDMap /Identity
/DW 0 /W [{widths}] /FontDescriptor {descriptor} >>"""
        descendant = put(document, f"{short}.glyphs", cid_font.encode())
        texts = put(document, f"{short}.unicode", packed(_to_unicode({glyph: self._texts[glyph] for glyph in shown})))
        document.idToObject[short] = f"""<< /Type /Font /Subtype /Type0 /BaseFont /{SUBSET_TAG}+{self.fontName}
/Encoding /Identity-H /DescendantFonts [{descendant}] /ToUnicode {texts} >>""".encode()


def shown(drawing: str) -> Iterator[tuple[str, set[int]]]:
    """For each string of a page's drawing the font's name in the document and the glyphs."""
    font = ""
    for name, codes in SHOWN.findall(drawing):
        font = name or font
        yield font, {int(high, 8) << 8 | int(low, 8) for high, low in set(CODE.findall(codes))}


def _literal(glyph: int) -> str:
    """A glyph's number as two bytes in octal."""
    return "".join(rf"\{byte:03o}" for byte in glyph.to_bytes(2, "big"))


def _advance(cut: Any, glyph: int) -> int:
    units: int = cut["hmtx"][cut.getGlyphName(glyph)][0]
    per_em: int = cut["head"].unitsPerEm
    return round(units * UNITS / per_em)


def _descriptor(name: str, cut: Any) -> str:
    head, scale = cut["head"], UNITS / cut["head"].unitsPerEm
    box = " ".join(str(round(edge * scale)) for edge in (head.xMin, head.yMin, head.xMax, head.yMax))
    ascent, descent = round(cut["hhea"].ascent * scale), round(cut["hhea"].descent * scale)
    capital = round(cut["OS/2"].sCapHeight * scale)
    return f"""/Type /FontDescriptor /FontName /{SUBSET_TAG}+{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0
/Ascent {ascent} /Descent {descent} /CapHeight {capital} /StemV 80"""


def _to_unicode(texts: dict[int, str]) -> bytes:
    """The CMap that gives each glyph its text back (ISO 32000-1, 9.10.3); at most 100 lines in a block."""
    lines = [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in sorted(texts.items())]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{body}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
""".encode()
