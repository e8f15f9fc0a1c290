"""The saved picture is read by an independent reader (ZXing) as it will be: shrunk, turned, squeezed by a messenger."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from connectors.vietqr.codec import encode, for_payment
from connectors.vietqr.image import matrix
from connectors.vietqr.lettering import drawable, length_of, lines_of
from connectors.vietqr.logo import EDGE, LogoUnreadable, covered
from connectors.vietqr.picture import WIDTH, picture

PAYLOAD = encode(for_payment(bin="970415", account="113000000001", amount=1_250_000, purpose="BLQ84G7ZWYRD"))
LONGEST = encode(for_payment(bin="970415", account="1" * 19, amount=10**12, purpose="B" * 25, bill="A" * 25))


def drawn(payload: str = PAYLOAD, logo: bytes | None = None, **changes: str) -> Image.Image:
    captions = {
        "agency": "Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa",
        "holder": "TRUNG TAM PHUC VU HCC",
        "account": "113000000001",
        "bank": "VietinBank",
        "memo": "BLQ84G7ZWYRD",
        **changes,
    }
    made = Image.open(io.BytesIO(picture(payload, amount=1_250_000, logo=logo, **captions)))
    made.load()
    return made.convert("RGB")


def sign(size: tuple[int, int] = (300, 300), form: str = "PNG") -> bytes:
    made = Image.new("RGB", size, (190, 20, 30))
    ImageDraw.Draw(made).line((0, 0, *size), (255, 220, 0), 20)
    kept = io.BytesIO()
    made.save(kept, form)
    return kept.getvalue()


def scanned(seen: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(seen)]


@pytest.mark.parametrize("payload", [PAYLOAD, LONGEST], ids=["usual", "longest"])
@pytest.mark.parametrize("logo", [None, sign(), sign((400, 90), "JPEG")], ids=["plain", "sign", "wide-sign"])
@pytest.mark.parametrize(("size", "turn"), [(1.0, 0), (0.5, 0), (1.7, 0), (1.0, 17), (0.7, 90), (1.0, 180), (0.8, 200)])
def test_it_is_read_small_large_and_turned(payload: str, logo: bytes | None, size: float, turn: int) -> None:
    seen = drawn(payload, logo)
    seen = seen.resize((int(seen.width * size), int(seen.height * size)))
    assert scanned(seen.rotate(turn, expand=True, fillcolor=(255, 255, 255))) == [payload]


@pytest.mark.parametrize("logo", [None, sign()], ids=["plain", "sign"])
def test_it_is_read_after_a_messenger_has_squeezed_it(logo: bytes | None) -> None:
    kept = io.BytesIO()
    drawn(logo=logo).resize((480, 800)).save(kept, "JPEG", quality=20)
    assert scanned(Image.open(kept)) == [PAYLOAD]


def test_with_a_sign_the_code_is_of_level_q_and_a_quarter_stays_the_limit() -> None:
    (plain,) = zxingcpp.read_barcodes(drawn())
    (signed,) = zxingcpp.read_barcodes(drawn(logo=sign()))
    assert (plain.ec_level, signed.ec_level) == ("M", "Q")
    for side in range(21, 178, 4):
        assert covered(side) % 2 == 1
        assert covered(side) <= side / 4
        assert covered(side) > 2 * EDGE


def test_the_sign_has_white_around_it() -> None:
    seen = drawn(logo=sign())
    reds = [(x, y) for x in range(WIDTH) for y in range(seen.height) if seen.getpixel((x, y))[0] - seen.getpixel((x, y))[1] > 100]  # fmt: skip
    left, right = min(x for x, _ in reds), max(x for x, _ in reds)
    top, bottom = min(y for _, y in reds), max(y for _, y in reds)
    assert (right - left) <= covered(len(matrix(PAYLOAD, "Q"))) * 12
    for away in range(2, 9):
        for x, y in ((left - away, top), (right + away, bottom), (left, top - away), (right, bottom + away)):
            assert min(seen.getpixel((x, y))) > 200


@pytest.mark.parametrize(
    "logo", [b"", b"<svg/>", sign()[:100], sign() + b"0" * (2 << 20), sign((4_001, 1_000)), b"GIF89a"]
)
def test_what_is_no_sign_is_refused(logo: bytes) -> None:
    with pytest.raises(LogoUnreadable) as refused:
        drawn(logo=logo)
    assert (refused.value.kind, refused.value.code) == ("invalid", "vietqr.logo_unreadable")


def test_the_same_captions_give_the_same_bytes_and_others_give_others() -> None:
    first = drawn().tobytes()
    assert drawn().tobytes() == first
    for name in ("agency", "holder", "account", "bank", "memo"):
        assert drawn(**{name: "KHÁC"}).tobytes() != first, name
    assert drawn(language="en").tobytes() != first
    assert drawn(language="fr").tobytes() == first


def test_long_names_are_broken_and_stay_on_the_picture() -> None:
    seen = drawn(holder="ỦY BAN NHÂN DÂN " * 99, agency="X" * 2_000, bank="Y" * 999, memo="Z " * 999)
    assert scanned(seen) == [PAYLOAD]
    assert seen.height < 2_000
    edge = [seen.getpixel((x, y)) for x in (0, 4, WIDTH - 5, WIDTH - 1) for y in range(seen.height)]
    assert set(edge) == {(255, 255, 255)}


def test_lines_lose_no_letter_and_are_not_too_long() -> None:
    text = "Nguyễn Phước Bảo Ấn " + "Đặng" * 40
    lines = lines_of(text, "Regular", 24, 300)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(length_of(line, "Regular", 24) <= 300 for line in lines)
    assert lines_of(" \n ", "Regular", 24, 300) == []


def test_letters_that_the_face_lacks_are_written_by_their_base_or_left_out() -> None:
    assert drawable("Nguye\u0302\u0303n ｖăn 中 Ⓐ") == "Nguyễn văn  A"
    assert drawable("1.234.000 ₫") == "1.234.000 ₫"
