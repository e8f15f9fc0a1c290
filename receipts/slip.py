"""The receipt on a counter's 80 mm thermal printer: all mandatory contents, in black, as long as it takes.

Made from the signed XML alone like the page. It is paper, not a document: no attachment and no seal of its own; who
wants proof scans its QR.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from receipts import barcode, fonts, pdfa, qr
from receipts.barcode import Encoder
from receipts.entries import Entry, grouped, of_line, of_organisation, of_payer, of_replaced
from receipts.layout import Colour, Sheet, Style, bars_room, fitted
from receipts.marks import VIETNAM, Conversion, marks
from receipts.model import DOCUMENT_NAME, FeeLine
from receipts.pdf import about_receipt
from receipts.printed import Printed, read_signed
from receipts.reading import Content

MILLIMETRE = 72 / 25.4
WIDTH, PRINTED_WIDTH = 80 * MILLIMETRE, 72 * MILLIMETRE
LEFT, ROOM = (WIDTH - PRINTED_WIDTH) / 2, PRINTED_WIDTH
MARGIN = 10.0  # above and below
INK: Colour = (0, 0, 0)

DOT = 72 / 203  # points; a module of the QR is a whole number of the printer's dots
QR_DOTS = 384  # 48 mm
BARS_HEIGHT = 12 * MILLIMETRE

BODY = Style(8.5, 11.5, colour=INK)
STRONG = replace(BODY, font=fonts.SEMI_BOLD)
SMALL = Style(7.5, 10, colour=INK)
TITLE = Style(11, 14.5, fonts.SEMI_BOLD, INK)
TOTAL = Style(11, 14, fonts.SEMI_BOLD, INK)
DEMO = "DEMO: KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"


def render(
    signed_xml: bytes,
    *,
    demo: bool,
    lookup_url: str,
    reprint: int = 0,
    conversion: Conversion | None = None,
    encoder: Encoder | None = None,
) -> bytes:
    """The slip of a signed receipt as a PDF of one page; the arguments are those of `pdf.render`.

    Raises Refused (not a signed receipt), FontLacks (a letter that cannot be drawn), QrTooLong.
    """
    receipt = read_signed(signed_xml)
    sheet = Sheet(0, -math.inf, lambda _page: None)
    sheet.new_page()
    _fill(sheet, receipt, lookup_url, [DEMO] * demo, marks(reprint, conversion), encoder)
    height = math.ceil(2 * MARGIN - sheet.y)
    about = about_receipt(receipt)
    canvas = pdfa.begin(about, (WIDTH, height))
    canvas.translate(0, height - MARGIN)
    sheet.paint(canvas)
    return pdfa.finish(canvas, about)


def _fill(
    sheet: Sheet,
    receipt: Printed,
    lookup_url: str,
    warning: Sequence[str],
    marks: Sequence[str],
    encoder: Encoder | None,
) -> None:
    content = receipt.content
    _centred(sheet, STRONG, *warning)
    _heading(sheet, content, marks)
    _rule(sheet)
    _entries(sheet, of_organisation(content))
    _rule(sheet)
    _entries(sheet, of_payer(content))
    _rule(sheet)
    for position, line in enumerate(content.lines, start=1):
        _line(sheet, position, line)
    _rule(sheet)
    _total(sheet, content)
    _rule(sheet)
    _signature(sheet, receipt)
    _lookup(sheet, receipt, lookup_url)
    if bars := barcode.of(content, encoder):
        _barcode(sheet, bars)
    _centred(sheet, STRONG, *warning)


def _heading(sheet: Sheet, content: Content, marks: Sequence[str]) -> None:
    day = content.day
    _centred(sheet, TITLE, DOCUMENT_NAME)
    _centred(sheet, BODY, f"Ngày {day:%d} tháng {day:%m} năm {day:%Y}")
    _centred(sheet, STRONG, f"Ký hiệu mẫu {content.form}, ký hiệu {content.symbol}", f"Số {content.number}")
    if content.replaces:
        _centred(sheet, BODY, of_replaced(content.replaces))
    _centred(sheet, STRONG, *marks)


def _entries(sheet: Sheet, entries: Iterator[Entry]) -> None:
    for entry in entries:
        sheet.paragraph(LEFT, ROOM, f"{entry.label}: {entry.value}", STRONG if entry.strong else BODY)


def _line(sheet: Sheet, position: int, line: FeeLine) -> None:
    """The name, then what it costs on a line of its own: amounts never share their room with a long name."""
    sheet.paragraph(LEFT, ROOM, f"{position}. {line.name}", BODY)
    sheet.paragraph(LEFT, ROOM, of_line(line), SMALL)
    _between(sheet, f"{grouped(line.quantity)} x {grouped(line.unit_price)}", grouped(line.amount), BODY)
    sheet.y -= 2


def _total(sheet: Sheet, content: Content) -> None:
    _between(sheet, "Tổng cộng", f"{grouped(content.amount)} đồng", TOTAL)
    sheet.paragraph(LEFT, ROOM, f"Số tiền bằng chữ: {content.words}", STRONG)


def _signature(sheet: Sheet, receipt: Printed) -> None:
    signed_on = f"{receipt.signed_at.astimezone(VIETNAM):%d/%m/%Y}"
    _centred(sheet, BODY, "Đã ký số bởi")
    _centred(sheet, STRONG, receipt.signer)
    _centred(sheet, BODY, f"ngày {signed_on}")


def _lookup(sheet: Sheet, receipt: Printed, lookup_url: str) -> None:
    if receipt.qr:
        modules = qr.symbol(receipt.qr).size + 2 * qr.QUIET_ZONE
        side = modules * max(1, QR_DOTS // modules) * DOT
        sheet.qr((WIDTH - side) / 2, sheet.y - side, side, receipt.qr)
        sheet.y -= side
    _centred(sheet, STRONG, f"Mã tra cứu: {receipt.content.lookup_code}")
    _centred(sheet, SMALL, f"Tra cứu tại: {lookup_url}")


def _barcode(sheet: Sheet, bars: Sequence[int]) -> None:
    """A module is a whole number of the printer's dots; what the bars say stands among the entries."""
    modules = bars_room(bars)
    module = max(1, int(ROOM / DOT) // modules) * DOT
    sheet.y -= 4 + BARS_HEIGHT
    sheet.bars((WIDTH - modules * module) / 2, sheet.y, module, BARS_HEIGHT, bars)
    sheet.y -= 4


def _between(sheet: Sheet, left: str, right: str, style: Style) -> None:
    """Two texts at the ends of a line, smaller where they would meet."""
    style = fitted(f"{left}  {right}", style, ROOM)
    sheet.text(LEFT, sheet.y - style.size, left, style)
    sheet.text(LEFT + ROOM, sheet.y - style.size, right, style, "right")
    sheet.y -= style.leading


def _centred(sheet: Sheet, style: Style, *texts: str) -> None:
    for text in texts:
        sheet.paragraph(LEFT, ROOM, text, style, "centre")


def _rule(sheet: Sheet) -> None:
    sheet.y -= 3
    sheet.rule(LEFT, sheet.y, ROOM, 0.6, INK)
    sheet.y -= 3
