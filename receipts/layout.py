"""Lines, rules and boxes on pages: text wraps, what does not fit goes on to the next page, nothing is cut off.

Drawing is remembered and painted at the end, when the count of pages is known. Lengths are points, y grows upwards.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from receipts import fonts, qr
from receipts.composed import single

Colour = tuple[float, float, float]
BLACK: Colour = (0.09, 0.09, 0.11)
GREY: Colour = (0.36, 0.36, 0.40)
RED: Colour = (0.66, 0.09, 0.13)  # of the national emblem
WHITE: Colour = (1, 1, 1)

A5 = (419.53, 595.28)
QUIET_BARS = 10  # modules of white on both sides of a barcode (ISO/IEC 15417, 4.4)
Stroke = Callable[[Any], None]  # something to do with a reportlab canvas


@dataclass(frozen=True, slots=True)
class Style:
    """How a line of text looks; `leading` is the distance to the next baseline."""

    size: float
    leading: float
    font: str = fonts.REGULAR
    colour: Colour = BLACK


@dataclass(slots=True)
class Sheet:
    """Pages being laid out, with a cursor `y` at the upper edge of the free space."""

    top: float
    bottom: float
    each_page: Callable[[Sheet], None]  # draws what every page carries and moves the cursor below it
    y: float = 0
    pages: list[list[Stroke]] = field(default_factory=list)

    def new_page(self) -> None:
        """Begin a page with what every page carries."""
        self.pages.append([])
        self.y = self.top
        self.each_page(self)

    def need(self, height: float) -> bool:
        """Go to a new page unless `height` is free; True if it did."""
        if self.y - height >= self.bottom:
            return False
        self.new_page()
        return True

    def height_of(self, block: Callable[[Sheet], None]) -> float:
        """How much of a page a block takes: it is drawn on a page without end, and forgotten."""
        trial = Sheet(0, -math.inf, lambda _page: None)
        trial.new_page()
        block(trial)
        return -trial.y

    def do(self, stroke: Stroke) -> None:
        """Remember something to paint on this page."""
        self.pages[-1].append(stroke)

    def text(self, x: float, y: float, text: str, style: Style, align: str = "left") -> None:
        """One line with its baseline at `y`; `x` is its left edge, right edge or middle. Raises FontLacks."""
        text = clean(text)
        fonts.refuse_unknown(text)
        offset = {"left": 0.0, "right": 1.0, "centre": 0.5}[align] * fonts.width(text, style.font, style.size)

        def stroke(canvas: Any) -> None:
            canvas.setFillColorRGB(*style.colour)
            canvas.setFont(style.font, style.size)
            canvas.drawString(x - offset, y, text)

        self.do(stroke)

    def paragraph(self, x: float, room: float, text: str, style: Style, align: str = "left") -> None:
        """Wrapped lines at the cursor, which moves below them; goes on to the next page where it must."""
        anchor = x + {"left": 0.0, "right": 1.0, "centre": 0.5}[align] * room
        for line in wrap(text, style, room):
            self.need(style.leading)
            self.text(anchor, self.y - style.size, line, style, align)
            self.y -= style.leading

    def rule(self, x: float, y: float, length: float, thickness: float = 0.5, colour: Colour = RED) -> None:
        """A horizontal line."""

        def stroke(canvas: Any) -> None:
            canvas.setStrokeColorRGB(*colour)
            canvas.setLineWidth(thickness)
            canvas.line(x, y, x + length, y)

        self.do(stroke)

    def box(self, x: float, y: float, width: float, height: float, edge: float, colour: Colour = RED) -> None:
        """The outline of a rectangle with its lower left corner at x, y."""

        def stroke(canvas: Any) -> None:
            canvas.setStrokeColorRGB(*colour)
            canvas.setLineWidth(edge)
            canvas.rect(x, y, width, height)

        self.do(stroke)

    def area(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle with its lower left corner at x, y."""

        def stroke(canvas: Any) -> None:
            canvas.setFillColorRGB(*colour)
            canvas.rect(x, y, width, height, stroke=0, fill=1)

        self.do(stroke)

    def qr(self, x: float, y: float, side: float, text: str) -> None:
        """A QR symbol with its quiet zone in a square of `side`, lower left corner at x, y. Raises QrTooLong."""
        symbol = qr.symbol(text)
        module = side / (symbol.size + 2 * qr.QUIET_ZONE)
        squares = " ".join(f"{column} {-row - 1} {length} 1 re" for row, column, length in symbol.runs)
        self.area(x, y, side, side, WHITE)

        def stroke(canvas: Any) -> None:
            canvas.saveState()
            canvas.translate(x + qr.QUIET_ZONE * module, y + side - qr.QUIET_ZONE * module)
            canvas.scale(module, module)  # so that the path is written in whole modules
            canvas.setFillColorRGB(0, 0, 0)
            canvas.addLiteral(f"{squares} f")
            canvas.restoreState()

        self.do(stroke)

    def bars(self, x: float, y: float, module: float, height: float, widths: Sequence[int]) -> None:
        """A barcode with its quiet zones, lower left corner at x, y; `widths` in modules, a bar and a space in turn."""
        self.area(x, y, bars_room(widths) * module, height, WHITE)
        drawn, at = [], QUIET_BARS
        for place, width in enumerate(widths):
            if place % 2 == 0:
                drawn.append(f"{at} 0 {width} 1 re")
            at += width

        def stroke(canvas: Any) -> None:
            canvas.saveState()
            canvas.translate(x, y)
            canvas.scale(module, height)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.addLiteral(f"{' '.join(drawn)} f")
            canvas.restoreState()

        self.do(stroke)

    def paint(self, canvas: Any, last: Callable[[Any, int, int], None] = lambda *_place: None) -> None:
        """Paint all pages; `last(canvas, page, pages)` adds what depends on their count."""
        for number, strokes in enumerate(self.pages, start=1):
            for stroke in strokes:
                stroke(canvas)
            last(canvas, number, len(self.pages))
            canvas.showPage()


def bars_room(widths: Sequence[int]) -> int:
    """How many modules a barcode is wide with its quiet zones."""
    return sum(widths) + 2 * QUIET_BARS


def clean(text: str) -> str:
    """One character a letter and single spaces: what a line of print can hold."""
    return " ".join(single(unicodedata.normalize("NFC", text)).split())


def fitted(text: str, style: Style, room: float) -> Style:
    """The style, smaller if one line of text would not fit the room."""
    wide = fonts.width(text, style.font, style.size)
    return style if wide <= room else replace(style, size=style.size * room / wide)


def wrap(text: str, style: Style, room: float) -> list[str]:
    """Lines no wider than `room`, broken between words, inside a word only if it alone is too wide."""
    lines: list[str] = []
    line = ""
    for word in _pieces(clean(text), style, room):
        longer = f"{line} {word}" if line else word
        if line and fonts.width(longer, style.font, style.size) > room:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def _pieces(text: str, style: Style, room: float) -> Iterator[str]:
    for word in text.split(" "):
        if fonts.width(word, style.font, style.size) <= room:
            yield word
            continue
        piece = ""
        for letter in word:
            if piece and fonts.width(piece + letter, style.font, style.size) > room:
                yield piece
                piece = ""
            piece += letter
        yield piece
