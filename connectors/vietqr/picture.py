"""The picture that a payer saves ("Lưu ảnh QR"): the code and beside it, in words, all that the code says.

A bank app reads it from the photo album; a person can type it (WCAG 2.2, 1.1.1). Own layout: the frames of VietQR and
NAPAS are marks of theirs and are not drawn.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from connectors.vietqr.lettering import Weight, face, lines_of
from connectors.vietqr.logo import symbol

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH = 720  # pixels: two thirds of a phone's, so that nothing is scaled up
HIGHEST, LINES = 4 * WIDTH, 6  # what long names may make of it, and the lines shown of a name
MARGIN = 48
SYMBOL = 588  # at most; a whole number of pixels a module
LABELS = 208  # width of the column of labels
INK, GREY = "#1c1c1c", "#545454"

WORDS = {
    "vi": (
        "Ngân hàng",
        "Số tài khoản",
        "Chủ tài khoản",
        "Nội dung",
        "Quét mã bằng ứng dụng ngân hàng. Giữ nguyên nội dung.",
    ),
    "en": (
        "Bank",
        "Account number",
        "Account holder",
        "Content",
        "Scan with a banking app. Do not change the content.",
    ),
}


def picture(
    payload: str,
    *,
    agency: str,
    holder: str,
    account: str,
    bank: str,
    amount: int,
    memo: str,
    language: str = "vi",
    logo: bytes | None = None,
) -> bytes:
    """A PNG, 720 pixels wide: agency, amount (đồng), the code, then bank, account, holder and memo.

    `language` is `vi` or `en`, any other reads as `vi`. With `logo` (PNG or JPEG) the code is of level Q and has it in
    its middle. Raises LogoUnreadable.
    """
    from PIL import Image, ImageDraw

    words = WORDS.get(language, WORDS["vi"])
    code = _symbol(payload, logo)
    rows = list(zip(words, (bank, account, holder, memo), strict=False))
    sheet = Image.new(code.mode, (WIDTH, HIGHEST), "#fff")
    pen = ImageDraw.Draw(sheet)
    below = _centred(pen, agency, "SemiBold", 34, MARGIN)
    below = _centred(pen, in_figures(amount), "Bold", 56, below + 12)
    sheet.paste(code, ((WIDTH - code.width) // 2, below))
    below += code.height
    for label, value in rows:
        below = _row(pen, label, value, below)
    below = _centred(pen, words[-1], "Regular", 22, below + 16, GREY)
    return _png(sheet.crop((0, 0, WIDTH, below + MARGIN)))


def in_figures(amount: int) -> str:
    """`1.234.000 ₫`"""
    return f"{amount:,}".replace(",", ".") + " ₫"


def _symbol(payload: str, logo: bytes | None) -> Image:
    once = symbol(payload, 1, logo).width
    return symbol(payload, max(SYMBOL // once, 4), logo)


def _centred(pen: ImageDraw, text: str, weight: Weight, size: int, top: int, ink: str = INK) -> int:
    """The text in the middle; the height where it ends."""
    for line in lines_of(text, weight, size, WIDTH - 2 * MARGIN)[:LINES]:
        pen.text((WIDTH // 2, top), line, ink, face(weight, size), anchor="ma")
        top += size * 13 // 10
    return top


def _row(pen: ImageDraw, label: str, value: str, top: int) -> int:
    pen.text((MARGIN, top + 4), label, GREY, face("Regular", 24))
    for line in lines_of(value, "SemiBold", 28, WIDTH - 2 * MARGIN - LABELS)[:LINES] or [""]:
        pen.text((MARGIN + LABELS, top), line, INK, face("SemiBold", 28))
        top += 36
    return top + 8


def _png(sheet: Image) -> bytes:
    """Grey levels as they are; with a sign in colour a palette keeps the file small enough for a slow line."""
    kept = io.BytesIO()
    (sheet if sheet.mode == "L" else sheet.quantize(64)).save(kept, "PNG")
    return kept.getvalue()
