"""The pictures are read by an independent reader (ZXing) and carry the payload to the character."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from connectors.vietqr import image
from connectors.vietqr.codec import encode, for_payment

PAYLOAD = encode(for_payment(bin="970436", account="0123456789012", amount=150_000, purpose="BLQ84G7ZWYRD"))
SVG = "{http://www.w3.org/2000/svg}"


def scanned(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def drawn(svg: str, module: int) -> Image.Image:
    """The SVG's own path drawn by hand: each rectangle of it, `module` pixels a unit."""
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    picture = Image.new("1", (side * module, side * module), 1)
    path = root.find(f"{SVG}path")
    assert path is not None
    commands = path.attrib["d"]
    rectangles = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", commands)
    assert "".join(f"M{x} {y}h{width}v1h-{width}z" for x, y, width in rectangles) == commands
    for x, y, width in (map(int, rectangle) for rectangle in rectangles):
        picture.paste(0, (x * module, y * module, (x + width) * module, (y + 1) * module))
    return picture


@pytest.mark.parametrize("scale", [1, 2, 3, 8, 13])
def test_a_png_is_read_at_every_scale(scale: int) -> None:
    picture = opened(image.png(PAYLOAD, scale=scale))
    assert picture.mode == "1"
    assert picture.size == ((len(image.matrix(PAYLOAD)) + 8) * scale,) * 2
    assert scanned(picture) == [PAYLOAD]


@pytest.mark.parametrize("module", [1, 3, 6])
def test_the_svg_is_read_and_is_the_same_picture(module: int) -> None:
    picture = drawn(image.svg(PAYLOAD, module=module), module)
    assert scanned(picture) == [PAYLOAD]
    assert picture.tobytes() == opened(image.png(PAYLOAD, scale=module)).tobytes()


def test_the_quiet_zone_is_four_modules_of_white() -> None:
    picture = opened(image.png(PAYLOAD, scale=1))
    side = picture.size[0]
    assert all(picture.getpixel((x, y)) for x in range(side) for y in (0, 3, side - 4, side - 1))
    assert all(picture.getpixel((x, y)) for y in range(side) for x in (0, 3, side - 4, side - 1))
    assert not picture.getpixel((4, 4))


def test_the_svg_speaks_and_stands_alone() -> None:
    root = ElementTree.fromstring(image.svg(PAYLOAD, module=7, border=2, title='Phí "A" & <B>'))
    side = len(image.matrix(PAYLOAD)) + 4
    assert root.tag == f"{SVG}svg"
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", 'Phí "A" & <B>')
    assert root.findtext(f"{SVG}title") == 'Phí "A" & <B>'
    assert (root.attrib["width"], root.attrib["viewBox"]) == (str(side * 7), f"0 0 {side} {side}")


def test_error_correction_is_m() -> None:
    found = zxingcpp.read_barcodes(opened(image.png(PAYLOAD)))[0]
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.ec_level == "M"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10**12), st.from_regex("[A-Za-z0-9]{1,19}", fullmatch=True), st.text("BLQ0123 ", min_size=1))
def test_any_payment_is_read(amount: int, account: str, purpose: str) -> None:
    payload = encode(for_payment(bin="970418", account=account, amount=amount, purpose=purpose[:25]))
    assert scanned(opened(image.png(payload, scale=2))) == [payload]
