"""What stands where on the receipt, after the reference form 01/PLPĐT (Nghị định 254/2026/NĐ-CP, Điều 23 k2).

What is added to the mandatory contents (dossier, QR, lookup code) hides nothing and is in no larger type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from receipts import barcode, fonts
from receipts.barcode import Encoder
from receipts.entries import Entry, grouped, of_line, of_organisation, of_payer, of_replaced
from receipts.layout import A5, BLACK, GREY, RED, Colour, Sheet, Style, bars_room, fitted
from receipts.marks import VIETNAM
from receipts.model import DOCUMENT_NAME, FeeLine
from receipts.printed import Printed
from receipts.reading import Content

WIDTH, HEIGHT = A5
LEFT, RIGHT = 36.0, WIDTH - 36.0
ROOM = RIGHT - LEFT
LABELS = 96.0  # width of the column of labels
PALE: Colour = (0.975, 0.945, 0.94)

STATE = Style(8.5, 11.5, fonts.SEMI_BOLD)
TITLE = Style(15, 19, fonts.SEMI_BOLD, RED)
BODY = Style(9, 12.5)
STRONG = Style(9, 12.5, fonts.SEMI_BOLD)
LABEL = Style(8.5, 12.5, colour=GREY)
SMALL = Style(7.5, 10, colour=GREY)
HEADING = Style(8, 11, fonts.SEMI_BOLD, RED)
SYMBOL = Style(11, 14, fonts.SEMI_BOLD)
NUMBER = Style(11, 14, fonts.SEMI_BOLD, RED)
MARK = Style(8.5, 11.5, fonts.SEMI_BOLD)
TOTAL = Style(10.5, 14, fonts.SEMI_BOLD)

COLUMNS = (LEFT + 16, LEFT + 24, LEFT + 216, LEFT + 276, RIGHT - 2)  # where numbers end; the name begins
ROOMS = (15.0, 160.0, 30.0, 56.0, 64.0)  # the last for amounts of a dozen digits in full size
QR_SIDE = 90.0
BARS_HIGHEST, BARS_LOWEST, BARS_GAP = 22.0, 14.0, 5.0


def fill(
    sheet: Sheet, receipt: Printed, lookup_url: str, marks: Sequence[str] = (), encoder: Encoder | None = None
) -> None:
    """The whole receipt, over as many pages as it takes; `marks` follow its name. Raises FontLacks, QrTooLong."""
    content = receipt.content
    _heading(sheet, content, marks)
    _symbols(sheet, content)
    _entries(sheet, of_organisation(content))
    sheet.rule(LEFT, sheet.y - 1.5, ROOM, 0.35)
    sheet.y -= 5
    _entries(sheet, of_payer(content))
    sheet.y -= 5
    _lines(sheet, content.lines)
    close = partial(_close, receipt=receipt, lookup_url=lookup_url, encoder=encoder)
    sheet.need(sheet.height_of(close))
    close(sheet)


def _heading(sheet: Sheet, content: Content, marks: Sequence[str]) -> None:
    sheet.paragraph(LEFT, ROOM, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", STATE, "centre")
    sheet.paragraph(LEFT, ROOM, "Độc lập - Tự do - Hạnh phúc", STATE, "centre")
    sheet.rule(WIDTH / 2 - 44, sheet.y - 2, 88, colour=BLACK)
    sheet.y -= 13
    sheet.paragraph(LEFT, ROOM, DOCUMENT_NAME, TITLE, "centre")
    day = content.day
    sheet.paragraph(LEFT, ROOM, f"Ngày {day:%d} tháng {day:%m} năm {day:%Y}", BODY, "centre")
    if content.replaces:
        sentence = of_replaced(content.replaces)
        sheet.paragraph(LEFT, ROOM, sentence, fitted(sentence, BODY, ROOM), "centre")
    for mark in marks:
        sheet.paragraph(LEFT, ROOM, mark, MARK, "centre")
    sheet.y -= 5


def _symbols(sheet: Sheet, content: Content) -> None:
    """Ký hiệu mẫu, ký hiệu and số side by side in a band."""
    height, cell = 30.0, ROOM / 3
    sheet.area(LEFT, sheet.y - height, ROOM, height, PALE)
    cells = (
        ("Ký hiệu mẫu biên lai", content.form, SYMBOL),
        ("Ký hiệu biên lai", content.symbol, SYMBOL),
        ("Số biên lai", str(content.number), NUMBER),
    )
    for place, (label, value, style) in enumerate(cells):
        middle = LEFT + (place + 0.5) * cell
        sheet.text(middle, sheet.y - 10.5, label, SMALL, "centre")
        sheet.text(middle, sheet.y - 24, value, style, "centre")
    sheet.y -= height + 7


def _entries(sheet: Sheet, entries: Iterator[Entry]) -> None:
    """A label and its value, side by side."""
    for entry in entries:
        style = STRONG if entry.strong else BODY
        sheet.need(style.leading)
        sheet.text(LEFT, sheet.y - LABEL.size, f"{entry.label}:", LABEL)
        sheet.paragraph(LEFT + LABELS, ROOM - LABELS, entry.value, style)


def _lines(sheet: Sheet, lines: tuple[FeeLine, ...]) -> None:
    """One row per khoản thu; a row is not broken, the head is repeated on each page."""
    rows = [partial(_line, position=position, line=line) for position, line in enumerate(lines, start=1)]
    sheet.need(sheet.height_of(_table_head) + sheet.height_of(rows[0]))
    _table_head(sheet)
    for row in rows:
        if sheet.need(sheet.height_of(row)):
            _table_head(sheet)
        row(sheet)


def _table_head(sheet: Sheet) -> None:
    height = 16.0
    sheet.area(LEFT, sheet.y - height, ROOM, height, PALE)
    sheet.rule(LEFT, sheet.y, ROOM, 0.8)
    titles = ("STT", "Tên khoản thu", "Số lượng", "Đơn giá", "Thành tiền")
    for x, title, align in zip(COLUMNS, titles, ("right", "left", "right", "right", "right"), strict=True):
        sheet.text(x, sheet.y - 11, title, HEADING, align)
    sheet.y -= height


def _line(sheet: Sheet, position: int, line: FeeLine) -> None:
    sheet.y -= 3
    for column, number in ((0, position), (2, line.quantity), (3, line.unit_price), (4, line.amount)):
        text = grouped(number)
        sheet.text(COLUMNS[column], sheet.y - BODY.size, text, fitted(text, BODY, ROOMS[column]), "right")
    sheet.paragraph(COLUMNS[1], ROOMS[1], line.name, BODY)
    sheet.paragraph(COLUMNS[1], ROOMS[1], of_line(line), SMALL)
    sheet.y -= 4
    sheet.rule(LEFT, sheet.y, ROOM, 0.25, GREY)


def _close(sheet: Sheet, receipt: Printed, lookup_url: str, encoder: Encoder | None) -> None:
    """Total, signature and lookup: the page that carries one carries all."""
    _total(sheet, receipt.content)
    sheet.y -= 8
    top, half = sheet.y, ROOM / 2 - 4
    if receipt.qr:
        sheet.qr(LEFT - 4, top - QR_SIDE, QR_SIDE, receipt.qr)
    _signature(sheet, RIGHT - half, half, receipt)
    if bars := barcode.of(receipt.content, encoder):
        _barcode(sheet, RIGHT - half, half, top - QR_SIDE, bars)
    sheet.y = min(sheet.y, top - QR_SIDE * bool(receipt.qr)) - 4
    sheet.paragraph(LEFT, ROOM, f"Mã tra cứu: {receipt.content.lookup_code}", STRONG)
    sheet.paragraph(LEFT, ROOM, f"Tra cứu tại: {lookup_url}", SMALL)


def _total(sheet: Sheet, content: Content) -> None:
    sheet.text(COLUMNS[1], sheet.y - 15, "Tổng cộng", TOTAL)
    sheet.text(COLUMNS[-1], sheet.y - 15, f"{grouped(content.amount)} đồng", TOTAL, "right")
    sheet.rule(LEFT, sheet.y - 22, ROOM, 0.8)
    sheet.y -= 25
    sheet.paragraph(LEFT, ROOM, f"Số tiền bằng chữ: {content.words}", STRONG)


def _signature(sheet: Sheet, x: float, room: float, receipt: Printed) -> None:
    sheet.paragraph(x, room, "TỔ CHỨC THU PHÍ, LỆ PHÍ", STATE, "centre")
    sheet.y -= 3
    top = sheet.y
    sheet.y -= 5
    sheet.paragraph(x + 8, room - 16, "Đã ký số bởi", BODY)
    sheet.paragraph(x + 8, room - 16, receipt.signer, STRONG)
    sheet.paragraph(x + 8, room - 16, f"ngày {receipt.signed_at.astimezone(VIETNAM):%d/%m/%Y}", BODY)
    sheet.y -= 6
    sheet.box(x, sheet.y, room, top - sheet.y, 0.8)


def _barcode(sheet: Sheet, x: float, room: float, floor: float, bars: Sequence[int]) -> None:
    """Below the signature and no lower than the QR beside it if that can be; what it says stands among the entries."""
    height = min(BARS_HIGHEST, max(BARS_LOWEST, sheet.y - BARS_GAP - floor))
    sheet.y -= BARS_GAP + height
    sheet.bars(x, sheet.y, room / bars_room(bars), height, bars)
