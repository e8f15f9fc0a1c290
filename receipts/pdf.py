"""The receipt a person holds: one A5 PDF made from the signed XML alone, the same bytes for the same XML and signer.

It is an archive file (PDF/A-3u) with the signed XML attached as its source, and carries the organisation's seal
(PAdES B-B) when there is a signer; the signature of the XML is the one that the law asks for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from receipts import fonts, pdfa
from receipts.barcode import Encoder
from receipts.form import HEADING, HEIGHT, LEFT, ROOM, SMALL, WIDTH, fill
from receipts.layout import A5, GREY, Colour, Sheet
from receipts.marks import VIETNAM, Conversion, marks
from receipts.model import DOCUMENT_NAME
from receipts.pdfa import About, Source
from receipts.printed import Printed, read_signed
from receipts.reading import Content

if TYPE_CHECKING:
    from receipts.keys import Signer

TOP, BOTTOM, FOOT = HEIGHT - 34, 36, 25
WATERMARK: Colour = (0.968, 0.912, 0.908)


def render(
    signed_xml: bytes,
    *,
    demo: bool,
    lookup_url: str,
    signer: Signer | None = None,
    reprint: int = 0,
    conversion: Conversion | None = None,
    encoder: Encoder | None = None,
) -> bytes:
    """The PDF of a signed receipt; `lookup_url` is printed beside the lookup code.

    `reprint` n > 0 marks the n-th reprint, `conversion` a paper made from the electronic receipt. The seal bears the
    time of the XML's signature. With an `encoder` the payment's reference stands beside the QR as a barcode.
    Raises Refused (not a signed receipt), FontLacks (a letter that cannot be drawn), QrTooLong, KeyUnusable.
    """
    receipt = read_signed(signed_xml)
    sheet = Sheet(TOP, BOTTOM, partial(_each_page, content=receipt.content, demo=demo))
    sheet.new_page()
    fill(sheet, receipt, lookup_url, marks(reprint, conversion), encoder)
    about = about_receipt(receipt)
    canvas = pdfa.begin(about, A5)
    sheet.paint(canvas, _page_number)
    return pdfa.finish(canvas, about, _source(receipt.content, signed_xml), signer)


def about_receipt(receipt: Printed) -> About:
    """Names no payer: readers show it, and search engines collect it."""
    content = receipt.content
    return About(
        title=f"Biên lai thu phí, lệ phí điện tử {content.symbol} số {content.number}",
        author=content.org.name,
        subject=f"{content.form} {content.symbol} {content.number}",
        at=receipt.signed_at.astimezone(VIETNAM),
    )


def _source(content: Content, signed_xml: bytes) -> Source:
    name = f"bien-lai-{content.form}-{content.symbol}-{content.number}.xml"
    return Source(name, signed_xml, f"{DOCUMENT_NAME}, bản gốc đã ký số")


def _each_page(sheet: Sheet, content: Content, demo: bool) -> None:
    """Frame, DEMO mark, and from the second page on whose continuation this is."""
    if demo:
        sheet.do(_watermark)
        sheet.text(LEFT, FOOT, "DEMO: không có giá trị pháp lý", HEADING)
    sheet.box(17, 17, WIDTH - 34, HEIGHT - 34, 1.1)
    sheet.box(20, 20, WIDTH - 40, HEIGHT - 40, 0.35)
    if len(sheet.pages) > 1:
        name = f"Biên lai {content.form}, ký hiệu {content.symbol}, số {content.number} (tiếp theo)"
        sheet.paragraph(LEFT, ROOM, name, HEADING)
        sheet.y -= 6


def _watermark(canvas: Any) -> None:
    canvas.saveState()
    canvas.translate(WIDTH / 2, HEIGHT / 2)
    canvas.rotate(52)
    canvas.setFillColorRGB(*WATERMARK)
    canvas.setFont(fonts.SEMI_BOLD, 120)
    canvas.drawCentredString(0, -40, "DEMO")
    canvas.restoreState()


def _page_number(canvas: Any, page: int, pages: int) -> None:
    canvas.setFillColorRGB(*GREY)
    canvas.setFont(fonts.REGULAR, SMALL.size)
    canvas.drawCentredString(WIDTH / 2, FOOT, f"Trang {page}/{pages}")
