"""A card's code is read from its picture and from its PDF, and says what is printed beside it."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from connectors.vietqr.card import Card, CardTooFull, SerialUnreadable, pdf, png
from connectors.vietqr.codec import VietQRError, decode

CARD = Card(
    agency="Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa",
    bin="970415",
    bank="VietinBank",
    account="113000000001",
    holder="TRUNG TAM PHUC VU HCC",
    serial="TH0001K7",
)
LONG = replace(CARD, holder="BAN QUAN LY DU AN " * 5, agency="Ủy ban nhân dân phường Hàm Rồng " * 4)


def scanned(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_the_code_is_reusable_and_carries_the_serial() -> None:
    read = decode(CARD.payload)
    assert (read.initiation, read.amount, read.terminal_label, read.purpose) == ("11", None, "TH0001K7", None)
    assert (read.bin, read.account, read.warnings) == ("970415", "113000000001", ())
    assert decode(replace(CARD, purpose="LE PHI").payload).purpose == "LE PHI"


@pytest.mark.parametrize("card", [CARD, LONG, replace(CARD, language="en")], ids=["usual", "long", "english"])
@pytest.mark.parametrize("dpi", [96, 300])
def test_the_picture_is_read(card: Card, dpi: int) -> None:
    made = Image.open(io.BytesIO(png(card, dpi=dpi)))
    assert made.size == (round(105 * dpi / 25.4), round(148 * dpi / 25.4))
    assert scanned(made) == [card.payload]


@pytest.mark.parametrize("card", [CARD, LONG], ids=["usual", "long"])
def test_the_page_is_a6_is_read_and_says_what_it_must(card: Card, tmp_path: Path) -> None:
    made = pdf(card)
    assert made == pdf(card)
    (tmp_path / "card.pdf").write_bytes(made)
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", "card.pdf", "page"], cwd=tmp_path, check=True)
    page = Image.open(tmp_path / "page.png")
    assert page.size == (621, 875)  # 105 mm x 148 mm, begun dots counted
    assert scanned(page) == [card.payload]
    told = subprocess.run(["pdftotext", "card.pdf", "-"], cwd=tmp_path, check=True, capture_output=True, text=True)
    words = " ".join(told.stdout.split())
    for expected in (card.agency, card.bank, card.account, card.holder, f"Số thẻ: {card.serial}"):
        assert "".join(expected.split()) in "".join(words.split())


def test_with_a_sign_both_are_still_read(tmp_path: Path) -> None:
    kept = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 80, 160, 255)).save(kept, "PNG")
    assert scanned(Image.open(io.BytesIO(png(CARD, kept.getvalue())))) == [CARD.payload]
    (tmp_path / "card.pdf").write_bytes(pdf(CARD, kept.getvalue()))
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", "card.pdf", "page"], cwd=tmp_path, check=True)
    assert scanned(Image.open(tmp_path / "page.png")) == [CARD.payload]


@pytest.mark.parametrize("serial", ["", "th0001", "TH 1", "A" * 26, "THẺ1"])
def test_a_serial_that_cannot_be_read_out_is_refused(serial: str) -> None:
    with pytest.raises(SerialUnreadable):
        png(replace(CARD, serial=serial))


def test_names_that_leave_no_room_and_what_is_no_account_are_refused() -> None:
    with pytest.raises(CardTooFull):
        pdf(replace(CARD, agency="Ủy ban nhân dân phường Hàm Rồng " * 20))
    with pytest.raises(VietQRError):
        pdf(replace(CARD, account="11 3"))


def test_the_account_is_in_no_repr() -> None:
    assert CARD.account not in repr(CARD)
    assert CARD.holder not in repr(CARD)
