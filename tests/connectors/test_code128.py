"""Code 128: what is drawn is read back by somebody else's reader, and what cannot be drawn is refused."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from connectors import code128


def picture(text: str) -> Image.Image:
    """The bars as pixels, three a module."""
    row = [0] * code128.QUIET
    for place, width in enumerate(code128.bars(text)):
        row += [1 - place % 2] * width
    row += [0] * code128.QUIET
    image = Image.new("L", (len(row) * 3, 60), 255)
    for at, dark in enumerate(row):
        if dark:
            image.paste(0, (at * 3, 0, at * 3 + 3, 60))
    return image


@pytest.mark.parametrize(
    "text",
    [
        "BLQ7K2M9QX4A",
        "H56.17-261124-0001",
        "1234",
        "12345",
        "A1234B",
        "AB12345678CD9",
        " ~!",
        "000.00.17.H56-261124-00001",
    ],
)
def test_a_reader_reads_it_back(text: str) -> None:
    (found,) = zxingcpp.read_barcodes(picture(text))
    assert (found.text, str(found.format)) == (text, "Code 128")


def test_runs_of_digits_take_half_the_room() -> None:
    assert len(code128.values("12345678")) == 1 + 4 + 1
    assert len(code128.values("ABCDEFGH")) == 1 + 8 + 1


def test_the_drawing_has_the_bars_and_a_name() -> None:
    drawn = code128.svg("BLQ7K2M9QX4A", title='Mã "<&>')
    assert drawn.count("M") == len(code128.bars("BLQ7K2M9QX4A")) // 2 + 2
    assert "&quot;&lt;&amp;>" in drawn
    assert io.StringIO(drawn).read().startswith("<svg")


@pytest.mark.parametrize("text", ["", "đồng", "A\n", "A" * 49])
def test_what_set_b_does_not_hold_is_refused(text: str) -> None:
    with pytest.raises(code128.NotEncodable):
        code128.values(text)
