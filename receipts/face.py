"""One TrueType face as a composite PDF font whose codes are its glyph numbers (ISO 32000-1, 9.7; ISO 19005-3, 6.2.11).

The whole cut is embedded and packed once for all documents, and nothing of a document stays on the face, so that many
threads may draw with it; reportlab's own TrueType fonts cut and pack anew for each document, and serve one at a time.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from receipts.objects import packed, put

SUBSET_TAG = "THUPHI"  # six capitals say that the embedded face is a part of the named one
NEEDED = frozenset({"glyf", "head", "hhea", "hmtx", "loca", "maxp"})  # ISO 32000-1, 9.9: tables of a CIDFontType2
UNITS = 1000  # per em, in every width of a PDF


class Face:
    """A cut face: measures text and writes it for reportlab's canvas, whose fonts have these attributes."""

    _multiByte, _dynamicFont = 1, 0
    builtIn = 0  # noqa: N815 (reportlab's name)

    def __init__(self, name: str, cut: Any, spelled: dict[str, str]) -> None:
        """`cut` is a fontTools TTFont with a cmap; `spelled` has the text of characters that only we know."""
        self.fontName = name
        self.face = self
        glyphs = {chr(point): cut.getGlyphID(glyph) for point, glyph in cut.getBestCmap().items()}
        self.letters = frozenset(glyphs)
        self.widths = {letter: _advance(cut, glyph) for letter, glyph in glyphs.items()}
        self._codes = {ord(letter): _literal(glyph) for letter, glyph in glyphs.items()}
        self._widths = " ".join(str(_advance(cut, glyph)) for glyph in range(len(cut.getGlyphOrder())))
        self._to_unicode = packed(_to_unicode({glyph: spelled.get(key, key) for key, glyph in glyphs.items()}))
        self._descriptor = _descriptor(name, cut)
        self._program = _program(cut)

    def stringWidth(self, text: str, size: float, encoding: str = "") -> float:  # noqa: N802 (reportlab's name)
        """The width of a line in points."""
        return sum(map(self.widths.__getitem__, text)) * size / UNITS

    def formatForPdf(self, text: str) -> str:  # noqa: N802 (reportlab's name)
        """The inside of a literal string: two bytes a glyph."""
        return text.translate(self._codes)

    def addObjects(self, document: Any) -> None:  # noqa: N802 (reportlab's name)
        """Put the font into a reportlab document."""
        short = f"F{len(document.fontMapping) + 1}"
        document.fontMapping[self.fontName] = f"/{short}"
        program = put(document, f"{short}.program", self._program)
        descriptor = put(document, f"{short}.descriptor", b"<< %b /FontFile2 %b >>" % (self._descriptor, program))
        cid_font = f"""<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{SUBSET_TAG}+{self.fontName}
/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /CIDToGIDMap /Identity
/DW 0 /W [0 [{self._widths}]] /FontDescriptor {descriptor.decode()} >>"""
        descendant = put(document, f"{short}.glyphs", cid_font.encode())
        to_unicode = put(document, f"{short}.unicode", self._to_unicode)
        composite = f"""<< /Type /Font /Subtype /Type0 /BaseFont /{SUBSET_TAG}+{self.fontName} /Encoding /Identity-H
/DescendantFonts [{descendant.decode()}] /ToUnicode {to_unicode.decode()} >>"""
        document.idToObject["BasicFonts"].dict[short] = put(document, short, composite.encode())


def _advance(cut: Any, glyph: int) -> int:
    return round(cut["hmtx"][cut.getGlyphName(glyph)][0] * UNITS / cut["head"].unitsPerEm)


def _literal(glyph: int) -> str:
    return "".join(rf"\{byte:03o}" for byte in glyph.to_bytes(2, "big"))


def _descriptor(name: str, cut: Any) -> bytes:
    head, scale = cut["head"], UNITS / cut["head"].unitsPerEm
    box = " ".join(str(round(edge * scale)) for edge in (head.xMin, head.yMin, head.xMax, head.yMax))
    ascent, descent = round(cut["hhea"].ascent * scale), round(cut["hhea"].descent * scale)
    capital = round(cut["OS/2"].sCapHeight * scale)
    return f"""/Type /FontDescriptor /FontName /{SUBSET_TAG}+{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0
/Ascent {ascent} /Descent {descent} /CapHeight {capital} /StemV 80""".encode()


def _program(cut: Any) -> bytes:
    """The outlines as a packed stream, without the tables that only a text editor needs."""
    for tag in set(cut.keys()) - NEEDED - {"GlyphOrder"}:
        del cut[tag]
    out = BytesIO()
    cut.save(out)
    return packed(out.getvalue(), f"/Length1 {out.tell()}")


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
