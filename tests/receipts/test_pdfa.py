"""The PDF keeps the rules of PDF/A-3u (ISO 19005-3) that a page without pictures can break; each test names its clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from lxml import etree
from PIL import Image, ImageCms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from receipts import slip, srgb
from receipts.model import Payer
from receipts.pdf import render
from tests.conftest import require
from tests.receipts.desk import make_facts
from tests.receipts.forge import signer
from tests.receipts.paper import LOOKUP, TOKEN, assert_sound, kept, run, signed

SOURCE = signed(make_facts(), TOKEN)
FORBIDDEN_KEYS = {  # 6.1.2, 6.2.5, 6.2.8, 6.2.10, 6.5, 6.6.1: encryption, alternates, transparency, scripts, actions
    *("/Encrypt", "/Alternates", "/OPI", "/SMask", "/Group", "/CA", "/ca", "/BM", "/TR", "/HTP", "/JS", "/JavaScript"),
    *("/OpenAction", "/AA", "/A", "/OCProperties", "/XFA", "/NeedAppearances", "/Requirements", "/PresSteps", "/Ref"),
}
OPERATORS = {
    *("q", "Q", "cm", "w", "rg", "RG", "n", "re", "m", "l", "S", "f", "f*"),
    *("BT", "ET", "Tf", "TL", "Tm", "Tj", "T*"),
}
DC, PDF, XMP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/pdf/1.3/", "http://ns.adobe.com/xap/1.0/"
PDFA_ID, RDF = "http://www.aiim.org/pdfa/ns/id/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.fixture(scope="module", params=["page", "sealed", "slip"])
def data(request: pytest.FixtureRequest) -> bytes:
    """A DEMO page with and without seal, and a slip: all are archive files."""
    if request.param == "slip":
        return slip.render(SOURCE, demo=True, lookup_url=LOOKUP)
    return render(SOURCE, demo=True, lookup_url=LOOKUP, signer=signer() if request.param == "sealed" else None)


@pytest.fixture(scope="module")
def reader(data: bytes) -> PdfFileReader:
    return PdfFileReader(BytesIO(data))


def everything(reader: PdfFileReader) -> Iterator[Any]:
    """Every object of the file and what is in it, with the name of its key before the value of a dictionary."""
    waiting = [reader.trailer_view, *(reader.get_object(generic.Reference(n, 0, reader)) for n in numbers(reader))]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, generic.DictionaryObject):
            yield from found.keys()
            waiting += [found.raw_get(key) for key in found]
        elif isinstance(found, generic.ArrayObject):
            waiting += [found.raw_get(place) for place in range(len(found))]


def numbers(reader: PdfFileReader) -> range:
    return range(1, int(reader.trailer_view["/Size"]))


def drawings(reader: PdfFileReader) -> list[str]:
    return [page["/Contents"].data.decode("ascii") for page in pages(reader)]


def pages(reader: PdfFileReader) -> list[Any]:
    return [kid.get_object() for kid in reader.root["/Pages"]["/Kids"]]


def fonts(reader: PdfFileReader) -> dict[str, Any]:
    resources = pages(reader)[0]["/Resources"]["/Font"]
    return {name: resources[name] for name in resources}


def test_it_begins_and_ends_as_a_file_of_its_kind(data: bytes, reader: PdfFileReader) -> None:
    """6.1.2, 6.1.3: header, binary comment, identifier; nothing behind the end; no encryption."""
    assert re.match(rb"%PDF-1\.7\n%[\x80-\xff]{4}", data)
    assert data.endswith(b"%%EOF\n")
    assert data.count(b"%%EOF") == 1
    first, second = reader.trailer_view["/ID"]
    assert first == second
    assert len(first) == 16
    assert "/Encrypt" not in reader.trailer_view


def test_streams_are_as_long_as_they_say_and_end_on_a_line(data: bytes) -> None:
    """6.1.7.1: a line feed after `stream` and before `endstream`; 6.1.7.2: no LZW; and no text armour."""
    objects = [data[int(at) :] for at in re.findall(rb"\n(\d{10}) 00000 n", data)]
    streams = [found for found in objects if re.match(rb"\d+ 0 obj\n<<[^>].*?>>\nstream\n", found, re.DOTALL)]
    checked = 0
    for found in streams:
        head = found[: found.index(b"stream\n")]
        if b"endobj" in head:
            continue
        length = int(re.findall(rb"/Length (\d+)", head)[0])
        assert found[len(head) + len(b"stream\n") + length :].startswith(b"\nendstream\nendobj")
        assert set(re.findall(rb"/Filter (/\w+)", head)) <= {b"/FlateDecode"}
        checked += 1
    assert checked == data.count(b"\nendstream\n") >= 7


def test_nothing_forbidden_is_anywhere(reader: PdfFileReader) -> None:
    seen = {found for found in everything(reader) if isinstance(found, str)}
    assert not seen & FORBIDDEN_KEYS
    assert {"/Type", "/FontFile2", "/DestOutputProfile"} <= seen


def test_the_drawing_uses_plain_colour_and_no_state_of_transparency(reader: PdfFileReader) -> None:
    """6.2.2, 6.2.4.3: known operators only, colours in RGB alone, which the output intent defines."""
    for drawing in drawings(reader):
        bare = re.sub(r"\((?:\\[0-7]{3})*\)|/F\d+|-?\d*\.?\d+(?= )", "", drawing)
        assert set(bare.split()) <= OPERATORS
        assert drawing.split().count("q") == drawing.split().count("Q")


def test_colours_are_defined_by_an_embedded_profile(reader: PdfFileReader) -> None:
    """6.2.3: one output intent for PDF/A with a destination profile for three components."""
    (intent,) = reader.root["/OutputIntents"]
    assert (intent["/Type"], intent["/S"]) == ("/OutputIntent", "/GTS_PDFA1")
    profile = intent["/DestOutputProfile"]
    assert profile["/N"] == 3
    assert profile.data == srgb.profile()


def test_the_profile_is_srgb() -> None:
    """The known colours of sRGB stay what they are, through the profile and through the library's own."""
    ours = ImageCms.getOpenProfile(BytesIO(srgb.profile()))
    assert ours.profile.xcolor_space.strip() == "RGB"
    assert ours.profile.version == pytest.approx(2.1)
    theirs = ImageCms.createProfile("sRGB")
    colours = Image.new("RGB", (4, 1))
    values = [(168, 23, 33), (0, 0, 0), (255, 255, 255), (17, 128, 240)]
    colours.putdata(values)
    moved = ImageCms.profileToProfile(colours, ours, theirs)
    assert moved is not None
    for place, value in enumerate(values):
        found = moved.getpixel((place, 0))
        assert isinstance(found, tuple)
        assert all(abs(one - other) <= 1 for one, other in zip(value, found, strict=True))


