"""One payment in the portal's own field names, as its connection instructions to one-stop systems list them.

What the names mean is public, how values are written is not, so words and codes are settings with defaults. The items
must sum to the amount: a row that contradicts itself is a problem, not a payment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from connectors import rows, written
from connectors.contract import Desk, Notice, Outcome
from connectors.exact_json import Unreadable, read_any, text_of
from connectors.rows import Row
from connectors.signing import fingerprint
from connectors.stamp import business_day

NAMES = (
    *("MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan", "ThongTinGiaoDich", "ThoiGianGD"),
    *("MaGiaoDich", "MaDoiTac", "MaNganHang", "MaLoi", "TKThuHuong", "TenTKThuHuong", "MaNHThuHuong"),
    *("MaDonVi", "TenDonVi", "MaHoSo", "MaTTHC", "TenTTHC", "MaDVC", "TenDVC"),
    *("HoTenNguoiNop", "SoCMNDNguoiNop", "DiaChiNguoiNop", "KhoBac", "DuongDanBienLai"),
)
LISTS = ("PhiLePhi", "DSKhoanNop")  # items, each with SoTien: by kind of fee, and by what it is for
RELIED_ON = (
    *(
        "MaGiaoDich",
        "MaThamChieu",
        "SoTien",
        "MaLoi",
        "TKThuHuong",
        "ThoiGianGD",
        "ThongTinGiaoDich",
        "DuongDanBienLai",
    ),
)
DEFAULTS = {"paid_codes": "00,0", "failed_codes": ""}


@dataclass(frozen=True, slots=True)
class Paid:
    """What one row says."""

    payment_id: str  # MaGiaoDich
    reference: str  # MaThamChieu
    amount: int  # đồng
    moment: datetime  # UTC
    outcome: Outcome
    fields: dict[str, str] = field(repr=False)

    def notice(self) -> Notice:
        """The payment as a notice. A link to a receipt says that the portal's side has issued one."""
        told = self.fields
        return Notice(
            event_id=self.payment_id,
            fingerprint=fingerprint(told[name] for name in RELIED_ON),
            outcome=self.outcome,
            amount=self.amount,
            currency="VND",
            direction="CRDT",
            account=told["TKThuHuong"],
            memo=told["ThongTinGiaoDich"],
            order_code=self.reference,
            bank_reference=self.payment_id,
            booked_on=business_day(self.moment),
            occurred_at=self.moment,
            payer_name=told["HoTenNguoiNop"],
            payer_bank=told["MaNganHang"],
            receipted_elsewhere=bool(told["DuongDanBienLai"]),
        )


def paid(row: Row, desk: Desk) -> Paid:
    """Raises Unreadable naming the field."""
    told = {name: rows.text(row, name) for name in NAMES}
    amount = written.amount(told["SoTien"], "SoTien")
    for name in LISTS:
        if (items := _items(row, name)) and sum(items) != amount:
            raise Unreadable("row.sum_differs", name)
    return Paid(
        written.identity(told["MaGiaoDich"], "MaGiaoDich"),
        written.identity(told["MaThamChieu"], "MaThamChieu"),
        amount,
        written.moment(told["ThoiGianGD"], "ThoiGianGD"),
        _outcome(told["MaLoi"], desk),
        told,
    )


def _items(row: Row, name: str) -> list[int]:
    """The amounts of a list, which a table writes as JSON into one cell."""
    value = row.get(name)
    if isinstance(value, str) and value.strip():
        value = read_any(value.encode())
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable("field.unreadable", name)
    return [written.amount(text_of(item.get("SoTien"), name, limit=32), name) for item in value]


def _outcome(code: str, desk: Desk) -> Outcome:
    if code and code in _codes("paid_codes", desk):
        return Outcome.PAID
    return Outcome.FAILED if code and code in _codes("failed_codes", desk) else Outcome.UNKNOWN


def _codes(name: str, desk: Desk) -> list[str]:
    listed = desk.settings.get(name) or DEFAULTS[name]
    return [code.strip() for code in listed.split(",")]


def cell(items: list[dict[str, str]]) -> str:
    """A list as a table writes it into one cell."""
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))
