"""Every letter of a name is drawn as it is written, or the receipt says which one it cannot draw."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from receipts import fonts
from receipts.composed import SPELLED, single
from receipts.face import shown
from receipts.fonts import FontLacks, refuse_unknown
from receipts.model import Payer
from receipts.outlines import Outlines
from receipts.pdf import render
from tests.conftest import require
from tests.receipts.desk import make_facts
from tests.receipts.paper import LOOKUP, pdf_of, run, signed


def test_every_vietnamese_letter_has_a_shape() -> None:
    refuse_unknown("aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz")
    refuse_unknown("AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆFGHIÌỈĨÍỊJKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVWXYỲỶỸÝỴZ")
    refuse_unknown("0123456789 .,;:-–—/()%&@#*+='\"“”‘’…₫²³°")


@pytest.mark.parametrize("name", ["Nguyễn 中文", "Anna\u200bB", "Иван", "A\u00adB"])
def test_a_letter_without_a_shape_is_refused(name: str) -> None:
    with pytest.raises(FontLacks) as refused:
        render(signed(make_facts(payer=Payer(name))), demo=False, lookup_url=LOOKUP)
    assert (refused.value.kind, refused.value.code) == ("invalid", "receipt.font")
    assert name not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["Y Blĭ Niê Kdăm", "H'Lŭk Êban", "Ksor Kpŏng", "Bơ̆k Ê̆ban Ư̆", "Ștefan Țîrlea", "Ṣāliḥ al-Ḥasan", "Đỗ Thị Ỹ"]
)
def test_names_of_all_peoples_come_out_as_they_went_in(tmp_path: Path, name: str) -> None:
    pdf = pdf_of(signed(make_facts(payer=Payer(name))), tmp_path)
    assert name in run(require("pdftotext"), "-layout", pdf, "-")


def test_a_letter_of_two_characters_is_one_on_paper() -> None:
    assert len(single("ơ\u0306")) == 1
    assert SPELLED[single("ơ\u0306")] == "ơ\u0306"
    assert single("Nguyễn") == "Nguyễn"


@pytest.mark.parametrize("name", [fonts.REGULAR, fonts.SEMI_BOLD])
def test_marks_sit_above_or_below_their_letter_and_widths_stay(name: str) -> None:
    """A breve above e reaches as high as the one above a, for which the face has a letter of its own."""
    cut = fonts.cut(name)
    cmap, glyphs = cut.getBestCmap(), cut["glyf"]
    for composed, base, like in (("ĕ", "e", "ă"), ("ŏ", "o", "ă"), ("Ĕ", "E", "Ă"), ("ŭ", "u", "ă")):
        assert glyphs[cmap[ord(composed)]].yMax == pytest.approx(glyphs[cmap[ord(like)]].yMax, abs=25)
        assert cut["hmtx"][cmap[ord(composed)]][0] == cut["hmtx"][cmap[ord(base)]][0]


@pytest.mark.parametrize("name", [fonts.REGULAR, fonts.SEMI_BOLD])
def test_the_embedded_program_draws_what_the_face_draws(name: str) -> None:
    """The same outlines and widths under the same numbers, and nothing for what is not shown."""
    cut = fonts.cut(name)
    order = cut.getGlyphOrder()
    wanted = {cut.getGlyphID(cut.getBestCmap()[ord(letter)]) for letter in (*"Nguyễn", single("ơ\u0306"))}
    embedded = TTFont(BytesIO(Outlines(fonts.cut(name)).program(wanted)), recalcBBoxes=False)
    for glyph, written in enumerate(embedded.getGlyphOrder()):
        assert embedded["hmtx"][written] == cut["hmtx"][order[glyph]]
        if glyph in wanted:
            assert embedded["glyf"][written].compile(embedded["glyf"]) == cut["glyf"][order[glyph]].compile(cut["glyf"])
    drawn = {
        glyph for glyph, written in enumerate(embedded.getGlyphOrder()) if embedded["glyf"][written].numberOfContours
    }
    parts = {cut.getGlyphID(part) for part in ("ohorn", "uni0306")}
    assert drawn == wanted | parts


def test_what_a_page_shows_is_read_from_its_drawing() -> None:
    face = fonts.face(fonts.REGULAR)
    drawing = f"BT /F2 9 Tf 10 TL ET q BT ({face.formatForPdf('An')}) Tj T* ET Q /F11 7.5 Tf 9 TL ({face.formatForPdf('n')}) Tj"
    seen = [entry for entry in shown(drawing) if entry[1]]
    assert [font for font, _ in seen] == ["/F2", "/F11"]
    assert seen[1][1] < seen[0][1]
    assert len(seen[0][1]) == 2


def test_a_small_receipt_is_a_small_file() -> None:
    data = render(signed(make_facts()), demo=False, lookup_url=LOOKUP)
    assert len(data) < 32_000
    assert not re.search(rb"/BaseFont /Helvetica", data)
