"""The minutes on paper: A4 for four signatures, an archive file (PDF/A-3u) with the XML attached, sealed where a key is.

Preparer, chief accountant, head and bank sign by hand, or each with a certificate of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.closing.minutes import Minutes, as_xml
from gateway.kernel.clock import VIETNAM
from gateway.kernel.money import dong
from receipts import fonts, pdfa
from receipts.layout import GREY, Sheet, Style
from receipts.pdfa import About, Source
from receipts.words import words

if TYPE_CHECKING:
    from receipts.keys import Signer

A4 = WIDTH, HEIGHT = 595.28, 841.89
LEFT, ROOM, TOP, BOTTOM, FOOT = 56.0, 483.0, 790.0, 60.0, 34.0

TITLE = Style(15, 22, fonts.SEMI_BOLD)
STRONG = Style(10, 15, fonts.SEMI_BOLD)
PLAIN = Style(10, 15)
CELL, HEAD = Style(8.5, 13), Style(8.5, 13, fonts.SEMI_BOLD)
SMALL = Style(7.5, 11, colour=GREY)

SIGNERS = ("Người lập", "Kế toán trưởng", "Thủ trưởng đơn vị", "Đại diện ngân hàng")
POINTS = {
    "statement": "Tài khoản chưa có sổ phụ",
    "gap": "Sổ phụ không khớp số dư",
    "inbox": "Tin báo có chưa xử lý",
    "run": "Dòng chưa đối soát",
    "unsigned": "Biên lai chưa ký",
    "conservation": "Tài khoản không bảo toàn tiền",
    "ledger": "Sổ cái không cân",
    "breaks": "Dòng chênh lệch còn mở",
    "suspense": "Khoản tiền treo",
}
COLUMNS = (
    ("Tài khoản", 96.0),
    ("Số dư đầu", 82.0),
    ("Ghi có", 82.0),
    ("Ghi nợ", 82.0),
    ("Số dư cuối", 82.0),
    ("Dòng", 30.0),
    ("Lệch", 29.0),
)


def as_pdf(made: Minutes, signer: Signer | None = None) -> bytes:
    """The paper. Raises FontLacks (a letter that cannot be drawn), KeyUnusable."""
    sheet = Sheet(TOP, BOTTOM, lambda _sheet: None)
    sheet.new_page()
    _heading(sheet, made)
    _sums(sheet, made.facts["totals"])
    _accounts(sheet, made.facts["accounts"])
    _points(sheet, made.facts["points"])
    _checkpoint(sheet, made.checkpoint)
    _signatures(sheet)
    about = About(
        title=f"Biên bản đối soát ngày {made.day:%d/%m/%Y}",
        author=made.agency,
        subject=f"{made.tax_code} {made.day.isoformat()}",
        at=made.closed_at.astimezone(VIETNAM),
    )
    canvas = pdfa.begin(about, A4)
    closed = f"Khóa sổ lúc {about.at:%H:%M ngày %d/%m/%Y}, người khóa: {made.closed_by}"
    sheet.paint(canvas, lambda canvas, page, pages: _foot(canvas, closed, page, pages))
    source = Source(f"bien-ban-doi-soat-{made.day.isoformat()}.xml", as_xml(made), "Biên bản đối soát, dữ liệu gốc")
    return pdfa.finish(canvas, about, source, signer)


def _heading(sheet: Sheet, made: Minutes) -> None:
    sheet.paragraph(LEFT, ROOM, made.agency, STRONG)
    sheet.paragraph(LEFT, ROOM, f"Mã số thuế: {made.tax_code}", PLAIN)
    sheet.y -= 14
    sheet.paragraph(LEFT, ROOM, "BIÊN BẢN ĐỐI SOÁT", TITLE, "centre")
    sheet.paragraph(LEFT, ROOM, f"Ngày {made.day:%d/%m/%Y}", PLAIN, "centre")
    sheet.y -= 12


def _sums(sheet: Sheet, totals: dict[str, int]) -> None:
    came = totals["money_in"]
    sheet.paragraph(LEFT, ROOM, f"Tiền vào trong ngày: {dong(came)} ({words(came).lower()}), trong đó:", PLAIN)
    for name, key in (("đã ghi thu", "settled"), ("treo chờ xử lý", "suspense"), ("đã hoàn trả", "returned")):
        sheet.paragraph(LEFT, ROOM, f"– {name}: {dong(totals[key])}", PLAIN)
    said = f"Biên lai đã lập: {totals['receipts']}, tổng số tiền {dong(totals['receipt_amount'])}."
    sheet.paragraph(LEFT, ROOM, said, PLAIN)
    sheet.y -= 10


def _accounts(sheet: Sheet, accounts: Sequence[dict[str, Any]]) -> None:
    _row(sheet, [name for name, _ in COLUMNS], HEAD)
    sheet.rule(LEFT, sheet.y + 1, ROOM)
    for one in accounts:
        amounts = ["–" if one[key] is None else dong(one[key]) for key in ("opening", "credits", "debits", "closing")]
        _row(sheet, [one["account"], *amounts, str(one["lines"]), str(one["broken"])], CELL)
    sheet.y -= 10


def _row(sheet: Sheet, cells: Sequence[str], style: Style) -> None:
    """The first cell to the left, figures to the right edge of their columns."""
    sheet.need(style.leading)
    edge = LEFT
    for position, (cell, (_, width)) in enumerate(zip(cells, COLUMNS, strict=True)):
        edge += width
        if position == 0:
            sheet.text(LEFT, sheet.y - style.size, cell, style)
        else:
            sheet.text(edge, sheet.y - style.size, cell, style, "right")
    sheet.y -= style.leading


def _points(sheet: Sheet, points: Sequence[dict[str, Any]]) -> None:
    sheet.paragraph(LEFT, ROOM, "Điểm cần lưu ý", STRONG)
    open_ones = [f"– {POINTS[one['code']]}: {one['count']}" for one in points if one["count"]]
    for line in open_ones or ["– Không có."]:
        sheet.paragraph(LEFT, ROOM, line, PLAIN)
    sheet.y -= 10


def _checkpoint(sheet: Sheet, checkpoint: str) -> None:
    sheet.paragraph(LEFT, ROOM, "Điểm kiểm tra của sổ kiểm toán", STRONG)
    for line in checkpoint.splitlines() or ["–"]:
        if line:
            sheet.paragraph(LEFT, ROOM, line, SMALL)
    sheet.y -= 14


def _signatures(sheet: Sheet) -> None:
    width = ROOM / len(SIGNERS)
    sheet.need(100)
    for position, signer in enumerate(SIGNERS):
        middle = LEFT + width * (position + 0.5)
        sheet.text(middle, sheet.y - 10, signer, HEAD, "centre")
        sheet.text(middle, sheet.y - 22, "(ký, họ tên)", SMALL, "centre")
    sheet.y -= 100


def _foot(canvas: Any, closed: str, page: int, pages: int) -> None:
    canvas.setFillColorRGB(*GREY)
    canvas.setFont(fonts.REGULAR, SMALL.size)
    canvas.drawString(LEFT, FOOT, closed)
    canvas.drawRightString(LEFT + ROOM, FOOT, f"Trang {page}/{pages}")