def test_metadata_says_the_same_as_info(reader: PdfFileReader) -> None:
    """6.6.2, 6.6.3: XMP that any program can read, which part and level it is, agreeing with the Info dictionary."""
    stream = reader.root["/Metadata"]
    assert (stream["/Type"], stream["/Subtype"]) == ("/Metadata", "/XML")
    assert "/Filter" not in stream
    assert stream.data.startswith(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    xmp = etree.fromstring(stream.data)
    info = reader.trailer_view["/Info"]

    def said(namespace: str, name: str) -> str:
        (found,) = xmp.iter(f"{{{namespace}}}{name}")
        return "".join(found.itertext()).strip()

    assert (said(PDFA_ID, "part"), said(PDFA_ID, "conformance")) == ("3", "U")
    assert said(DC, "title") == info["/Title"] == "Biên lai thu phí, lệ phí điện tử 26TAA số 1"
    assert said(DC, "creator") == info["/Author"] == "Sở Xây dựng tỉnh Thanh Hóa"
    assert said(DC, "description") == info["/Subject"] == "EBL01 26TAA 1"
    assert said(PDF, "Producer") == info["/Producer"] == "Thu Phí"
    assert said(PDF, "Keywords") == info["/Keywords"] == ""
    assert said(XMP, "CreatorTool") == info["/Creator"] == "Thu Phí"
    assert said(XMP, "CreateDate") == said(XMP, "ModifyDate") == "2026-11-21T09:30:15+07:00"
    assert info["/CreationDate"] == info["/ModDate"] == "D:20261121093015+07'00'"
    assert said(DC, "language") == reader.root["/Lang"] == "vi-VN"
    assert xmp.find(f".//{{{DC}}}title/{{{RDF}}}Alt") is not None


def test_every_glyph_shown_is_embedded_measured_and_has_its_text(reader: PdfFileReader) -> None:
    """6.2.11.4.1, .5, .7.2, .8: program, equal widths, Unicode of all that is shown, never .notdef."""
    shown = codes(reader)
    assert set(shown) == set(fonts(reader))
    for name, font in fonts(reader).items():
        assert (font["/Subtype"], font["/Encoding"]) == ("/Type0", "/Identity-H")
        assert len(font["/DescendantFonts"]) == 1
        descendant = font["/DescendantFonts"][0]
        assert (descendant["/Subtype"], descendant["/CIDToGIDMap"]) == ("/CIDFontType2", "/Identity")
        descriptor = descendant["/FontDescriptor"]
        assert re.fullmatch(r"/[A-Z]{6}\+BeVietnamPro-\w+", descriptor["/FontName"])
        assert font["/BaseFont"] == descendant["/BaseFont"] == descriptor["/FontName"]
        program = TTFont(BytesIO(descriptor["/FontFile2"].data))
        advances = [program["hmtx"][glyph][0] for glyph in program.getGlyphOrder()]
        widths, texts = widths_of(descendant), texts_of(font)
        assert 0 not in shown[name]
        for glyph in shown[name]:
            assert widths[glyph] == advances[glyph]
            assert texts[glyph] not in ("", "\0", "\ufeff", "\ufffe")
            outline = program["glyf"][program.getGlyphName(glyph)]
            assert outline.numberOfContours or texts[glyph] == " "


def codes(reader: PdfFileReader) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for drawing in drawings(reader):
        font = ""
        for name, literal in re.findall(r"(/F\d+) [\d.]+ Tf|\(((?:\\\d{3})*)\) Tj", drawing):
            font = name or font
            raw = bytes(int(byte, 8) for byte in literal.split("\\")[1:])
            found.setdefault(font, set()).update(
                int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)
            )
    return found


