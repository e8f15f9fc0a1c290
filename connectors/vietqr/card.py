"""A card for the counter, A6: a reusable code with agency, bank, account and a serial, to print (PDF) or to show (PNG).

The serial stands below the code and in the code itself (62.07, terminal label), so that a card stuck over ours is told
from ours by anyone with a reader. Own layout, no artwork of NAPAS. The same card gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from connectors.vietqr import codec
from connectors.vietqr.lettering import WEIGHTS, Weight, drawable, face, file_of, lines_of
from connectors.vietqr.logo import symbol

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT, MARGIN = 105.0, 148.0, 8.0  # mm, ISO 216 A6
SYMBOL, SMALLEST = 72.0, 45.0  # mm with its quiet zone: read from half a metre, and what long names may make of it
PRINT_DPI = 300
MM = 72 / 25.4  # points

WORDS = {
    "vi": ("Quét mã để nộp phí, lệ phí", "Ngân hàng", "Số tài khoản", "Chủ tài khoản", "Số thẻ"),
    "en": ("Scan to pay fees and charges", "Bank", "Account number", "Account holder", "Card no."),
}

_SERIAL = re.compile("[A-Z0-9]{1,25}")


class SerialUnreadable(ValueError):
    """A serial is 1 to 25 capital letters and digits, so that it can be read out and stand in 62.07."""

    kind: ClassVar[str] = "invalid"
    code: ClassVar[str] = "vietqr.serial_unreadable"
    field: ClassVar[str] = "serial"


class CardTooFull(ValueError):
    """The names leave no room for a code that can be scanned."""

    kind: ClassVar[str] = "invalid"
    code: ClassVar[str] = "vietqr.card_too_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card says. `bank` is the name to print, `bin` the bank in the code."""

    agency: str
    bin: str
    bank: str
    account: str = field(repr=False)
    holder: str = field(repr=False)
    serial: str
    purpose: str | None = None  # a memo for every payment by this card; None leaves it to the payer
    language: Literal["vi", "en"] = "vi"

    @property
    def payload(self) -> str:
        """The code's text: reusable, no amount. Raises VietQRError or SerialUnreadable."""
        if not _SERIAL.fullmatch(self.serial):
            raise SerialUnreadable("a serial is 1 to 25 capital letters and digits")
        return codec.encode(
            codec.VietQR(
                initiation="11",
                bin=self.bin,
                account=self.account,
                service="QRIBFTTA",
                purpose=self.purpose,
                terminal_label=self.serial,
            )
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of text: the middle of its width or its left end, its top, its size; all in mm."""

    text: str
    x: float
    top: float
    size: float
    weight: Weight = "Regular"
    grey: bool = False
    centred: bool = True


@dataclass(frozen=True, slots=True)
class _Layout:
    """All lines of text, and the square of the code: its top and its side in mm."""

    lines: tuple[_Line, ...]
    top: float
    side: float


def pdf(card: Card, logo: bytes | None = None) -> bytes:
    """One A6 page. Raises VietQRError, SerialUnreadable, CardTooFull or LogoUnreadable."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    kept = io.BytesIO()
    page = Canvas(kept, pagesize=(WIDTH * MM, HEIGHT * MM), invariant=1)
    page.setTitle(drawable(f"{card.agency} · {card.serial}"))
    _register()
    laid = _laid_out(card)
    code = ImageReader(symbol(card.payload, 8, logo))
    corner = ((WIDTH - laid.side) / 2 * MM, (HEIGHT - laid.top - laid.side) * MM)
    page.drawImage(code, *corner, laid.side * MM, laid.side * MM)
    page.rect(3 * MM, 3 * MM, (WIDTH - 6) * MM, (HEIGHT - 6) * MM)
    for line in laid.lines:
        _print(page, line)
    page.showPage()
    page.save()
    return kept.getvalue()


def png(card: Card, logo: bytes | None = None, *, dpi: int = PRINT_DPI) -> bytes:
    """The same card as a picture. Raises as `pdf`."""
    from PIL import Image, ImageDraw

    dot = dpi / 25.4
    laid = _laid_out(card)
    sheet = Image.new("RGB", (round(WIDTH * dot), round(HEIGHT * dot)), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((3 * dot, 3 * dot, sheet.width - 3 * dot, sheet.height - 3 * dot), outline=(0, 0, 0))
    code = _fitted(card.payload, round(laid.side * dot), logo)
    sheet.paste(code, ((sheet.width - code.width) // 2, round((laid.top + laid.side / 2) * dot) - code.height // 2))
    for line in laid.lines:
        ink = (75, 85, 99) if line.grey else (17, 24, 39)
        where, anchor = (line.x * dot, line.top * dot), "ma" if line.centred else "la"
        pen.text(where, line.text, ink, face(line.weight, round(line.size * dot)), anchor=anchor)
    kept = io.BytesIO()
    sheet.save(kept, "PNG", dpi=(dpi, dpi))
    return kept.getvalue()


def _laid_out(card: Card) -> _Layout:
    """Agency above, serial at the foot, rows above it; the code takes what is left between."""
    title, bank, account, holder, serial = WORDS[card.language]
    head = [*_block(card.agency, "SemiBold", 5.2, MARGIN)]
    head += _block(title, "Regular", 3.8, MARGIN + 7.0 * len(head), grey=True)
    top = head[-1].top + 5.5
    foot = _Line(f"{serial}: {card.serial}", WIDTH / 2, HEIGHT - MARGIN - 3.6, 3.6, "Bold")
    told = ((bank, card.bank), (account, card.account), (holder, card.holder))
    room = foot.top - 2 - top - _rows(told, 0.0)[-1].top - 5.0
    if room < SMALLEST:
        raise CardTooFull("agency, bank and holder leave no room for the code")
    side = min(room, SYMBOL)
    return _Layout((*head, *_rows(told, top + side), foot), top, side)


def _block(text: str, weight: Weight, size: float, top: float, *, grey: bool = False) -> Iterator[_Line]:
    for number, words in enumerate(lines_of(text, weight, size, WIDTH - 2 * MARGIN)):
        yield _Line(words, WIDTH / 2, top + number * size * 1.35, size, weight, grey)


def _rows(rows: tuple[tuple[str, str], ...], top: float) -> list[_Line]:
    found = []
    for label, value in rows:
        found.append(_Line(label, MARGIN, top + 0.3, 3.4, grey=True, centred=False))
        for words in lines_of(value, "SemiBold", 3.8, WIDTH - 2 * MARGIN - 30):
            found.append(_Line(words, MARGIN + 30, top, 3.8, "SemiBold", centred=False))
            top += 5.0
        top += 0.6
    return found


def _fitted(payload: str, most: int, logo: bytes | None) -> Image:
    """As large as whole pixels a module allow."""
    return symbol(payload, max(most // symbol(payload, 1, logo).width, 1), logo)


def _register() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    known = pdfmetrics.getRegisteredFontNames()
    for weight in WEIGHTS:
        if _font(weight) not in known:
            pdfmetrics.registerFont(TTFont(_font(weight), file_of(weight)))


def _font(weight: Weight) -> str:
    return f"VietQRCard-{weight}"


def _print(page: Any, line: _Line) -> None:
    """The top of a line is its ascender's, one em above where Be Vietnam Pro's baseline is."""
    page.setFont(_font(line.weight), line.size * MM)
    page.setFillGray(0.33 if line.grey else 0.08)
    where = (line.x * MM, (HEIGHT - line.top - line.size) * MM)
    draw = page.drawCentredString if line.centred else page.drawString
    draw(*where, line.text)
