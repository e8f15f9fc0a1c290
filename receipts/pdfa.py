"""PDF/A-3u around a reportlab canvas, in the same pass (ISO 19005-3): what is kept ten years opens in ten years.

Adds to the page: the colour space meant, XMP metadata that agrees with Info, the signed XML as the source of the page,
an end of line before every `endstream`, and a file identifier that depends on the contents alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from receipts import fonts, pades
from receipts.face import shown
from receipts.objects import date, packed, plain, put, text
from receipts.srgb import NAME, profile

if TYPE_CHECKING:
    from receipts.keys import Signer

LANGUAGE = "vi-VN"
MAKER = "Thu Phí"


@dataclass(frozen=True, slots=True)
class About:
    """What the file says of itself; `at` is when it was made, with its offset."""

    title: str
    author: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """The file that the page was made from, to be attached."""

    name: str
    content: bytes
    description: str
    media_type: str = "text/xml"


def begin(about: About, size: tuple[float, float]) -> Any:
    """A reportlab canvas with pages of `size` points, all of whose fonts are embedded."""
    from reportlab.pdfgen.canvas import Canvas

    fonts.register()
    canvas = Canvas("", size, invariant=1, lang=LANGUAGE, pdfVersion=(1, 7), initialFontName=fonts.REGULAR)
    canvas.setTitle(about.title)
    canvas.setAuthor(about.author)
    canvas.setSubject(about.subject)
    canvas.setCreator(MAKER)
    canvas.setProducer(MAKER)
    canvas.setDateFormatter(lambda *_clock: date(about.at))
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def finish(canvas: Any, about: About, source: Source | None = None, signer: Signer | None = None) -> bytes:
    """The finished file, signed at `about.at` if there is a signer. The canvas is used up. Raises KeyUnusable."""
    document = canvas._doc
    pages = [document.idToObject[f"Page{number}"] for number in range(1, document.pageCounter)]
    _embed_fonts(document, pages)
    _pack(document, pages)
    _declare(document, about)
    if source is not None:
        _attach(document, source, about.at)
    if signer is None:
        return bytes(canvas.getpdfdata())
    seal = pades.reserve(document, pages[0], signer, about.at)
    return seal.set(canvas.getpdfdata())


def _embed_fonts(document: Any, pages: Sequence[Any]) -> None:
    seen: dict[str, set[int]] = {short: set() for short in document.fontMapping.values()}
    for page in pages:
        for short, glyphs in shown(page.stream):
            seen[short] |= glyphs
    for name, short in document.fontMapping.items():
        fonts.face(name).embed(document, seen[short])


def _pack(document: Any, pages: Sequence[Any]) -> None:
    """The drawings become streams of ours; the file's identifier depends on them."""
    for number, page in enumerate(pages, start=1):
        drawing = page.stream.encode("ascii")
        document.updateSignature(hashlib.sha256(drawing).digest())
        page.Contents = document.Reference(packed(drawing), f"drawing{number}")
        page.Trans = None


def _declare(document: Any, about: About) -> None:
    """Which colours are meant, which part of the standard the file follows."""
    catalog, space = document.Catalog, f"({NAME})"
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents", "AF"]  # keys that reportlab does not know
    srgb = put(document, "srgb", _packed_profile())
    intent = f"/Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier {space} /Info {space}"
    catalog.OutputIntents = f"[ << {intent} /DestOutputProfile {srgb} >> ]"
    catalog.Metadata = put(document, "metadata", plain(_xmp(about), "/Type /Metadata /Subtype /XML"))


@cache
def _packed_profile() -> bytes:
    return packed(profile(), "/N 3")


def _attach(document: Any, source: Source, at: datetime) -> None:
    document.updateSignature(hashlib.sha256(source.content).digest())
    subtype = source.media_type.replace("/", "#2F")
    parameters = f"<< /ModDate ({date(at)}) /Size {len(source.content)} >>"
    entries = f"/Type /EmbeddedFile /Subtype /{subtype} /Params {parameters}"
    content = put(document, "source", packed(source.content, entries))
    name, description = text(source.name), text(source.description)
    file = f"""<< /Type /Filespec /F ({source.name}) /UF {name} /Desc {description} /AFRelationship /Source
/EF << /F {content} /UF {content} >> >>"""
    reference = put(document, "source.file", file.encode("ascii"))
    document.Catalog.AF = f"[ {reference} ]"
    document.Catalog.Names = f"<< /EmbeddedFiles << /Names [ {name} {reference} ] >> >>"


def _xmp(about: About) -> bytes:
    """The packet of ISO 19005-3, 6.6: the same statements as Info, and which part of the standard the file follows."""
    title, author, subject = escape(about.title), escape(about.author), escape(about.subject)
    at = about.at.isoformat(timespec="seconds")
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>U</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<pdf:Producer>{MAKER}</pdf:Producer>
<pdf:Keywords></pdf:Keywords>
<xmp:CreatorTool>{MAKER}</xmp:CreatorTool>
<xmp:CreateDate>{at}</xmp:CreateDate>
<xmp:ModifyDate>{at}</xmp:ModifyDate>
<xmp:MetadataDate>{at}</xmp:MetadataDate>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""".encode()