def widths_of(font: Any) -> dict[int, int]:
    entries = iter(font["/W"])
    return {int(first) + place: int(width) for first in entries for place, width in enumerate(next(entries))}


def texts_of(font: Any) -> dict[int, str]:
    pairs = re.findall(
        r"<([0-9a-f]{4})> <([0-9a-f]+)>", font["/ToUnicode"].data.decode().partition("endcodespacerange")[2]
    )
    return {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


def test_the_text_reads_in_the_order_of_the_page(data: bytes, tmp_path: Path) -> None:
    text = run(require("pdftotext"), "-raw", kept(data, tmp_path), "-")
    wanted = (
        "ĐIỆN TỬ",
        "Ngày 24",
        "EBL01",
        "Tổ chức thu",
        "Người nộp",
        "LP-CCHN",
        "Tổng cộng",
        "bằng chữ",
        "Đã ký",
        "Mã tra cứu",
    )
    places = [text.index(word) for word in wanted]
    assert places == sorted(places)


def test_the_signed_xml_is_the_source_of_the_page(tmp_path: Path) -> None:
    """6.8: an associated file with relationship, media type, both names and date; it comes out byte by byte."""
    data = render(SOURCE, demo=False, lookup_url=LOOKUP, signer=signer())
    reader = PdfFileReader(BytesIO(data))
    associated, named = reader.root["/AF"], reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert len(associated) == 1
    assert associated.raw_get(0) == named.raw_get(1)
    name, file = named[0], named[1]
    assert file["/Type"] == "/Filespec"
    assert file["/AFRelationship"] == "/Source"
    assert name == file["/F"] == file["/UF"] == "bien-lai-EBL01-26TAA-1.xml"
    assert file["/Desc"]
    content = file["/EF"]["/F"]
    assert (content["/Type"], content["/Subtype"]) == ("/EmbeddedFile", "/text/xml")
    assert content["/Params"]["/ModDate"] == "D:20261121093015+07'00'"
    assert content["/Params"]["/Size"] == len(SOURCE)
    assert content.data == SOURCE
    run(require("pdfdetach"), "-save", "1", "-o", tmp_path / "out.xml", kept(data, tmp_path))
    assert (tmp_path / "out.xml").read_bytes() == SOURCE


def test_a_slip_is_paper_and_has_no_attachment() -> None:
    reader = PdfFileReader(BytesIO(slip.render(SOURCE, demo=False, lookup_url=LOOKUP)))
    assert "/AF" not in reader.root
    assert "/AcroForm" not in reader.root


@pytest.mark.parametrize(
    "name", [r"A & B <C> (D) \ ]]> 100%", "/ByteRange [0 1 2 3] /Contents <00>", "Ơ" * 200, "(((", "a\u00a0b"]
)
def test_no_name_breaks_the_file(tmp_path: Path, name: str) -> None:
    facts = make_facts(payer=Payer(name))
    xml = signed(replace(facts, org=replace(facts.org, name=name)), TOKEN)
    data = render(xml, demo=False, lookup_url=LOOKUP, signer=signer())
    reader = PdfFileReader(BytesIO(data))
    assert reader.trailer_view["/Info"]["/Author"] == name
    assert name in "".join(etree.fromstring(reader.root["/Metadata"].data).itertext())
    pdf = kept(data, tmp_path)
    assert_sound(pdf)
    assert "Signature is Valid" in run(require("pdfsig"), "-nocert", pdf)


def test_the_identifier_is_of_the_contents() -> None:
    def identifier(data: bytes) -> bytes:
        """As it is written: a reader may take these bytes for text."""
        return re.findall(rb"/ID\s*\[<([0-9a-f]{32})>", data)[-1]

    plain = identifier(render(SOURCE, demo=False, lookup_url=LOOKUP))
    assert plain == identifier(render(SOURCE, demo=False, lookup_url=LOOKUP))
    assert plain != identifier(render(SOURCE, demo=True, lookup_url=LOOKUP))
    assert plain != identifier(render(signed(make_facts(), "x"), demo=False, lookup_url=LOOKUP))
