"""What a receipt shows beside its name, as labels and values, whatever the paper (Nghị định 254/2026/NĐ-CP, Điều 23 k2).

What has no value is left out. Amounts are written 100.000, days dd/MM/yyyy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from receipts.model import FeeLine, Replaced
from receipts.reading import Content
from receipts.symbols import is_legacy

METHODS = {
    "TM": "Tiền mặt",
    "CK": "Chuyển khoản",
    "TM/CK": "Tiền mặt, chuyển khoản",
    "QR": "Chuyển khoản qua mã QR",
    "POS": "Thẻ ngân hàng qua máy POS",
}
KINDS = {"PHI": "Phí", "LE_PHI": "Lệ phí"}
LEGACY_DIGITS = 7  # of a number before 2026-07-01


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and its value; a party's name stands out."""

    label: str
    value: str
    strong: bool = False


def of_organisation(content: Content) -> Iterator[Entry]:
    """The collecting organisation, and who issues in its name."""
    org = content.org
    yield Entry("Tổ chức thu", org.name, strong=True)
    yield from _filled(
        Entry("Mã số thuế", org.tax_code),
        Entry("Địa chỉ", org.address),
        Entry("Điện thoại", org.phone),
        Entry("Tài khoản", _joined(", ", org.account, org.bank)),
    )
    if delegate := content.delegate:
        yield Entry("Bên nhận ủy nhiệm", delegate.name, strong=True)
        yield from _filled(Entry("Mã số thuế", delegate.tax_code), Entry("Địa chỉ", delegate.address))


def of_payer(content: Content) -> Iterator[Entry]:
    """Who paid, for which dossier, and how."""
    payer, dossier, money = content.payer, content.dossier, content.money
    yield Entry("Người nộp", payer.name, strong=True)
    yield from _filled(
        Entry("Mã số thuế", payer.tax_code),
        Entry("Số định danh", payer.id_number),
        Entry("Địa chỉ", payer.address),
        Entry("Mã hồ sơ", dossier.code),
        Entry("Thủ tục", _joined(" - ", dossier.procedure_code, dossier.procedure_name)),
        Entry("Hình thức thanh toán", METHODS[content.method]),
        Entry("Mã giao dịch", _joined(", ", money.reference, money.bank) if money else ""),
    )


def of_line(line: FeeLine) -> str:
    """What kind of khoản thu a line is, and where it is booked."""
    chapter = f"chương {line.chapter}" if line.chapter else ""
    sub_item = f"tiểu mục {line.sub_item}" if line.sub_item else ""
    return _joined(", ", KINDS[line.kind], f"mã {line.code}", chapter, sub_item)


def of_replaced(old: Replaced) -> str:
    """The sentence that a replacement must bear (Thông tư 91/2026/TT-BTC, Điều 20)."""
    digits = LEGACY_DIGITS if is_legacy(old.form, old.symbol) else 1
    number = f"{old.number:0{digits}d}"
    return f"Thay thế cho biên lai mẫu {old.form} ký hiệu {old.symbol} số {number} ngày {old.day:%d/%m/%Y}"


def grouped(value: int) -> str:
    """100000 -> 100.000"""
    return f"{value:,}".replace(",", ".")


def _filled(*entries: Entry) -> Iterator[Entry]:
    return (entry for entry in entries if entry.value)


def _joined(between: str, *texts: str) -> str:
    return between.join(filter(None, texts))
